/** Rows of kind `message` and `terminate` (PROTOCOL.md 5.3 to 5.7, 6.8). */

import type { PrivateMessage } from "ts-mls";
import { affected } from "../conversation/affected";
import { takeChange } from "../conversation/changes";
import {
  type Content,
  decodeContent,
  encodeContent,
  type NewerContent,
  type TextContent,
} from "../conversation/content";
import { disappeared, expiryOf, mayBeGone } from "../conversation/fading";
import { countUnread, messageEntry } from "../conversation/incoming";
import { HeldBack, type Intake } from "../conversation/intake";
import { seenName } from "../conversation/kept";
import { noteMissed } from "../conversation/missedRows";
import {
  isChange,
  isText,
  loadOutbox,
  outboxEntry,
  type OutboxItem,
  saveOutbox,
  sentAs,
  type SentMessage,
  type Termination,
  terminationName,
} from "../conversation/outbox";
import { dropPending } from "../conversation/pending";
import { meant, roomState, systemEntry, timerOf } from "../conversation/record";
import { keepSent, rowBody, type RowBody } from "../conversation/sentRows";
import { type ProblemCode, RuleBroken } from "../failures";
import { rememberFile } from "../files/files";
import { openMessage, wroteItself } from "../mls/group";
import { roleOf } from "../mls/roles";
import { ROLE } from "../mls/roomState";
import { type Disclosure, openContent, readDisclosure } from "../mls/message";
import type { Leaf } from "../mls/roster";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { takeAnswer } from "../resending/answers";
import { takeQuestion } from "../resending/questions";
import type { LostReason } from "../types";
import type { Bytes, WireRow } from "../wire";
import { type Judged, judged, judgedOwn, needNotary } from "./criticalRows";
import { echoProblem, openHeader, rowContent } from "./header";

const UNREADABLE = 3;
const BROKEN_EVERY_MS = 3_600_000;

type LastWord = "terminate" | "leave";
type TextKind = "message" | LastWord;

export async function takeMessage(intake: Intake, row: WireRow, kind: TextKind): Promise<void> {
  const { record, unit } = intake;
  if (record.status === "erased") throw new RuleBroken("log_order");
  const seen = seenName(record.id, { deviceId: row.sender_device_id, clientId: row.client_id });
  if ((await unit.get(seen)) !== undefined) throw new RuleBroken("replayed_message");
  if (intake.own(row)) await takeOwn(intake, row, kind);
  else if (record.status === "member") await takeOther(intake, row, kind);
  else {
    if (record.status !== "none" && record.status !== "left") await noteMissed(unit, record, row);
    return;
  }
  unit.put(seen, row.seq);
  record.messagesInEpoch += 1;
}

/** This device's own row: it must be one of the bodies that were sent under this id (P5.2), where it may stand (P5.5). */
async function takeOwn(intake: Intake, row: WireRow, kind: TextKind): Promise<void> {
  const { unit, record } = intake;
  if (kind !== "message") {
    const sent = await unit.get<Termination>(terminationName(record.id));
    if (sent?.clientId !== row.client_id) return notSent(intake, row, "forged_own_row");
    if (sentAs(sent.bodies, row) === undefined) return notSent(intake, row, "ack_mismatch");
    checkOwn(intake, row);
    return lastWord(intake, row, kind);
  }
  const items = await loadOutbox(unit, record.id);
  const item = items.find(({ clientId }) => clientId === row.client_id);
  if (item === undefined) return notSent(intake, row, "forged_own_row");
  let body: SentMessage;
  try {
    body = sentAs(item.bodies, row) ?? (await notSent(intake, row, "ack_mismatch"));
    checkOwn(intake, row);
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    // The newer copy of this store sent it: nobody must get it twice.
    if (error.code === "old_copy") await sent(intake, items, item, row, null);
    else await failed(intake, items, item, error.code);
    throw error;
  }
  await sent(intake, items, item, row, { ...(await judgedOwn(intake, row, item.type, body)), hash: body.commitment });
}

