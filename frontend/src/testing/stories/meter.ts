/** Times what a person's browser does in its vault, and weighs what it sends and gets. */
import type { CryptoApi, Outgoing } from "../../crypto/client";
import { fromBase64url } from "../../crypto/primitives/encoding";
import type { WireCommit, WireOutgoing } from "../../crypto/wire";
import type { TestPerson } from "./person";
import { until } from "./services";

const COMMITS = /\/commits$/u;
/** Who has called nothing for so long has nothing left to do. */
const QUIET_MS = 500;

type Call = (...given: unknown[]) => Promise<unknown>;

export const bytesOf = (text: string | undefined) => (text === undefined ? 0 : fromBase64url(text).length);

export class Meter {
  readonly #times = new Map<string, number[]>();
  #running = 0;
  #lastCall = 0;
  commit: WireCommit | null = null;
  message: WireOutgoing | null = null;
  /** Of all answers and frames that came, as JSON. */
  characters = 0;
  /** From the request of a commit to its answer. */
  server = 0;
  /** When that answer came. */
  answeredAt = 0;

  constructor({ tab, browser }: TestPerson) {
    for (const name of Object.keys(tab.crypto)) {
      const call = Reflect.get(tab.crypto, name) as Call;
      Reflect.set(tab.crypto, name, (...given: unknown[]) => this.#timed(name, () => call(...given)));
    }
    let asked = 0;
    browser.network.tampering = {
      request: (path, body) => {
        if (COMMITS.test(path)) [this.commit, asked] = [body as WireCommit, performance.now()];
        return body;
      },
      answer: ({ path, answer }) => {
        if (COMMITS.test(path)) [this.answeredAt, this.server] = [performance.now(), performance.now() - asked];
        return this.#weighed(answer);
      },
      frame: (frame) => this.#weighed(frame),
    };
  }

  #weighed<T>(came: T): T {
    this.characters += JSON.stringify(came).length;
    return came;
  }

  async #timed(name: string, call: () => Promise<unknown>): Promise<unknown> {
    const began = performance.now();
    this.#running += 1;
    try {
      const result = await call();
      this.#times.set(name, [...(this.#times.get(name) ?? []), performance.now() - began]);
      if (name === "nextOutgoing" && (result as Outgoing).kind === "message") {
        this.message = (result as Extract<Outgoing, { kind: "message" }>).message;
      }
      return result;
    } finally {
      this.#running -= 1;
      this.#lastCall = performance.now();
    }
  }

  /** Begins anew, once the browser has done what it had to do. */
  async reset(): Promise<void> {
    const quiet = () => this.#running === 0 && performance.now() - this.#lastCall > QUIET_MS;
    await until(() => Promise.resolve(quiet() ? null : "it rests"));
    this.#times.clear();
    this.commit = null;
    this.message = null;
    this.characters = 0;
  }

  /** Of the longest call since the last reset. */
  longest(name: keyof CryptoApi): number {
    return Math.max(0, ...(this.#times.get(name) ?? []));
  }
}
