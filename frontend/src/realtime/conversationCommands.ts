/** What a person does in a conversation. */
import { isApiError } from "../api/errors";
import { type Change, failureCode, type MessageEntry } from "../crypto/client";
import { changes } from "./changes";
import { type CommitOutcome, isOvertaken } from "./commits";
import type { Jobs } from "./jobs";
import type { Live } from "./live";
import { messageRef } from "./messages";
import { MessengerError } from "./messenger";
import type { Editing, Id, MessageType } from "./state";

const ATTEMPTS = 4;

export class ConversationCommands {
  readonly #reads: Jobs;

  constructor(private readonly live: Live) {
    this.#reads = live.context.jobs(async (id) => {
      const { readSeq } = await live.context.crypto.conversation(id);
      const path = { conversation_id: id };
      const body = { seq: readSeq, shown: live.privacy.now.receipts };
      await live.context.api.post("/api/conversations/{conversation_id}/read", { path, body });
      return "done";
    });
  }

  async send(id: Id, text: string, type: MessageType, replyTo: Id | null, mentions: Id[]): Promise<void> {
    const target = replyTo === null ? null : messageRef(replyTo);
    await this.#queued(id, await this.live.context.crypto.enqueue(id, text, type, target, mentions));
  }

  async change(id: Id, messageId: Id, change: Change): Promise<void> {
    await this.#queued(id, await this.live.context.crypto.enqueueChange(id, messageRef(messageId), change));
  }

  async retry(id: Id, messageId: Id): Promise<void> {
    const { context } = this.live;
    const entry = await context.crypto.retry(id, messageRef(messageId).clientId);
    // It goes out under another id.
    context.publish(changes.entryGone({ conversationId: id, id: messageId }));
    await this.#queued(id, entry);
  }

  async #queued(id: Id, entry: MessageEntry | null): Promise<void> {
    const { conversations, outbox } = this.live;
    if (entry !== null) conversations.show([entry]);
    outbox.kick(id);
    await conversations.refresh(id);
  }

  async deleteOutgoing(id: Id, messageId: Id): Promise<void> {
    const { conversations, context } = this.live;
    try {
      const unchanged = await context.crypto.discard(id, messageRef(messageId).clientId);
      if (unchanged !== null) conversations.show([unchanged]);
    } catch (error) {
      if (failureCode(error) === "out_of_order") throw new MessengerError({ code: "already_sent" });
      throw error;
    }
    context.publish(changes.entryGone({ conversationId: id, id: messageId }));
    await conversations.refresh(id);
  }

  async saveDraft(id: Id, text: string): Promise<void> {
    this.live.context.publish(changes.draft({ conversationId: id, draft: text }));
    await this.live.context.crypto.setDraft(id, text);
  }

  async saveEditing(id: Id, editing: Editing | null): Promise<void> {
    this.live.context.publish(changes.editing({ conversationId: id, editing }));
    const kept = editing === null ? null : { ...messageRef(editing.messageId), text: editing.text };
    await this.live.context.crypto.setEditing(id, kept);
  }

  async markRead(id: Id, seq: number): Promise<void> {
    await this.live.context.crypto.markRead(id, seq);
    this.#reads.kick(id);
    await this.live.conversations.refresh(id);
  }

  /** Again if somebody else's commit came first: that one renewed their keys, not ours. */
  async rotate(id: Id): Promise<void> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if ((await this.#rotated(id)) === "accepted") return;
        await this.live.log.catchUp(id);
      }
    } catch (error) {
      // A commit may be left whose answer is not known; nothing is sent before it is settled.
      this.live.sessions.consider(id);
      throw error;
    }
    throw new MessengerError({ code: "epoch_conflict" });
  }

  async #rotated(id: Id): Promise<CommitOutcome> {
    try {
      return await this.live.commits.rotate(id);
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      return "lost";
    }
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
