/**
 * Reactions, edits, deletions and pins (PROTOCOL.md 10.3): made here, and judged when they come from the log.
 *
 * Promises: a change names its message by device, id and hash; an edit counts only from the account that wrote the message,
 * and never of a critical one, a deletion or pin from whoever may do it by the roles of the epoch that it was sent in, so all members who have the message show the same. What breaks that is ignored and named; what only came too late
 * is ignored, and an edit then told. Log order decides among several.
 */

import { actor, type ConversationRecord, loadConversation, meant, roomState, systemEntry } from "./record";
import { CryptoFailure } from "../failures";
import { forgetFile } from "../files/files";
import { mayDelete } from "../mls/roles";
import type { Intake } from "./intake";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Change, MessageEntry, MessageRef, Target } from "../types";
import type { Id, WireRow } from "../wire";
import type { ChangeContent } from "./content";
import { forgetPin, takePin } from "./pins";
import { changed, findMessage, type KeptMessage } from "./kept";

type Refusal = "forged" | "late";

/**
 * Why somebody's change of this message does not count; null: it does. The record's roles are those of the epoch that it was
 * sent in: no row of an earlier one is taken behind a commit that changes a room (P5.5).
 */
function refusal(
  record: ConversationRecord,
  entry: MessageEntry,
  hash: string,
  userId: Id,
  kind: Change["kind"],
): Refusal | null {
  if (entry.hash !== hash) return "forged";
  if (kind === "edit" && (entry.senderId !== userId || entry.critical !== null)) return "forged";
  const policy = roomState(record)?.policy ?? null;
  if (kind === "delete" && !mayDelete(policy, userId, entry.senderId)) return "forged";
  if (kind === "pin" && !mayPin(record, userId)) return "forged";
  return entry.deletedAt === null ? null : "late";
}

const mayPin = (record: ConversationRecord, userId: Id) =>
  record.room === null || actor(record, userId).role !== "member";

/** A change from the log, of somebody's device or this one's. */
export async function takeChange(intake: Intake, row: WireRow, { target, ...change }: ChangeContent): Promise<void> {
  const { unit, record } = intake;
  const kept = await findMessage(unit, record.id, target);
  // From before this browser was there, or in a form that it cannot read: nothing to change here.
  if (kept === null || (change.kind === "edit" && kept.entry.newer !== null)) return;
  const refused = refusal(record, kept.entry, target.hash, row.sender_id, change.kind);
  if (refused !== null) {
    // One's own was shown as made already.
    intake.entries.push(kept.entry);
    if (refused === "forged") intake.problem(row, "change_forged");
    else if (change.kind === "edit") {
      intake.add(systemEntry(record, { seq: row.seq, time: row.timestamp }, "late_edit", row.sender_id));
    }
    return;
  }
  const allowed =
    change.kind === "edit" ? { ...change, mentions: meant(record, intake.room.self.userId, change.mentions) } : change;
  const entry = changed(kept.entry, actor(record, row.sender_id), allowed, row.timestamp);
  unit.put(kept.place, entry);
  const moved = (entry.pinned === null) !== (kept.entry.pinned === null);
  if (record.last?.key === entry.key) record.last = entry;
  if (change.kind === "delete") {
    record.unread = record.unread.filter((seq) => seq !== entry.seq);
    record.mentioned = record.mentioned.filter((seq) => seq !== entry.seq);
    forgetPin(record, entry);
    await forgetFile(unit, record.id, entry.key, entry.senderId === intake.room.self.userId);
  }
  intake.entries.push(entry);
  if (change.kind === "pin" && moved) await takePin(intake, row, entry);
}

/** How a reply names this message. */
export async function targetOf(unit: UnitOfWork, id: Id, ref: MessageRef): Promise<Target> {
  return named(await findMessage(unit, id, ref)).target;
}

/** The same for a change that this person may make. */
export async function toBeChanged(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  ref: MessageRef,
  { kind }: Change,
): Promise<Target> {
  const { entry, target } = named(await findMessage(unit, id, ref));
  const record = await loadConversation(unit, id);
  if (refusal(record, entry, target.hash, room.self.userId, kind) !== null) throw new CryptoFailure("not_changeable");
  return target;
}

/** Whether others would blame this person for a change that was allowed when it was made: its role is another one by now. */
export async function isForbidden(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  { target, kind }: ChangeContent,
): Promise<boolean> {
  const kept = await findMessage(unit, record.id, target);
  return kept !== null && refusal(record, kept.entry, target.hash, room.self.userId, kind) === "forged";
}

function named(kept: KeptMessage | null): { entry: MessageEntry; target: Target } {
  if (kept === null || kept.entry.hash === null) throw new CryptoFailure("unknown_message");
  const { senderDeviceId: deviceId, clientId, hash } = kept.entry;
  return { entry: kept.entry, target: { deviceId, clientId, hash } };
}
