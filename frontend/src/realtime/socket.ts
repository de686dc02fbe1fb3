/**
 * One line that stays, a WebSocket or what stands in for it: hello, resume, heartbeat, reconnecting with full jitter (docs/events.md).
 * It promises order and liveness of frames, not delivery: whatever gets lost is pulled again after the cursors.
 */
import { isApiError } from "../api/errors";
import { Backoff } from "./backoff";
import type { Clock, Network, RawSocket } from "./environment";
import type { ClientFrame, ServerFrame } from "./frames";

export type SocketState =
  | { status: "connecting" }
  | { status: "online" }
  | { status: "offline"; cause: "browser" | "server"; retryAt: number }
  /** `replaced`: the same device connected again. */
  | { status: "ended"; reason: "stopped" | "replaced" }
  | { status: "ended"; reason: "signed_out"; because: string | null };

/** How a line is opened, and what became of it. */
export interface LineWays {
  open(): RawSocket;
  greeted(): void;
  /** It ended before the greeting. True: there is another way, to be taken at once. */
  failed(code: number | null): boolean;
}

export interface SocketDependencies {
  readonly ways: LineWays;
  readonly clock: Clock;
  readonly network: Network;
  readonly random: () => number;
  /** The hello to send now. `renew`: the last token was refused. A refusal that is final must end in `stop`. */
  readonly hello: (renew: boolean) => Promise<Extract<ClientFrame, { type: "hello" }>>;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onState: (state: SocketState) => void;
}

const HELLO_MS = 10_000;
const PROBE_MS = 5_000;

/** The server may then put frames that wait into one, as a list. */
export function socketUrl(origin: string): string {
  return `${origin.replace(/^http/u, "ws")}/ws?frames=together`;
}

export class Socket {
  #state: SocketState = { status: "ended", reason: "stopped" };
  #raw: RawSocket | null = null;
  #renew = false;
  #retryAfterMs = 0;
  #heartbeatMs = 25_000;
  #sentAt = 0;
  #heardAt = 0;
  readonly #backoff: Backoff;
  #cancelTimer: () => void = () => undefined;
  #cancelNetwork: () => void = () => undefined;

  constructor(private readonly dependencies: SocketDependencies) {
    this.#backoff = new Backoff(dependencies.random);
  }

  get state(): SocketState {
    return this.#state;
  }

