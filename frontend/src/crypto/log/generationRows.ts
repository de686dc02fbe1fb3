/**
 * Rows of kind `generation`: whether a new group of this conversation has a reason that this device can check (PROTOCOL.md 9.3).
 *
 * Promises: a device that follows the group refuses, and says so; one that lost it goes along only with a signed statement that
 * continues the very log it has, is not older than what it reached, and leaves out nobody but who made the bad commit.
 */

import { continuing, lastGood, lastGoodSession } from "../conversation/continued";
import { HeldBack, type Intake } from "../conversation/intake";
import { dropPending, opensWith } from "../conversation/pending";
import { type ConversationRecord, type Opening, systemEntry } from "../conversation/record";
import { hasAsked } from "../conversation/requests";
import { RuleBroken } from "../failures";
import { type ClientState, sharedStateOf } from "../mls/group";
import { sameState, stateHash } from "../mls/sharedState";
import { CertificateMissing } from "../mls/policy";
import { accountsOf } from "../mls/roles";
import { leavesOf } from "../mls/roster";
import { type DeviceRef, groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, LABEL, Reader, toBase64url } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { refuse } from "../refusals";
import { decodeGeneration, generationHash, type GenerationStatement } from "../statements/generation";
import { isActive } from "../store/person";
import type { Id, WireRow } from "../wire";

export async function takeGeneration(intake: Intake, row: WireRow): Promise<void> {
  const { record, unit } = intake;
  if (record.status === "erased") throw new RuleBroken("log_order");
  if (row.content === null) {
    intake.problem(row, "body_missing", null);
    throw new HeldBack();
  }
  const content = fromBase64url(row.content);
  const judged = await judge(intake, row, content).catch((error: unknown) => {
    if (error instanceof RuleBroken) return error.code;
    throw error;
  });
  // The log goes on in the new generation, whether this device goes along or not.
  if (!(await opensWith(unit, record.id, row.client_id))) await dropPending(unit, record.id);
  Object.assign(record, { generation: row.generation, epoch: 0, messagesInEpoch: 0, heard: false });
  if (typeof judged === "string") {
    record.opening = null;
    if (isInside(record)) record.status = "refused";
    throw new RuleBroken(judged);
  }
  const { statement, opening } = judged;
  record.opening = opening;
  noteSpoiler(record, statement);
  if (leavesMeOut(intake, statement)) leftBehind(intake, row, statement);
  else if (isInside(record) && record.status !== "refused") record.status = "lost";
}

/** Whether this device was ever in the group, and is not out for good. */
const isInside = ({ status }: ConversationRecord) => status !== "none" && status !== "left";

interface Judged {
  statement: GenerationStatement;
  /** The parts of it that its founding commit must keep to. */
  opening: Opening;
}

/** Throws `bad_generation` or `generation_refused`. */
async function judge(intake: Intake, row: WireRow, content: Uint8Array): Promise<Judged> {
  const { record } = intake;
  const { bytes, statement } = await verified(intake, row, content);
  undoRemoval(record, statement);
  // Whoever never was in the group joins by a welcome of somebody who judged (P6.7).
  if (isInside(record) && record.status !== "refused") await checkReason(intake, row, statement);
  const { roster, reason, epoch, state } = statement;
  const hash = toBase64url(await generationHash(bytes));
  return { statement, opening: { seq: row.seq, hash, roster, reason, epoch, room: hashText(state) } };
}

/** The commit that put this account out was one that nobody followed. */
function undoRemoval(record: ConversationRecord, { reason, reasonSeq }: GenerationStatement): void {
  if (record.status !== "left" || reason !== "commit" || record.room?.putOutBy !== reasonSeq) return;
  record.status = "removed";
}

/** Whose commit nobody could follow is left out when it happens again. */
function noteSpoiler(record: ConversationRecord, statement: GenerationStatement): void {
  const author = authorOf(record, statement);
  const spoilers = record.room?.spoilers ?? [];
  if (record.room === null || author === null || spoilers.includes(author.userId)) return;
  record.room.spoilers = [...spoilers, author.userId];
}

