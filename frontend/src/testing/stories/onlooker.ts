/** A member's socket that only listens: what it costs the server to tell it, without a browser that does anything with it. */
import { socketUrl } from "../../realtime/socket";
import type { Id } from "../../realtime/state";
import type { TestPerson } from "./person";
import { until } from "./services";

const HEAD = /"head_seq":(\d+)/gu;

/** The token of this person's device, which the server gives it when it is made. */
export class DeviceToken {
  value = "";

  constructor({ browser }: TestPerson) {
    browser.network.tampering = {
      answer: ({ path, answer }) => {
        if (path === "/api/devices") this.value = (answer as { access_token: string }).access_token;
        return answer;
      },
    };
  }
}

export class Onlooker {
  #greeted = false;
  #head = 0;
  /** When the last row came. */
  at = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => this.#take(String(data));
  }

  /** Stands at `seq` of this conversation, and gets what comes behind it. */
  static async open(origin: string, { value: token }: DeviceToken, id: Id, seq: number): Promise<Onlooker> {
    // Node's own WebSocket takes headers, which a browser would not.
    const options = { headers: { Origin: origin } } as unknown as string[];
    const socket = new WebSocket(socketUrl(origin), options);
    const onlooker = new Onlooker(socket);
    socket.onopen = () =>
      socket.send(JSON.stringify({ type: "hello", token, cursors: { [id]: seq }, event_cursor: null }));
    await until(() => Promise.resolve(onlooker.#greeted ? null : "the server greets"));
    return onlooker;
  }

  #take(text: string): void {
    if (text.includes('"hello_ok"')) this.#greeted = true;
    for (const [, seq] of text.matchAll(HEAD)) {
      this.#head = Math.max(this.#head, Number(seq));
      this.at = performance.now();
    }
  }

  async reaches(seq: number): Promise<void> {
    await until(() => Promise.resolve(this.#head >= seq ? null : `row ${seq} is told`));
  }

  close(): void {
    this.socket.close();
  }
}
