/** Beginning the conversation's next group, when nobody is left who could add this device to the present one (PROTOCOL.md 9.3). */

import { type ConversationRecord, loadConversation } from "../conversation/record";
import { hasAsked } from "../conversation/requests";
import { CryptoFailure } from "../failures";
import { checkMayCommit, expectedDevices, packagesOf, plan } from "../membership/plan";
import { type DeviceRef, groupIdOf } from "../mls/suite";
import { uuidv7 } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { encodeGeneration, generationHash } from "../statements/generation";
import { isActive } from "../store/person";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitStep } from "../types";
import type { Id, WireKeyPackages } from "../wire";

/** So long the author of a commit that this device could not follow has time to add it. */
const PATIENCE_MS = 60_000;

export async function generationDue(room: Room, unit: UnitOfWork, id: Id): Promise<boolean> {
  const record = await loadConversation(unit, id);
  const { lost, asked } = record;
  // A room waits for a member who can add.
  if (record.room !== null || record.status !== "lost" || record.serverState !== "active" || !room.caughtUp.has(id))
    return false;
  if (lost === null || asked === null || !isOpen(record, room.device.deviceId)) return false;
  const others: DeviceRef[] = [];
  for (const member of record.members) {
    const concerned = member.deviceId !== room.device.deviceId;
    if (concerned && isActive(await room.person(unit, member.userId), member.deviceId)) others.push(member);
  }
  const silent = others.filter(({ deviceId }) => !isOpen(record, deviceId) || !hasAsked(record, deviceId));
  if (others.length === 0 || silent.length === 0) return others.length > 0;
  const authorOnly = lost.reason === "cannot_follow" && silent.every(({ deviceId }) => deviceId === lost.by);
  return authorOnly && Date.now() - asked.at >= PATIENCE_MS;
}

const isOpen = ({ asking }: ConversationRecord, device: Id) =>
  asking.some(({ open, deviceId }) => open && deviceId === device);

export async function beginGeneration(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  packages: WireKeyPackages,
): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  const { lost } = record;
  if (lost === null || !(await generationDue(room, unit, id))) throw new CryptoFailure("not_active");
  const expected = await expectedDevices(room, unit, record);
  if (!Array.isArray(expected)) return expected;
  const adds = packagesOf(room, expected, packages);
  const generation = record.generation + 1;
  const commit = lost.reason === "cannot_follow" ? lost.seq : null;
  const { userId, deviceId } = room.device;
  const statement = encodeGeneration({
    serverName: room.self.serverName,
    userId,
    deviceId,
    conversation: id,
    generation,
    oldGroup: groupIdOf(id, record.generation),
    epoch: lost.epoch,
    transcriptHash: fromBase64url(lost.transcriptHash ?? ""),
    seq: record.verifiedSeq,
    chain: fromBase64url(record.chain),
    reason: commit === null ? "lost" : "commit",
    reasonSeq: commit ?? 0,
    roster: expected,
    leftOut: [],
    timeMs: Date.now(),
  });
  const { signer } = await room.suite();
  const signature = toBase64url(await signer.sign(LABEL.generation, statement));
  const opening = {
    seq: record.verifiedSeq,
    hash: await generationHash(statement),
    wire: { client_id: uuidv7(), statement: toBase64url(statement), signature },
  };
  return plan(room, unit, record, { purpose: "found", adds, removed: [], members: expected, generation, opening });
}
