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
import { timeToMs } from "../primitives/encoding";
import type { Intake } from "./intake";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Change, MessageEntry, MessageRef, Target } from "../types";
import type { Id, WireRow } from "../wire";
import type { ChangeContent } from "./content";
import { findMissedMessage, type MissedRow, type NotedChange, saveMissed } from "./missedRows";
import { forgetPin, takePin } from "./pins";
import { forgetSent } from "./sentRows";
import { changed, findMessage, type KeptMessage } from "./kept";

type Refusal = "forged" | "late";

/**
 * Why somebody's change of this message does not count; null: it does. The record's roles are those of the epoch that it was
 * sent in: no row of an earlier one is taken behind a commit that changes a room (P5.5).
 */
function refusal(
  record: ConversationRecord,
  entry: Pick<MessageEntry, "hash" | "senderId" | "critical" | "deletedAt">,
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

/** Sent again without proof: its hash is that of what its author says now. */
const isUnproven = ({ resent }: MessageEntry) => resent?.proven === false;

const mayPin = (record: ConversationRecord, userId: Id) =>
  record.room === null || actor(record, userId).role !== "member";

/** A change from the log, of somebody's device or this one's. */
export async function takeChange(intake: Intake, row: WireRow, { target, ...change }: ChangeContent): Promise<void> {
  const { unit, record } = intake;
  const kept = await findMessage(unit, record.id, target);
  // From before this browser was there, or in a form that it cannot read: nothing to change here.
  const by = actor(record, row.sender_id);
  if (kept === null) return noteChange(intake, target, { by, time: row.timestamp, hash: target.hash, change });
  if (change.kind === "edit" && kept.entry.newer !== null) return;
  // Whoever names another hash may have read other words than its author sent here later: nobody can tell who is wrong.
  if (isUnproven(kept.entry) && kept.entry.hash !== target.hash) return;
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
  const entry = await makeChange(intake, kept, { by, change, time: row.timestamp });
  const moved = (entry.pinned === null) !== (kept.entry.pinned === null);
  if (change.kind === "pin" && moved) await takePin(intake, row, entry);
}

/** The message after a change that was found to be allowed. */
async function makeChange(
  intake: Intake,
  kept: KeptMessage,
  { by, change, time }: Pick<NotedChange, "by" | "change" | "time">,
): Promise<MessageEntry> {
  const { unit, record } = intake;
  const allowed =
    change.kind === "edit" ? { ...change, mentions: meant(record, intake.room.self.userId, change.mentions) } : change;
  const entry = changed(kept.entry, by, allowed, time);
  unit.put(kept.place, entry);
  if (record.last?.key === entry.key) record.last = entry;
  if (change.kind === "delete") {
    record.unread = record.unread.filter((seq) => seq !== entry.seq);
    record.mentioned = record.mentioned.filter((seq) => seq !== entry.seq);
    forgetPin(record, entry);
    await forgetFile(unit, record.id, entry.key, entry.senderId === intake.room.self.userId);
    await forgetSent(unit, record.id, entry.seq);
  }
  intake.entries.push(entry);
  return entry;
}

/**
 * An edit or deletion that was missed and has been sent again (P9.4). Whether others may delete is judged by the roles of today,
 * since those of its epoch are not known here; what does not count is ignored without blame.
 */
export async function takeMissedChange(
  intake: Intake,
  { senderId, time }: Pick<MissedRow, "senderId" | "time">,
  { target, ...change }: ChangeContent,
): Promise<void> {
  const { unit, record } = intake;
  const kept = await findMessage(unit, record.id, target);
  const by = actor(record, senderId);
  if (kept === null) return noteChange(intake, target, { by, time, hash: target.hash, change });
  const { editedAt, newer } = kept.entry;
  // The log's order decides: a later edit was read already.
  const isPast =
    change.kind === "edit" && (newer !== null || (editedAt !== null && timeToMs(editedAt) >= timeToMs(time)));
  if (isPast || refusal(record, kept.entry, target.hash, senderId, change.kind) !== null) return;
  await makeChange(intake, kept, { by, change, time });
}

/** Of a message that may still be sent again here: made when that has come (P9.4). */
async function noteChange({ unit, record }: Intake, target: Target, noted: NotedChange): Promise<void> {
  const missed = await findMissedMessage(unit, record.id, target);
  if (missed === undefined) return;
  const unread = { hash: target.hash, senderId: missed.senderId, critical: null, deletedAt: null };
  if (refusal(record, unread, target.hash, noted.by.userId, noted.change.kind) !== null) return;
  const changes = [...missed.changes, noted].sort((a, b) => timeToMs(a.time) - timeToMs(b.time));
  saveMissed(unit, record.id, { ...missed, changes: withoutDeletedText(changes) });
}

/** What a message said after an edit is not kept beside its deletion. */
function withoutDeletedText(changes: readonly NotedChange[]): NotedChange[] {
  const deleted = new Set(changes.filter(({ change }) => change.kind === "delete").map(({ hash }) => hash));
  return changes.filter(({ change, hash }) => change.kind !== "edit" || !deleted.has(hash));
}

/** How a reply names this message; null for one without proof, since others may have read another one there. */
export async function targetOf(unit: UnitOfWork, id: Id, ref: MessageRef): Promise<Target | null> {
  const { entry, target } = named(await findMessage(unit, id, ref));
  return isUnproven(entry) ? null : target;
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
  const refused = isUnproven(entry) || refusal(record, entry, target.hash, room.self.userId, kind) !== null;
  if (refused) throw new CryptoFailure("not_changeable");
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