/** `verdict` null: of a newer copy of this store, whose bytes this one does not know. */
async function sent(
  intake: Intake,
  items: OutboxItem[],
  item: OutboxItem,
  row: WireRow,
  verdict: (Judged & { hash: Bytes }) | null,
): Promise<void> {
  const { unit, record, room } = intake;
  const rest = items.filter((other) => other !== item);
  saveOutbox(unit, record.id, rest);
  if (isChange(item)) {
    await takeChange(intake, row, item.content);
  } else if (isText(item)) {
    const entry = outboxEntry(room, record.id, { ...item, state: "sent", failure: null });
    const found = verdict === null ? {} : { critical: verdict.proof, faults: verdict.faults, hash: verdict.hash };
    const mentions = meant(record, room.self.userId, entry.mentions);
    const expiresAt = expiryOf(row, timerOf(record));
    intake.add({ ...entry, mentions, seq: row.seq, time: row.timestamp, expiresAt, ...found });
  }
  await keepOwn(intake, item, row);
  for (const fault of verdict?.faults ?? []) intake.problem(row, fault, null);
}

/** What this device sent, for who could not read it and asks (P9.4). */
async function keepOwn(
  intake: Intake,
  { content, type, sealed: last, bodies }: OutboxItem,
  row: WireRow,
): Promise<void> {
  const k = sentAs(bodies, row)?.k;
  if (content.kind === "answer") return keep(intake, row, null, null, []);
  const disclosure =
    k === undefined ? null : { k: fromBase64url(k), type, json: JSON.stringify(encodeContent(content)) };
  const receipt = row.receipt ?? null;
  const { falcon = null, ecdsa = null } = last?.signature ?? {};
  const sealed =
    last === null ? [] : [{ content: last.content, signature_falcon: falcon, signature_ecdsa: ecdsa, receipt }];
  await keep(intake, row, content, disclosure, [...rowBody(row), ...sealed]);
}

async function keep(
  { unit, record }: Intake,
  row: WireRow,
  content: Content | null,
  disclosure: Disclosure | null,
  bodies: readonly RowBody[],
): Promise<void> {
  const again = content?.kind === "text" || content?.kind === "edit" || content?.kind === "delete";
  const expiresAt = expiryOf(row, timerOf(record));
  await keepSent(unit, row, { about: again ? content : null, disclosure, expiresAt }, bodies);
}

function checkOwn(intake: Intake, row: WireRow): void {
  intake.bindTag(row);
  // Whoever cannot follow the group does not know what the others take.
  if (intake.record.status === "member") checkEpoch(intake, row);
}

/** Its id is used up, and nobody has it: it can be sent again under another one. */
async function failed(intake: Intake, items: OutboxItem[], item: OutboxItem, code: ProblemCode): Promise<void> {
  const { unit, room, record } = intake;
  Object.assign(item, { state: "failed", failure: code, sealed: null });
  saveOutbox(unit, record.id, items);
  intake.entries.push(...(await affected(room, unit, record.id, [item])));
}

/** Not what this store has sent: a lie, unless this device's signature proves that a newer copy of the store wrote it (P9.1). */
async function notSent(intake: Intake, row: WireRow, lie: ProblemCode): Promise<never> {
  const { room, record } = intake;
  const content = rowContent(row);
  // Written by the newer copy: it is gone, and so is what it wrote.
  if (record.lost?.reason === "old_copy") throw new RuleBroken("old_copy");
  const group = await intake.group();
  if (record.status !== "member" || group === null) throw new RuleBroken(lie);
  // Whoever wrote it, nobody can tell any more: the careful answer is that the newer copy did.
  if (content === null && mayBeGone(room, row, timerOf(record))) return loseOldCopy(intake, row);
  if (content === null) return holdOwn(intake, row);
  const { message } = openHeader(
    record,
    row,
    row.kind === "terminate" || row.kind === "leave" ? row.kind : "message",
    content,
  );
  if (!(await wroteItself(await room.suite(), group, message))) throw new RuleBroken(lie);
  return loseOldCopy(intake, row);
}

/** Without its body nobody can tell whether a newer copy of this store wrote it: nothing is encrypted until that is known. */
export function holdOwn(intake: Intake, row: WireRow): never {
  intake.problem(row, "body_missing", null);
  intake.room.caughtUp.delete(intake.record.id);
  throw new HeldBack();
}

