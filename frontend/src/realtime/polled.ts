/**
 * A line where no WebSocket can be had: the frames of docs/events.md, asked for over POST /api/poll and sent one by one.
 * It promises what a socket promises, later: order, cursors, and that it closes when the server cannot be reached.
 */
import type { Api } from "../api/client";
import { ApiError } from "../api/errors";
import type { components } from "../api/schema";
import type { Ack } from "../api/types";
import type { Clock, RawSocket } from "./environment";
import type { ClientFrame, ServerFrame } from "./frames";
import type { Id } from "./state";

/** Asked again so soon while something happens, and more and more seldom while nothing does. */
const EAGER_MS = 500;
const CALM_MS = 6_000;
const CALMER = 1.3;

type Poll = components["schemas"]["Poll"];
type PollAnswer = components["schemas"]["PollAnswer"];
type Sent = Extract<ClientFrame, { type: "message_send" }>;
type Greeting = Extract<ServerFrame, { type: "hello_ok" }>;
type EndReason = Extract<ServerFrame, { type: "signed_out" }>["reason"];

const CLOSE_CODES: Readonly<Record<string, number>> = {
  not_authenticated: 4401,
  token_expired: 4401,
  device_required: 4401,
  signed_out: 4403,
  replaced: 4409,
};
const FAILED = 1011;

export class PolledSocket implements RawSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;

  readonly #line = crypto.randomUUID();
  #cursors: Record<Id, number> = {};
  #eventCursor: number | null = null;
  #visible = true;
  #delivered: Record<Id, number> = {};
  #online: ReadonlySet<Id> | null = null;
  /** What was told last of things that each answer repeats. */
  readonly #told = new Map<string, string>();
  #asking = false;
  /** How often somebody wanted an answer, those who came while one was under way included. */
  #asks = 0;
  #pings = 0;
  #wait = EAGER_MS;
  #closed = false;
  #cancelTimer: () => void;

  constructor(
    private readonly api: Api,
    private readonly clock: Clock,
  ) {
    this.#cancelTimer = clock.after(0, () => this.onopen?.());
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame;
    switch (frame.type) {
      case "hello":
        this.#cursors = { ...frame.cursors };
        this.#eventCursor = frame.event_cursor;
        this.#visible = frame.visible ?? true;
        void this.#ask();
        return;
      case "message_send":
        void this.#post(frame);
        return;
      case "message_ack":
        this.#delivered[frame.conversation_id] = frame.seq;
        this.#soon();
        return;
      case "typing_start":
      case "typing_stop":
        // An answer comes too late for that.
        return;
      case "ping":
        this.#pings += 1;
        void this.#ask();
        return;
      case "token":
        // Each request brings its own.
        this.#say({ type: "token_ok" });
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer();
  }

  async #post(frame: Sent): Promise<void> {
    const body: Omit<Sent, "type"> & { type?: string } = { ...frame };
    delete body.type;
    const answer = await this.api.post("/api/message/send", { body }).catch((error: unknown) => error);
    if (answer instanceof ApiError && answer.requestId !== null && !(answer.code in CLOSE_CODES)) {
      this.#say(refusalFrame(answer, frame.client_id));
    } else if (answer instanceof Error) {
      // Not app_service's own answer: the message may have arrived or not.
      this.#fail(answer);
      return;
    } else {
      this.#say({ type: "message_ack", ...(answer as Ack) });
    }
    this.#soon();
  }

  /** One question at a time. */
  async #ask(): Promise<void> {
    const asks = ++this.#asks;
    if (this.#asking) return;
    this.#cancelTimer();
    this.#asking = true;
    const pings = this.#pings;
    this.#pings = 0;
    const answer = await this.api.post("/api/poll", { body: this.#question() }).catch((error: unknown) => error);
    this.#asking = false;
    if (answer instanceof Error) {
      this.#fail(answer);
      return;
    }
    const { frames, more } = answer as PollAnswer;
    const news = frames.filter((frame) => this.#take(frame));
    if (pings > 0) this.#say({ type: "pong" });
    this.#wait = news.length > 0 ? EAGER_MS : Math.min(CALM_MS, this.#wait * CALMER);
    this.#schedule(more || this.#asks > asks ? 0 : this.#wait);
  }

  /** What was delivered is said once: on the next line the engine says all of it again. */
  #question(): Poll {
    const delivered = this.#delivered;
    this.#delivered = {};
    return {
      line: this.#line,
      opening: this.#online === null,
      cursors: this.#cursors,
      event_cursor: this.#eventCursor,
      delivered,
      visible: this.#visible,
    };
  }

  #soon(): void {
    this.#wait = EAGER_MS;
    if (!this.#asking) this.#schedule(EAGER_MS);
  }

  #schedule(delay: number): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.clock.after(delay, () => void this.#ask());
  }

  /** Passes a frame on if it says something new. */
  #take(frame: ServerFrame): boolean {
    if (frame.type === "hello_ok") return this.#greeted(frame);
    if (frame.type === "receipt" || frame.type === "seen")
      return this.#changed(`${frame.type} ${frame.conversation_id} ${frame.user_id}`, frame);
    if (frame.type === "quantum_status") return this.#changed(frame.type, frame);
    if (frame.type === "message_receive") {
      for (const { seq } of frame.rows) this.#cursors[frame.conversation_id] = seq;
    }
    if ("cursor" in frame) this.#eventCursor = frame.cursor;
    this.#say(frame);
    return true;
  }

  /** Each answer begins with a greeting: the first one is passed on, of the others what changed. */
  #greeted(frame: Greeting): boolean {
    const before = this.#online;
    const online = new Set(frame.online);
    this.#online = online;
    if (before === null || frame.resync) {
      this.#eventCursor = frame.event_cursor;
      this.#say(frame);
      return true;
    }
    for (const user_id of new Set([...before, ...online])) {
      if (before.has(user_id) !== online.has(user_id)) {
        this.#say({ type: "presence", user_id, online: online.has(user_id) });
      }
    }
    return false;
  }

  #changed(about: string, frame: ServerFrame): boolean {
    const text = JSON.stringify(frame);
    if (this.#told.get(about) === text) return false;
    this.#told.set(about, text);
    this.#say(frame);
    return true;
  }

  #say(frame: ServerFrame): void {
    if (!this.#closed) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  #fail(error: Error): void {
    if (this.#closed) return;
    if (error instanceof ApiError) this.#sayWhy(error);
    this.close();
    this.onclose?.({ code: error instanceof ApiError ? (CLOSE_CODES[error.code] ?? FAILED) : FAILED });
  }

  /** What a socket would have been told before it is closed. */
  #sayWhy(refusal: ApiError): void {
    if (refusal.code === "signed_out") {
      this.#say({ type: "signed_out", reason: (refusal.details.reason ?? null) as EndReason });
    } else if (refusal.retryAfter !== null) this.#say(refusalFrame(refusal, null));
  }
}

function refusalFrame({ code, message, details, retryAfter }: ApiError, client_id: Id | null): ServerFrame {
  return { type: "error", code, message, details: { ...details }, client_id, retry_after: retryAfter };
}