function leavesMeOut({ room }: Intake, { leftOut }: GenerationStatement): boolean {
  return leftOut.some(({ userId }) => userId === room.self.userId);
}

/** Out of the room, as by a removal: history and state stay (P6.8). */
function leftBehind(intake: Intake, row: WireRow, { userId }: GenerationStatement): void {
  const { record, room } = intake;
  if (record.room === null || record.status === "left") return;
  record.status = "left";
  const at = { seq: row.seq, time: row.timestamp };
  intake.add(systemEntry(record, at, "removed_me", userId, { people: [room.self.userId] }));
}

async function checkReason(intake: Intake, row: WireRow, statement: GenerationStatement): Promise<void> {
  const author = authorOf(intake.record, statement);
  // Whoever is left out for its own commit needs no other reason.
  if (leavesMeOut(intake, statement) && author?.userId === intake.room.self.userId) return;
  const fits =
    hasReason(intake, statement, author) &&
    (await keepsEverybody(intake, row, statement, author)) &&
    (await continues(intake.record, statement));
  if (!fits) throw new RuleBroken("generation_refused");
}

/** Signed by the device that the row names, for the group after ours, on top of exactly our log. */
async function verified(intake: Intake, row: WireRow, content: Uint8Array): Promise<Signed> {
  const { record, room } = intake;
  const signed = decoded(content);
  const { statement } = signed;
  const fits =
    statement.serverName === room.self.serverName &&
    statement.conversation === record.id &&
    statement.deviceId === row.sender_device_id &&
    statement.userId === row.sender_id &&
    statement.generation === record.generation + 1 &&
    row.generation === statement.generation &&
    row.epoch === 0 &&
    equalBytes(statement.oldGroup, groupIdOf(record.id, record.generation)) &&
    statement.seq === row.seq - 1 &&
    equalBytes(statement.chain, fromBase64url(row.previous_chain));
  const accounts = accountsOf(statement.roster);
  const both = accounts.size === 2 && intake.accounts.every((userId) => accounts.has(userId));
  const kind = record.room === null ? both : statement.state !== null;
  if (!fits || !kind || !statement.roster.some(({ deviceId }) => deviceId === statement.deviceId)) {
    throw new RuleBroken("bad_generation");
  }
  await checkSignature(intake, signed);
  intake.bindTag(row);
  return signed;
}

/** Body of the row: fields(statement, signature). */
interface Signed {
  statement: GenerationStatement;
  bytes: Uint8Array;
  signature: Uint8Array;
}

function decoded(content: Uint8Array): Signed {
  try {
    const reader = new Reader(content);
    const bytes = reader.blob();
    const signature = reader.blob();
    reader.end();
    return { statement: decodeGeneration(bytes), bytes, signature };
  } catch (error) {
    return refuse("bad_generation", error);
  }
}

async function checkSignature(intake: Intake, { statement, bytes, signature }: Signed): Promise<void> {
  const { userId, deviceId } = statement;
  const device = (await intake.room.person(intake.unit, userId))?.devices[deviceId];
  if (device === undefined) throw new CertificateMissing([userId]);
  try {
    await verifyHybrid(fromBase64url(device.publicKey), LABEL.generation, bytes, signature);
  } catch (error) {
    refuse("bad_generation", error);
  }
}

/** Who made the commit that the statement names, as far as this device has seen it. */
function authorOf(record: ConversationRecord, { reason, reasonSeq }: GenerationStatement): DeviceRef | null {
  if (reason !== "commit") return null;
  const { lost, lastCommit, members, tags } = record;
  const by = lost !== null && lost.seq === reasonSeq ? lost.by : null;
  const own = lastCommit?.seq === reasonSeq ? lastCommit.device : null;
  const known = [...members, ...Object.values(tags)].find(({ deviceId }) => deviceId === (by ?? own));
  return known === undefined ? null : { userId: known.userId, deviceId: known.deviceId };
}

