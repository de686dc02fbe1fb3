/** Drives the sealed outbox: one message of a conversation at a time, again until it is acknowledged or refused for good. */
import { failureCode } from "../crypto/client";
import type { WireOutgoing } from "../crypto/client";
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Jobs, Verdict } from "./jobs";
import type { Id } from "./state";
import type { SendAnswer, Transport } from "./transport";

/** Refusals that say nothing about the message itself. */
const PASSING = new Set([
  "too_many_requests",
  "overloaded",
  "database_unavailable",
  "quantum_service_unavailable",
  "internal_error",
]);

const HEALING_MS = 5_000;

export interface OutboxDependencies {
  readonly conversations: Conversations;
  readonly transport: Transport;
  readonly online: () => boolean;
  /** The log has moved on: pull what was missed. */
  readonly behind: (conversationId: Id) => void;
  /** Sending may have made a commit due. */
  readonly sent: (conversationId: Id) => void;
}

export class Outbox {
  readonly #jobs: Jobs;

  constructor(
    private readonly context: Context,
    private readonly dependencies: OutboxDependencies,
  ) {
    this.#jobs = context.jobs((id) => this.#run(id));
  }

  kick(conversationId: Id): void {
    this.#jobs.kick(conversationId);
  }

  async kickAll(): Promise<void> {
    for (const id of await this.context.crypto.outboxes()) this.kick(id);
  }

  async #run(id: Id): Promise<Verdict> {
    while (this.dependencies.online()) {
      const next = await this.context.crypto.nextOutgoing(id);
      if (next.kind === "blocked") await this.dependencies.conversations.refresh(id);
      // Nothing tells when a device that asked has been waited for long enough.
      if (next.kind === "blocked" && next.blocked.reason === "device_asks") return { again: HEALING_MS };
      // Whatever ends the block kicks again.
      if (next.kind !== "message") return "done";
      const verdict = await this.#settle(id, next.message, await this.dependencies.transport.message(next.message));
      if (verdict !== "next") return verdict;
    }
    return "done";
  }

  async #settle(id: Id, message: WireOutgoing, answer: SendAnswer): Promise<Verdict | "next"> {
    const { crypto } = this.context;
    const { conversations } = this.dependencies;
    if (answer.kind === "lost") return this.dependencies.online() ? "retry" : "done";
    if (answer.kind === "ack") {
      try {
        conversations.show([await crypto.acknowledged(id, answer.ack)]);
      } catch (error) {
        if (failureCode(error) !== "bad_ack") throw error;
        // The log will show which of the two stories is the server's.
        this.dependencies.behind(id);
        return "retry";
      }
      await conversations.refresh(id);
      this.dependencies.sent(id);
      return "next";
    }
    if (answer.code === "epoch_stale") {
      await crypto.epochStale(id, message.client_id);
      this.dependencies.behind(id);
      // The rows that were missed kick again.
      return "retry";
    }
    if (PASSING.has(answer.code)) {
      return answer.retryAfterMs === null ? "retry" : { again: answer.retryAfterMs };
    }
    conversations.show([await crypto.sendRefused(id, message.client_id, answer.code)]);
    await conversations.refresh(id);
    return "next";
  }
}
