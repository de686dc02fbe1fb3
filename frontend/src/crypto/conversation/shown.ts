/** Entries as they are shown: with what the record, the outbox and the quoted message say besides. */

import { actor, type ConversationRecord, othersOf } from "./record";
import { type ChangeItem, isChange, loadOutbox } from "./outbox";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { MessageEntry, PendingChange, Quote, TimelineEntry } from "../types";
import { isHidden } from "./fading";
import { changed, findMessage, whole } from "./kept";

export class Showing {
  private constructor(
    private readonly room: Room,
    private readonly from: UnitOfWork | Store,
    private readonly record: ConversationRecord,
    private readonly changes: readonly ChangeItem[],
  ) {}

  static async of(room: Room, from: UnitOfWork | Store, record: ConversationRecord): Promise<Showing> {
    const changes = (await loadOutbox(from, record.id)).filter(isChange);
    return new Showing(room, from, record, changes);
  }

  /** Without those whose time is over (P10.3). */
  all(entries: readonly TimelineEntry[]): Promise<TimelineEntry[]> {
    return Promise.all(entries.filter((entry) => !isHidden(this.room, entry)).map((entry) => this.#entry(entry)));
  }

  #entry(entry: TimelineEntry): Promise<TimelineEntry> {
    return entry.kind === "message" ? this.message(entry) : Promise.resolve(entry);
  }

  async message(entry: MessageEntry): Promise<MessageEntry> {
    const shown = this.#withChanges(whole(entry));
    const quote = shown.quote === null ? null : await this.#quote(shown.quote);
    return { ...shown, quote, state: this.#state(shown) };
  }

  /** Own messages say how far they got; the stored entry does not know. */
  #state({ own, seq, state }: MessageEntry): MessageEntry["state"] {
    if (!own || seq === null) return state;
    const others = othersOf(this.record, this.room.self.userId);
    const reached = others.every((userId) => seq <= (this.record.delivered[userId] ?? 0));
    return others.length > 0 && reached ? "delivered" : "sent";
  }

  /** Own changes are seen at once, those that failed only named. */
  #withChanges(entry: MessageEntry): MessageEntry {
    const { senderDeviceId, clientId } = entry;
    let shown = entry;
    let pending: PendingChange | null = null;
    for (const { content, at, ...item } of this.changes) {
      const { target, ...change } = content;
      if (target.deviceId !== senderDeviceId || target.clientId !== clientId || shown.deletedAt !== null) continue;
      const failed = item.state === "failed";
      if (!failed) shown = changed(shown, actor(this.record, this.room.self.userId), change, at);
      const state = failed ? "failed" : "waiting";
      if (pending?.state !== "failed") pending = { ...item, kind: change.kind, state };
    }
    if (pending === null) return shown;
    const { clientId: id, kind, state, failure } = pending;
    return { ...shown, pending: { clientId: id, kind, state, failure } };
  }

  async #quote({ target }: Quote): Promise<Quote> {
    const kept = await findMessage(this.from, this.record.id, target);
    // Another message under that id is not what was answered.
    if (kept === null || kept.entry.hash !== target.hash || isHidden(this.room, kept.entry))
      return { target, original: null };
    const { senderId, text, deletedAt, newer } = this.#withChanges(kept.entry);
    return { target, original: { senderId, text, deleted: deletedAt !== null, newer: newer !== null } };
  }
}