  start(): void {
    if (this.#state.status !== "ended") return;
    this.#cancelNetwork = this.dependencies.network.onChange(() => this.#networkChanged());
    this.#connect();
  }

  stop(): void {
    this.#end({ reason: "stopped" });
  }

  /** Ends the waiting, if it is waiting. */
  reconnectNow(): void {
    if (this.#state.status !== "offline") return;
    this.#backoff.reset();
    this.#connect();
  }

  /** There is a better way now. */
  reopen(): void {
    if (this.#state.status !== "online") return;
    this.#drop();
    this.#connect();
  }

  /** False when there is no open socket now: the caller keeps what it had to say. */
  send(frame: ClientFrame): boolean {
    if (this.#state.status !== "online" || this.#raw === null) return false;
    this.#write(this.#raw, frame);
    return true;
  }

  #write(raw: RawSocket, frame: ClientFrame): void {
    this.#sentAt = this.dependencies.clock.now();
    raw.send(JSON.stringify(frame));
  }

  #connect(): void {
    this.#cancelTimer();
    this.#set({ status: "connecting" });
    const raw = this.dependencies.ways.open();
    this.#raw = raw;
    this.#cancelTimer = this.dependencies.clock.after(HELLO_MS, () => this.#lost(raw, null));
    raw.onopen = () => void this.#greet(raw);
    raw.onmessage = (event) => this.#received(raw, event.data);
    raw.onclose = (event) => this.#lost(raw, event.code);
    raw.onerror = () => this.#lost(raw, null);
  }

  async #greet(raw: RawSocket): Promise<void> {
    try {
      const hello = await this.dependencies.hello(this.#renew);
      this.#renew = false;
      if (this.#raw === raw) this.#write(raw, hello);
    } catch (error) {
      if (isApiError(error) && this.#raw === raw) this.#retryAfterMs = (error.retryAfter ?? 0) * 1000;
      this.#lost(raw, null);
    }
  }

  #received(raw: RawSocket, data: unknown): void {
    if (this.#raw !== raw || typeof data !== "string") return;
    let said: ServerFrame | ServerFrame[];
    try {
      said = JSON.parse(data) as ServerFrame | ServerFrame[];
    } catch {
      this.#lost(raw, null);
      return;
    }
    this.#heardAt = this.dependencies.clock.now();
    for (const frame of Array.isArray(said) ? said : [said]) {
      if (this.#raw === raw) this.#take(frame);
    }
  }

  #take(frame: ServerFrame): void {
    if (frame.type === "hello_ok") this.#opened(frame.heartbeat_seconds);
    if (frame.type === "error") this.#retryAfterMs = (frame.retry_after ?? 0) * 1000;
    if (frame.type === "signed_out") {
      this.#end({ reason: "signed_out", because: frame.reason });
      return;
    }
    this.dependencies.onFrame(frame);
  }

  #opened(heartbeatSeconds: number): void {
    this.#heartbeatMs = heartbeatSeconds * 1000;
    this.#backoff.reset();
    this.#retryAfterMs = 0;
    this.dependencies.ways.greeted();
    this.#set({ status: "online" });
    this.#watch();
  }

  /** Says something every heartbeat without other traffic; gives up when nothing came for twice as long. */
  #watch(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.dependencies.clock.after(this.#heartbeatMs / 2, () => {
      const raw = this.#raw;
      if (raw === null) return;
      const now = this.dependencies.clock.now();
      // A clock that was set back says nothing about silence.
      this.#heardAt = Math.min(this.#heardAt, now);
      this.#sentAt = Math.min(this.#sentAt, now);
      if (now - this.#heardAt > 2 * this.#heartbeatMs) {
        this.#lost(raw, null);
        return;
      }
      if (now - this.#sentAt >= this.#heartbeatMs / 2) this.#write(raw, { type: "ping" });
      this.#watch();
    });
  }

  #lost(raw: RawSocket, code: number | null): void {
    if (this.#raw !== raw) return;
    this.#drop();
    const greeted = this.#state.status === "online";
    if (code === 4401) this.#renew = true;
    if (code === 4403) this.#end({ reason: "signed_out", because: null });
    else if (code === 4409) this.#end({ reason: "replaced" });
    else if (!greeted && this.dependencies.ways.failed(code)) this.#connect();
    else this.#wait();
  }

  #wait(): void {
    const { clock, network } = this.dependencies;
    const delay = Math.max(this.#backoff.next(), this.#retryAfterMs);
    const cause = network.isOnline() ? "server" : "browser";
    this.#set({ status: "offline", cause, retryAt: clock.now() + delay });
    this.#cancelTimer = clock.after(delay, () => this.#connect());
  }

  /** A network that came or went may have taken the socket along in silence: ask, and do not wait long for the answer. */
  #networkChanged(): void {
    if (this.dependencies.network.isOnline()) this.reconnectNow();
    const raw = this.#raw;
    if (this.#state.status !== "online" || raw === null) return;
    const asked = this.dependencies.clock.now();
    this.#write(raw, { type: "ping" });
    this.dependencies.clock.after(PROBE_MS, () => {
      if (this.#heardAt < asked) this.#lost(raw, null);
    });
  }

  #drop(): void {
    this.#cancelTimer();
    const raw = this.#raw;
    this.#raw = null;
    if (raw === null) return;
    raw.onopen = raw.onmessage = raw.onclose = raw.onerror = null;
    // Browsers refuse close() with codes of the protocol itself, and it may not have opened at all.
    raw.close();
  }

  #end(how: { reason: "stopped" | "replaced" } | { reason: "signed_out"; because: string | null }): void {
    this.#cancelNetwork();
    this.#drop();
    if (this.#state.status !== "ended") this.#set({ status: "ended", ...how });
  }

  #set(state: SocketState): void {
    this.#state = state;
    this.dependencies.onState(state);
  }
}
