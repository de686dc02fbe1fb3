/** Sends messages over the socket and finds the answer to each: an ack, a refusal, or none. */
import type { Ack } from "../api/types";
import type { WireOutgoing } from "../crypto/client";
import type { Clock } from "./environment";
import type { ClientFrame, ServerFrame } from "./frames";
import type { Id } from "./state";

export type SendAnswer =
  | { kind: "ack"; ack: Ack }
  | { kind: "refused"; code: string; retryAfterMs: number | null }
  /** It may have been stored or not: the same bytes go out again under the same id. */
  | { kind: "lost" };

const ANSWER_MS = 20_000;

export class Transport {
  readonly #waiting = new Map<Id, (answer: SendAnswer) => void>();

  constructor(
    private readonly clock: Clock,
    private readonly send: (frame: ClientFrame) => boolean,
  ) {}

  message(message: WireOutgoing): Promise<SendAnswer> {
    return new Promise((resolve) => {
      const cancel = this.clock.after(ANSWER_MS, () => this.#answer(message.client_id, { kind: "lost" }));
      this.#waiting.set(message.client_id, (answer) => {
        cancel();
        resolve(answer);
      });
      if (!this.send({ type: "message_send", ...message })) this.#answer(message.client_id, { kind: "lost" });
    });
  }

  acknowledged(ack: Ack): void {
    this.#answer(ack.client_id, { kind: "ack", ack });
  }

  refused(error: Extract<ServerFrame, { type: "error" }>): void {
    if (error.client_id === null) return;
    const retryAfterMs = error.retry_after === null ? null : error.retry_after * 1000;
    this.#answer(error.client_id, { kind: "refused", code: error.code, retryAfterMs });
  }

  disconnected(): void {
    for (const clientId of [...this.#waiting.keys()]) this.#answer(clientId, { kind: "lost" });
  }

  #answer(clientId: Id, answer: SendAnswer): void {
    const resolve = this.#waiting.get(clientId);
    this.#waiting.delete(clientId);
    resolve?.(answer);
  }
}
