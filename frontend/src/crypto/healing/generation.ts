/** Beginning the conversation's next group, when nobody is left who could add this device to the present one (PROTOCOL.md 9.3). */

import { continuing, lastGood, type LastGood, lastGoodSession } from "../conversation/continued";
import { type ConversationRecord, loadConversation, type LostGroup } from "../conversation/record";
import { hasAsked } from "../conversation/requests";
import { CryptoFailure } from "../failures";
import { checkMayCommit, expectedDevices, needKeys, packagesOf, plan } from "../membership/plan";
import { type SharedState, stateHash } from "../mls/sharedState";
import { type DeviceRef, groupIdOf } from "../mls/suite";
import { uuidv7 } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { encodeGeneration, generationHash } from "../statements/generation";
import { activeDevices, isActive } from "../store/person";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitStep } from "../types";
import type { Id, WireKeyPackages } from "../wire";

/** So long those who may still follow have time to add this device. */
const PATIENCE_MS = 60_000;

type KnownDevice = DeviceRef & { publicKey: Uint8Array };

/** The last good epoch of the group that the next one would follow; null while others may still add this device. */
export async function generationDue(room: Room, unit: UnitOfWork, id: Id): Promise<number | null> {
  const record = await loadConversation(unit, id);
  const { lost, asked } = record;
  if (record.status !== "lost" || record.serverState !== "active" || !room.caughtUp.has(id)) return null;
  if (lost === null || asked === null || !isOpen(record, room.device.deviceId)) return null;
  const others: DeviceRef[] = [];
  for (const member of record.members) {
    const concerned = member.deviceId !== room.device.deviceId && lost.removed?.includes(member.deviceId) !== true;
    if (concerned && isActive(await room.person(unit, member.userId), member.deviceId)) others.push(member);
  }
  const patient = Date.now() - asked.at < PATIENCE_MS;
  const due = record.room === null ? sessionDue(record, lost, others, patient) : roomDue(record, lost, others, patient);
  return due && !isSpoiler(room, record, lost) ? lost.epoch : null;
}

const isOpen = ({ asking }: ConversationRecord, device: Id) =>
  asking.some(({ open, deviceId }) => open && deviceId === device);

const isSilent = (record: ConversationRecord, { deviceId }: DeviceRef) =>
  !isOpen(record, deviceId) || !hasAsked(record, deviceId);

function sessionDue(
  record: ConversationRecord,
  lost: LostGroup,
  others: readonly DeviceRef[],
  patient: boolean,
): boolean {
  const silent = others.filter((device) => isSilent(record, device));
  if (others.length === 0 || silent.length === 0) return others.length > 0;
  return lost.reason === "cannot_follow" && silent.every(({ deviceId }) => deviceId === lost.by) && !patient;
}

/**
 * In a room some are always away. Whoever wrote behind the commit can add the others; else most must have asked, or all but its
 * author: who follows it all the same would see no reason for the new group, and stay behind.
 */
function roomDue(record: ConversationRecord, lost: LostGroup, others: readonly DeviceRef[], patient: boolean): boolean {
  if (lastGood(record) === null || lost.followed === true) return false;
  const silent = others.filter((device) => isSilent(record, device));
  if (silent.length === 0) return true;
  if (lost.reason !== "cannot_follow" || lost.seq === null || patient) return false;
  const author = authorOf(record, lost);
  return silent.every(({ userId }) => userId === author) || silent.length * 2 < others.length + 1;
}

/** Whose commit this device could not follow. */
function authorOf({ members }: ConversationRecord, { by }: LostGroup): Id | null {
  return members.find(({ deviceId }) => deviceId === by)?.userId ?? null;
}

export async function beginGeneration(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  packages: WireKeyPackages,
): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  const { lost } = record;
  if (lost === null || (await generationDue(room, unit, id)) === null) throw new CryptoFailure("not_active");
  const next = await nextGroup(room, unit, record, lost, packages);
  if ("step" in next) return next;
  const { expected, leftOut, state } = next;
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
    leftOut,
    timeMs: Date.now(),
    state: await stateHash(state),
  });
  const { signer } = await room.suite();
  const signature = toBase64url(await signer.sign(LABEL.generation, statement));
  const opening = {
    seq: record.verifiedSeq,
    hash: await generationHash(statement),
    wire: { client_id: uuidv7(), statement: toBase64url(statement), signature },
  };
  return plan(room, unit, record, {
    purpose: "found",
    adds,
    removed: [],
    members: expected,
    generation,
    opening,
    state: state && { after: state, evidence: [], admissions: [] },
  });
}

interface NextGroup {
  expected: KnownDevice[];
  leftOut: DeviceRef[];
  state: SharedState | null;
}

async function nextGroup(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  lost: LostGroup,
  packages: WireKeyPackages,
): Promise<NextGroup | CommitStep> {
  const good = lastGood(record);
  if (good === null) {
    const expected = await expectedDevices(room, unit, record);
    return Array.isArray(expected) ? { expected, leftOut: [], state: lastGoodSession(record) } : expected;
  }
  const out = spoilerOf(record, lost, good);
  const expected = await roomDevices(room, unit, record, { ...good, people: without(good.people, out) }, packages);
  if (!Array.isArray(expected)) return expected;
  const leftOut: DeviceRef[] = [];
  for (const { userId, deviceId } of good.devices) {
    if (out.has(userId) && isActive(await room.person(unit, userId), deviceId)) leftOut.push({ userId, deviceId });
  }
  return { expected, leftOut, state: continuing(good, expected, out) };
}

/** Once may be a fault: whose commits nobody can follow again and again stays behind. An owner stays, a room has one. */
function spoilerOf(record: ConversationRecord, lost: LostGroup, { state }: LastGood): Set<Id> {
  const author = lost.reason === "cannot_follow" ? authorOf(record, lost) : null;
  const again = author !== null && record.room?.spoilers?.includes(author) === true;
  return new Set(again && author !== state.policy.owner ? [author] : []);
}

/** Who spoiled it again begins nothing: others would leave this person behind. */
function isSpoiler({ self }: Room, record: ConversationRecord, lost: LostGroup): boolean {
  const own = authorOf(record, lost) === self.userId;
  return own && record.room?.spoilers?.includes(self.userId) === true;
}

const without = (people: ReadonlySet<Id>, out: ReadonlySet<Id>) => new Set([...people].filter((id) => !out.has(id)));

/** Every device that was in the room, and all others of its people that can come along; whoever has none stays, away. */
async function roomDevices(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  { people, devices }: LastGood,
  packages: WireKeyPackages,
): Promise<KnownDevice[] | CommitStep> {
  const served = new Set(packages.items.map(({ device_id }) => device_id));
  const wanted = new Set([room.device.deviceId, ...served, ...devices.map(({ deviceId }) => deviceId)]);
  const found: KnownDevice[] = [];
  for (const userId of people) {
    const person = await room.person(unit, userId);
    if (person === undefined) return needKeys(room, unit, record, [userId]);
    for (const [deviceId, device] of activeDevices(person)) {
      if (wanted.has(deviceId) && device === null) return needKeys(room, unit, record, [userId]);
      if (wanted.has(deviceId) && device !== null)
        found.push({ userId, deviceId, publicKey: fromBase64url(device.publicKey) });
    }
  }
  const unknown = packages.items.filter(({ device_id }) => !found.some(({ deviceId }) => deviceId === device_id));
  const strangers = unknown.map(({ user_id }) => user_id).filter((userId) => people.has(userId));
  return strangers.length > 0 ? needKeys(room, unit, record, strangers) : found;
}
