/**
 * Drives the sealed outbox: one message of a conversation and type at a time, again until it is acknowledged or refused for
 * good. Critical messages are a queue of their own: they wait for the signing service, and nothing waits for them (P8.1).
 */
import { failureCode } from "../crypto/client";
import type { MessageEntry, WireOutgoing } from "../crypto/client";
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Jobs, Verdict } from "./jobs";
import type { Id, MessageType } from "./state";
import type { SendAnswer, Transport } from "./transport";

/** Refusals that say nothing about the message itself. */
const PASSING = new Set(["too_many_requests", "overloaded", "database_unavailable", "internal_error"]);
/** `quantum_status` ends the wait; this is for an event that got lost. */
const AWAY_MS = 30_000;

const HEALING_MS = 5_000;

export interface OutboxDependencies {
  readonly conversations: Conversations;
  readonly transport: Transport;
  readonly online: () => boolean;
  /** The log has moved on: pull what was missed. */
  readonly behind: (conversationId: Id) => void;
  /** Sending may have made a commit due. */
  readonly sent: (conversationId: Id) => void;
  /** A deletion is in the log. */
  readonly deleted: () => void;
  /** What the answer to a critical message tells of the signing service. */
  readonly quantum: (available: boolean) => void;
}

export class Outbox {
  readonly #jobs: Record<MessageType, Jobs>;
  /** Conversations whose critical messages wait for the signing service. */
  readonly #away = new Set<Id>();

  constructor(
    private readonly context: Context,
    private readonly dependencies: OutboxDependencies,
  ) {
    this.#jobs = {
      secured: context.jobs((id) => this.#run(id, "secured")),
      critical: context.jobs((id) => this.#run(id, "critical")),
    };
  }

  kick(conversationId: Id): void {
    this.#jobs.secured.kick(conversationId);
    if (!this.#away.has(conversationId)) this.#jobs.critical.kick(conversationId);
  }

  /** There is a line again, or the signing service is back. */
  async kickAll(): Promise<void> {
    this.#away.clear();
    for (const id of await this.context.crypto.outboxes()) this.kick(id);
  }

  async #run(id: Id, type: MessageType): Promise<Verdict> {
    while (this.dependencies.online()) {
      const next = await this.context.crypto.nextOutgoing(id, type);
      if (next.kind === "dropped") {
        this.#show(next.entry);
        await this.dependencies.conversations.refresh(id);
        continue;
      }
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
        const entries = await crypto.acknowledged(id, answer.ack);
        conversations.show(entries);
        if (entries.some((entry) => entry.kind === "message" && entry.deletedAt !== null)) this.dependencies.deleted();
        if (message.message_type === "critical") this.#present(id);
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
    if (answer.code === "quantum_service_unavailable") return this.#wait(id, message.client_id);
    if (PASSING.has(answer.code)) {
      return answer.retryAfterMs === null ? "retry" : { again: answer.retryAfterMs };
    }
    this.#show(await crypto.sendRefused(id, message.client_id, answer.code));
    await conversations.refresh(id);
    return "next";
  }

  #show(entry: MessageEntry | null): void {
    if (entry !== null) this.dependencies.conversations.show([entry]);
  }

  #present(id: Id): void {
    this.#away.delete(id);
    this.dependencies.quantum(true);
  }

  async #wait(id: Id, clientId: Id): Promise<Verdict> {
    await this.context.crypto.postponed(id, clientId);
    this.#away.add(id);
    this.dependencies.quantum(false);
    return { again: AWAY_MS };
  }
}
