/**
 * Rows of kind `generation`: whether a new group of this conversation has a reason that this device can check (PROTOCOL.md 9.3).
 *
 * Promises: a device that follows the group refuses, and says so; one that lost it goes along only with a signed statement that
 * continues the very log it has, is not older than what it reached, and leaves out nobody but who made the bad commit.
 */

import { HeldBack, type Intake } from "../conversation/intake";
import { dropPending, opensWith } from "../conversation/pending";
import type { ConversationRecord, Opening } from "../conversation/record";
import { hasAsked } from "../conversation/requests";
import { RuleBroken } from "../failures";
import { CertificateMissing } from "../mls/policy";
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
  const refusal = await judge(intake, row, content).catch((error: unknown) => {
    if (error instanceof RuleBroken) return error.code;
    throw error;
  });
  // The log goes on in the new generation, whether this device goes along or not.
  if (!(await opensWith(unit, record.id, row.client_id))) await dropPending(unit, record.id);
  Object.assign(record, { generation: row.generation, epoch: 0, messagesInEpoch: 0, heard: false });
  if (typeof refusal === "string") {
    record.opening = null;
    if (record.status !== "none") record.status = "refused";
    throw new RuleBroken(refusal);
  }
  record.opening = { seq: row.seq, ...refusal };
  if (record.status !== "none" && record.status !== "refused") record.status = "lost";
}

/** The parts of the statement that its founding commit must keep to; throws `bad_generation` or `generation_refused`. */
async function judge(intake: Intake, row: WireRow, content: Uint8Array): Promise<Omit<Opening, "seq">> {
  const { record } = intake;
  const { bytes, statement } = await verified(intake, row, content);
  const author = authorOf(record, statement);
  // Whoever never was in the group joins by a welcome of somebody who judged (P6.7).
  const judges = record.status !== "none" && record.status !== "refused";
  if (judges && !hasReason(intake, statement, author)) throw new RuleBroken("generation_refused");
  if (judges && !keepsEverybody(await active(intake), statement, author)) throw new RuleBroken("generation_refused");
  return { hash: toBase64url(await generationHash(bytes)), roster: statement.roster, reason: statement.reason };
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
  const accounts = new Set(statement.roster.map(({ userId }) => userId));
  const both = record.room === null && accounts.size === 2 && intake.accounts.every((userId) => accounts.has(userId));
  if (!fits || !both || !statement.roster.some(({ deviceId }) => deviceId === statement.deviceId)) {
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
function authorOf({ lost, lastCommit }: ConversationRecord, { reason, reasonSeq }: GenerationStatement): Id | null {
  if (reason !== "commit") return null;
  if (lost !== null && lost.seq === reasonSeq) return lost.by;
  return lastCommit?.seq === reasonSeq ? lastCommit.device : null;
}

function hasReason(intake: Intake, statement: GenerationStatement, author: Id | null): boolean {
  const { record, room } = intake;
  if (record.status === "member") {
    const { lastCommit } = record;
    // One's own commit that nobody else could follow (P9.3): it removed nobody, and nobody was heard in its epoch.
    return (
      author === room.device.deviceId &&
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

/** Members that their accounts have not revoked since. */
async function active({ record, room, unit }: Intake): Promise<DeviceRef[]> {
  const found: DeviceRef[] = [];
  for (const member of record.members) {
    if (isActive(await room.person(unit, member.userId), member.deviceId)) found.push(member);
  }
  return found;
}

function keepsEverybody(members: readonly DeviceRef[], statement: GenerationStatement, author: Id | null): boolean {
  const left = members.filter(({ deviceId }) => !statement.roster.some((kept) => kept.deviceId === deviceId));
  return (
    left.every(({ deviceId }) => deviceId === author) && statement.leftOut.every(({ deviceId }) => deviceId === author)
  );
}

/** The statement of the present generation, which its founding commit follows at once; null in the first generation. */
export function openingFor({ opening, generation }: ConversationRecord, row: WireRow): Opening | null {
  if (generation === 0) return null;
  if (opening === null || (row.epoch === 0 && opening.seq !== row.seq - 1)) throw new RuleBroken("bad_generation");
  return opening;
}

/** A new group has exactly the devices of its statement. */
export function checkOpening(opening: Opening | null, row: WireRow, leaves: readonly DeviceRef[]): void {
  if (opening === null || row.epoch !== 0) return;
  const { roster } = opening;
  const same =
    roster.length === leaves.length &&
    leaves.every(({ userId, deviceId }) =>
      roster.some((named) => named.deviceId === deviceId && named.userId === userId),
    );
  if (!same) throw new RuleBroken("bad_generation");
}
