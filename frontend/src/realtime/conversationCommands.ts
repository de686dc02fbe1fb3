/** What a person does in a conversation. */
import { isApiError } from "../api/errors";
import { failureCode } from "../crypto/client";
import { changes } from "./changes";
import type { Jobs } from "./jobs";
import type { Live } from "./live";
import { MessengerError } from "./messenger";
import type { Id, MessageType } from "./state";

const ATTEMPTS = 4;

export class ConversationCommands {
  readonly #reads: Jobs;

  constructor(private readonly live: Live) {
    this.#reads = live.context.jobs(async (id) => {
      const { readSeq } = await live.context.crypto.conversation(id);
      const path = { conversation_id: id };
      await live.context.api.post("/api/conversations/{conversation_id}/read", { path, body: { seq: readSeq } });
      return "done";
    });
  }

  async send(id: Id, text: string, type: MessageType): Promise<void> {
    const { conversations, outbox, context } = this.live;
    conversations.show([await context.crypto.enqueue(id, text, type)]);
    outbox.kick(id);
    await conversations.refresh(id);
  }

  async retry(id: Id, messageId: Id): Promise<void> {
    const { conversations, outbox, context } = this.live;
    const entry = await context.crypto.retry(id, messageId);
    if (entry.clientId !== messageId) context.publish(changes.entryGone({ conversationId: id, id: messageId }));
    conversations.show([entry]);
    outbox.kick(id);
    await conversations.refresh(id);
  }

  async deleteOutgoing(id: Id, messageId: Id): Promise<void> {
    const { conversations, context } = this.live;
    try {
      await context.crypto.discard(id, messageId);
    } catch (error) {
      if (failureCode(error) === "out_of_order") throw new MessengerError({ code: "already_sent" });
      throw error;
    }
    context.publish(changes.entryGone({ conversationId: id, id: messageId }));
    await conversations.refresh(id);
  }

  async markRead(id: Id, seq: number): Promise<void> {
    await this.live.context.crypto.markRead(id, seq);
    this.#reads.kick(id);
    await this.live.conversations.refresh(id);
  }

  /** Again if somebody else's commit came first: that one renewed their keys, not ours. */
  async rotate(id: Id): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if ((await this.live.commits.rotate(id)) === "accepted") return;
      await this.live.log.catchUp(id);
    }
    throw new MessengerError({ code: "epoch_conflict" });
  }

  async terminate(id: Id): Promise<void> {
    const { api, crypto } = this.live.context;
    for (let attempt = 1; ; attempt++) {
      const grouped = (await crypto.conversation(id)).state === "active";
      const body = grouped ? await crypto.terminate(id) : { session_id: id };
      try {
        await this.live.sessions.learn(await api.post("/api/session/terminate", { body }));
        await this.live.log.catchUp(id);
        return;
      } catch (error) {
        if (!isApiError(error, "epoch_stale", "message_required") || attempt === ATTEMPTS) throw error;
        await this.live.log.catchUp(id);
      }
    }
  }
}