/** This device cannot go on: it asks to be added again (P9.2). */
export async function loseState(intake: Intake, row: WireRow, reason: LostReason, broken = false): Promise<void> {
  const { record, room } = intake;
  record.status = "lost";
  if (record.lost !== null) return;
  const context = (await intake.group())?.groupContext;
  const transcriptHash = context === undefined ? null : toBase64url(context.confirmedTranscriptHash);
  const [seq, by] = broken ? [null, null] : [row.seq, row.sender_device_id];
  record.lost = { reason, seq, by, epoch: Number(context?.epoch ?? 0), transcriptHash };
  const at = { seq: row.seq, time: row.timestamp };
  intake.add(systemEntry(record, at, "lost_here", room.self.userId, { reason }));
}

/** Nothing is encrypted with this state any more: it would use keys again. */
export async function loseOldCopy(intake: Intake, row: WireRow): Promise<never> {
  await loseState(intake, row, "old_copy");
  intake.dropGroup();
  throw new RuleBroken("old_copy");
}

async function takeOther(intake: Intake, row: WireRow, kind: TextKind): Promise<void> {
  const content = rowContent(row);
  if (content === null) {
    bodyless(intake, row, kind);
    return;
  }
  const { message, data } = openHeader(intake.record, row, kind, content);
  checkEpoch(intake, row);
  if (data.type === "critical") needNotary(intake);
  const { plaintext, author } = await decrypt(intake, row, message).catch((error: unknown) =>
    unreadable(intake, row, error),
  );
  delete intake.record.unreadable?.[row.sender_device_id];
  const inside = await openContent(plaintext, data);
  const echo = await echoProblem(intake, row, data.echo);
  checkRole(intake, row, kind);
  if (kind !== "message") await lastWord(intake, row, kind);
  else {
    const hash = toBase64url(data.commitment);
    const said = await takeContent(intake, row, inside, hash, await judged(intake, row, { content, data, author }));
    // Of another browser of this account: this one may be asked for it too (P9.4).
    if (row.sender_id === intake.room.self.userId)
      await keep(intake, row, said, readDisclosure(plaintext), rowBody(row));
  }
  // The message is its author's all the same: shown, with the fork named beside it.
  if (echo !== null) intake.problem(row, echo);
}

/** A message that disappeared before this browser fetched it is told in a line; else its body is withheld. */
function bodyless(intake: Intake, row: WireRow, kind: TextKind): void {
  const { room, record } = intake;
  if (kind !== "message" || !mayBeGone(room, row, timerOf(record))) throw new RuleBroken("body_missing");
  intake.add(disappeared(record, row.seq, row.timestamp, row.sender_id));
}

/** In a room: only the owner ends it, and is the only one who cannot leave; whether members post is a setting (P10.1). */
function checkRole({ record }: Intake, row: WireRow, kind: TextKind): void {
  const state = roomState(record);
  if (state === null) {
    if (kind === "leave") throw new RuleBroken("bad_message");
    return;
  }
  const role = roleOf(state.policy, row.sender_id);
  const owns = role === ROLE.owner;
  const may = kind === "message" ? role >= state.policy.settings.post : owns === (kind === "terminate");
  if (!may || record.room?.left.includes(row.sender_id) === true) throw new RuleBroken("role_missing");
}

function lastWord(intake: Intake, row: WireRow, kind: LastWord): Promise<void> {
  return kind === "terminate" ? terminated(intake, row) : parted(intake, row);
}

/** Somebody leaves the room: others take their devices out; one's own account keeps its history and nothing else. */
async function parted(intake: Intake, row: WireRow): Promise<void> {
  const { room, unit, record } = intake;
  intake.add(systemEntry(record, { seq: row.seq, time: row.timestamp }, "person_left", row.sender_id));
  if (row.sender_id !== room.self.userId) {
    if (record.room !== null) record.room.left = [...record.room.left, row.sender_id];
    return;
  }
  record.status = "left";
  await forget(intake);
  await failWaiting(intake);
  unit.delete(terminationName(record.id));
}

/** The current epoch, or the one before if the commit between changed no members (P5.5). */
function checkEpoch({ record }: Intake, row: WireRow): void {
  if (row.epoch === record.epoch) return;
  if (row.epoch > record.epoch) throw new RuleBroken("message_of_other_epoch");
  const previous = row.epoch === record.epoch - 1 && record.lastCommit?.membershipChanged === false;
  if (!previous) throw new RuleBroken("message_of_old_epoch");
}