function hasReason(intake: Intake, statement: GenerationStatement, author: DeviceRef | null): boolean {
  const { record, room } = intake;
  if (record.status === "member") {
    const { lastCommit } = record;
    // One's own commit that nobody else could follow (P9.3): it removed nobody, and nobody was heard in its epoch.
    return (
      author?.deviceId === room.device.deviceId &&
      lastCommit?.removedSome === false &&
      !record.heard &&
      statement.epoch === record.epoch - 1
    );
  }
  if (statement.epoch < (record.lost?.epoch ?? 0)) return false;
  const sameEpoch = record.lost !== null && record.lost.epoch === statement.epoch;
  if (sameEpoch && record.lost?.transcriptHash !== toBase64url(statement.transcriptHash)) return false;
  const failedToo = statement.reason === "commit" && record.lost?.seq === statement.reasonSeq;
  const asked = statement.deviceId === room.device.deviceId || hasAsked(record, statement.deviceId);
  return failedToo || (record.asked !== null && asked);
}

/**
 * Whether every device goes along that its account has not revoked, but for the author of the commit: of a session the device, of
 * a room the person. What a list may explain is asked for first (P6.9).
 */
async function keepsEverybody(
  intake: Intake,
  row: WireRow,
  statement: GenerationStatement,
  author: DeviceRef | null,
): Promise<boolean> {
  const { record } = intake;
  const good = lastGood(record);
  const isAuthor = ({ userId, deviceId }: DeviceRef) =>
    good === null ? deviceId === author?.deviceId : userId === author?.userId;
  if (!statement.leftOut.every(isAuthor)) return false;
  const missing: Id[] = [];
  for (const member of good?.devices ?? record.members) {
    const active = isActive(await intake.room.person(intake.unit, member.userId), member.deviceId);
    const kept = statement.roster.some(({ deviceId }) => deviceId === member.deviceId);
    if (active && !kept && !isAuthor(member)) missing.push(member.userId);
  }
  if (good !== null && missing.length > 0 && !intake.askedEnough(row, missing)) throw new CertificateMissing(missing);
  return missing.length === 0;
}

/** Nobody comes into a room by it; whoever reached the last epoch knows what was agreed then, and that goes on. */
async function continues(record: ConversationRecord, statement: GenerationStatement): Promise<boolean> {
  const good = lastGood(record);
  const { roster } = statement;
  if (record.room !== null) {
    if (good === null || ![...accountsOf(roster)].every((userId) => good.people.has(userId))) return false;
  }
  const reached = record.status === "member" ? record.epoch - 1 : record.lost?.epoch;
  if (reached !== statement.epoch) return true;
  const state = good === null ? lastGoodSession(record) : continuing(good, roster, accountsOf(statement.leftOut));
  return sameState(statement.state, await stateHash(state));
}

const hashText = (hash: Uint8Array | null) => (hash === null ? null : toBase64url(hash));

/** The statement of the present generation, which its founding commit follows at once; null in the first generation. */
export function openingFor({ opening, generation }: ConversationRecord, row: WireRow): Opening | null {
  if (generation === 0) return null;
  if (opening === null || (row.epoch === 0 && opening.seq !== row.seq - 1)) throw new RuleBroken("bad_generation");
  return opening;
}

/** A new group has exactly the devices of its statement, and its room or session. */
export async function checkOpening(opening: Opening | null, row: WireRow, group: ClientState): Promise<void> {
  if (opening === null || row.epoch !== 0) return;
  const { roster, room = null } = opening;
  const leaves = leavesOf(group.ratchetTree);
  const same =
    roster.length === leaves.length &&
    leaves.every(({ userId, deviceId }) =>
      roster.some((named) => named.deviceId === deviceId && named.userId === userId),
    ) &&
    room === hashText(await stateHash(sharedStateOf(group)));
  if (!same) throw new RuleBroken("bad_generation");
}
