/** Messages that stand out in a conversation (PROTOCOL.md 10.3): a few, the newest. */

import type { Store, UnitOfWork } from "../store/storage";
import type { MessageEntry, MessageRef } from "../types";
import type { WireRow } from "../wire";
import type { Intake } from "./intake";
import { findMessage, refOf } from "./kept";
import { isChange, loadOutbox } from "./outbox";
import { type ConversationRecord, systemEntry } from "./record";
import type { Showing } from "./shown";

const MAX_PINNED = 20;

const same = (one: MessageRef, other: MessageRef) => one.deviceId === other.deviceId && one.clientId === other.clientId;

export function forgetPin(record: ConversationRecord, entry: MessageEntry): void {
  record.pinned = record.pinned.filter((ref) => !same(ref, refOf(entry)));
}

/** The message is pinned now, or no more; the oldest pin makes room. */
export async function takePin(intake: Intake, row: WireRow, entry: MessageEntry): Promise<void> {
  const { record, unit } = intake;
  forgetPin(record, entry);
  if (entry.pinned !== null) record.pinned = [...record.pinned, refOf(entry)];
  for (const ref of record.pinned.splice(0, record.pinned.length - MAX_PINNED)) {
    const kept = await findMessage(unit, record.id, ref);
    if (kept === null) continue;
    const freed = { ...kept.entry, pinned: null };
    unit.put(kept.place, freed);
    intake.entries.push(freed);
  }
  const event = entry.pinned === null ? "unpinned" : "pinned";
  intake.add(systemEntry(record, { seq: row.seq, time: row.timestamp }, event, row.sender_id));
}

/** Newest pin first, own ones that wait among them. */
export async function pinnedMessages(
  from: UnitOfWork | Store,
  record: ConversationRecord,
  showing: Showing,
): Promise<MessageEntry[]> {
  const changing = (await loadOutbox(from, record.id)).filter(isChange).map(({ content }) => content.target);
  const inOrder = [...record.pinned, ...changing];
  const once = inOrder.filter((ref, at) => inOrder.findIndex((other) => same(ref, other)) === at);
  const found = await Promise.all(once.map((ref) => findMessage(from, record.id, ref)));
  const shown = await showing.all(found.flatMap((kept) => kept?.entry ?? []));
  return shown
    .filter((entry): entry is MessageEntry => entry.kind === "message" && entry.pinned !== null)
    .slice(-MAX_PINNED)
    .reverse();
}