/** Decrypts and keeps the ratchet's new state whatever is judged afterwards: a key is used once. */
async function decrypt(
  intake: Intake,
  row: WireRow,
  message: PrivateMessage,
): Promise<{ plaintext: Uint8Array; author: Leaf }> {
  const { room } = intake;
  const group = await intake.group();
  if (group === null) throw new RuleBroken("group_lost");
  const { newState, plaintext, author } = await openMessage(await room.suite(), group, message);
  intake.setGroup(newState);
  intake.record.heard = true;
  if (author.deviceId !== row.sender_device_id || author.userId !== row.sender_id) {
    throw new RuleBroken("sender_mismatch");
  }
  intake.bindTag(row);
  return { plaintext, author };
}

/** One message may be garbage; several of one device in a row say that the keys here are broken: others add this device again (P9.2). */
async function unreadable(intake: Intake, row: WireRow, error: unknown): Promise<never> {
  const { record, unit } = intake;
  if (!(error instanceof RuleBroken) || error.code !== "undecryptable") throw error;
  await noteMissed(unit, record, row);
  const counted = (record.unreadable ??= {});
  const count = (counted[row.sender_device_id] ?? 0) + 1;
  counted[row.sender_device_id] = count;
  // Whoever writes garbage does not keep everybody busy with it.
  const patient = Math.abs(Date.now() - (record.brokeAt ?? 0)) < BROKEN_EVERY_MS;
  if (count >= UNREADABLE && !patient) {
    record.brokeAt = Date.now();
    await loseState(intake, row, "cannot_follow", true);
  }
  throw error;
}

async function takeContent(
  intake: Intake,
  row: WireRow,
  inside: unknown,
  hash: Bytes,
  { proof, faults }: Judged,
): Promise<Content> {
  const content = decodeContent(inside);
  if (content.kind === "text" || content.kind === "newer") addMessage(intake, row, content, hash, { proof, faults });
  // Only words are signed: no version makes a critical change.
  else if (proof !== null) throw new RuleBroken("bad_message");
  else if (content.kind === "ask_again") await takeQuestion(intake, row, content);
  else if (content.kind === "sent_again") await takeAnswer(intake, row, content);
  else await takeChange(intake, row, content);
  for (const fault of faults) intake.problem(row, fault, null);
  return content;
}

function addMessage(
  intake: Intake,
  row: WireRow,
  content: TextContent | NewerContent,
  hash: Bytes,
  { proof: critical, faults }: Judged,
): void {
  const { seq, timestamp: time, client_id: clientId, sender_id: senderId, sender_device_id: senderDeviceId } = row;
  const place = { seq, time, clientId, senderId, senderDeviceId };
  const expiresAt = expiryOf(row, timerOf(intake.record));
  const entry = messageEntry(intake, place, content, { hash, critical, faults, expiresAt });
  if (content.kind === "text" && content.file !== null)
    rememberFile(intake.unit, row.conversation_id, entry.key, content.file);
  intake.add(entry);
  countUnread(intake, entry);
}

/** A member ended the conversation: keys go, history stays, what still waited will never be sent. */
async function terminated(intake: Intake, row: WireRow): Promise<void> {
  const { unit, record } = intake;
  record.status = "erased";
  record.terminatedBy = row.sender_id;
  await forget(intake);
  unit.delete(terminationName(record.id));
  await failWaiting(intake);
  intake.add(systemEntry(record, { seq: row.seq, time: row.timestamp }, "terminated", row.sender_id));
}

async function forget(intake: Intake): Promise<void> {
  intake.record.members = [];
  intake.dropGroup();
  await dropPending(intake.unit, intake.record.id);
}

async function failWaiting({ room, unit, record, entries }: Intake): Promise<void> {
  const items = await loadOutbox(unit, record.id);
  const ended = items.map((item) => ({ ...item, state: "failed" as const, failure: "not_active", sealed: null }));
  saveOutbox(unit, record.id, ended);
  entries.push(...(await affected(room, unit, record.id, ended)));
}
