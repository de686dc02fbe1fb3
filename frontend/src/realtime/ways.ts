/**
 * Which way the line takes: a WebSocket, or questions over HTTP where the server has no WebSockets or the network lets none
 * through. The browser remembers, so that the next start need not find out again; now and then a WebSocket is tried anew.
 */
import type { Api } from "../api/client";
import type { Clock, Notes, RawSocket } from "./environment";

const NOTE = "quantumchat.polling";
/** So often a WebSocket must fail, with a server that answers, before the client asks instead. */
const ATTEMPTS = 2;
const PROBE_MS = 10_000;
const NO_SOCKETS = 4406;

export interface WaysDependencies {
  readonly api: Api;
  readonly clock: Clock;
  readonly notes: Notes;
  readonly openSocket: () => RawSocket;
  readonly openPolled: () => RawSocket;
}

export class Ways {
  #failed = 0;

  constructor(private readonly dependencies: WaysDependencies) {}

  get polling(): boolean {
    return this.dependencies.notes.get(NOTE) !== null;
  }

  open(): RawSocket {
    const { openPolled, openSocket } = this.dependencies;
    return this.polling ? openPolled() : openSocket();
  }

  greeted(): void {
    this.#failed = 0;
  }

  /** An attempt ended before the server's greeting. True: there is another way, to be taken at once. */
  failed(code: number | null): boolean {
    if (this.polling) return false;
    if (code === NO_SOCKETS) {
      this.#set(true);
      return true;
    }
    // Any other code was said by the server: it can be heard.
    if (code === null || code === 1006) void this.#blame();
    return false;
  }

  /** Whether a WebSocket can be opened now; the next line is one then. */
  async retry(): Promise<boolean> {
    if (!(await this.#offered()) || !(await this.#opens())) return false;
    this.#failed = 0;
    this.#set(false);
    return true;
  }

  /** It was the WebSocket's fault only if the server can be reached without one. */
  async #blame(): Promise<void> {
    if ((await this.#offered()) === null) return;
    this.#failed += 1;
    if (this.#failed >= ATTEMPTS) this.#set(true);
  }

  /** Whether the server has WebSockets; null when it cannot be reached. */
  async #offered(): Promise<boolean | null> {
    try {
      return (await this.dependencies.api.anonymous("get", "/api/config", {})).websocket;
    } catch {
      return null;
    }
  }

  #opens(): Promise<boolean> {
    return new Promise((resolve) => {
      const raw = this.dependencies.openSocket();
      const end = (opened: boolean) => {
        cancel();
        raw.onopen = raw.onclose = raw.onerror = null;
        raw.close();
        resolve(opened);
      };
      const cancel = this.dependencies.clock.after(PROBE_MS, () => end(false));
      raw.onopen = () => end(true);
      raw.onclose = raw.onerror = () => end(false);
    });
  }

  #set(polling: boolean): void {
    this.dependencies.notes.set(NOTE, polling ? "1" : null);
  }
}
