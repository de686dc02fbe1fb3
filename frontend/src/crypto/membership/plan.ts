/** Which commit is due, and what it shall hold (PROTOCOL.md 4.1, 6.5, 7.1, 8.4): nothing is promised yet. */

import { waitingCommit } from "../conversation/pending";
import {
  type ConversationRecord,
  hardwareOnlyName,
  loadConversation,
  othersOf,
  roomState,
} from "../conversation/record";
import { healingOf } from "../conversation/requests";
import { stateOf } from "../conversation/view";
import { CryptoFailure } from "../failures";
import { checkedPackage } from "../mls/keyPackages";
import { accountsOf } from "../mls/roles";
import { encodeProfile, type Evidence, newPolicy } from "../mls/roomState";
import type { DeviceRef } from "../mls/suite";
import { randomBytes, sha256 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { mlKemPublicKey, type Recipient } from "../statements/contribution";
import { activeDevices, distrusted, isActive } from "../store/person";
import type { CommitPlan, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitReason, CommitStep } from "../types";
import type { Id, WireContributionRequest, WireKeyPackages } from "../wire";

const MESSAGES_PER_EPOCH = 500;
const EPOCH_MS = 24 * 3_600_000;
const NONCE_BYTES = 32;

export async function dueCommit(room: Room, unit: UnitOfWork, id: Id): Promise<CommitReason | null> {
  const record = await loadConversation(unit, id);
  if ((await waitingCommit(unit, id)) !== null || !room.caughtUp.has(id)) return null;
  if (record.status === "none") {
    return (await mayFound(room, unit, record)) && stateOf(record) === "establishing" && isUnfounded(record)
      ? "founding"
      : null;
  }
  if (record.status !== "member" || stateOf(record) !== "active") return null;
  if ((record.room?.left ?? []).length > 0) return "person_left";
  if ((await revokedMembers(room, unit, record)).length > 0) return "device_revoked";
  const { lost, joining } = await healingOf(room, unit, record);
  if (lost.length > 0) return "device_lost";
  if (joining.length > 0) return "device_asks";
  if (peopleWait(room, record)) return isLastCommitter(room, record) ? "people_wait_for_us" : "people_wait";
  if (record.messagesInEpoch >= MESSAGES_PER_EPOCH) return "messages";
  // Whichever way the clock was set: one renewal, and it counts from there.
  const passed = Math.abs(Date.now() - (record.lastCommit?.takenAt ?? 0));
  return record.messagesInEpoch > 0 && passed >= EPOCH_MS ? "time" : null;
}

/** People who come by a link and need no approval: whoever committed last is likely to be here, and goes first. */
function peopleWait(room: Room, record: ConversationRecord): boolean {
  const state = roomState(record);
  if (state === null || state.policy.settings.approval) return false;
  const turnedAway = room.turnedAway.get(record.id);
  return (record.room?.joining ?? []).some(({ userId }) => turnedAway?.has(userId) !== true);
}

const isLastCommitter = (room: Room, { lastCommit }: ConversationRecord) => lastCommit?.device === room.device.deviceId;

/** A session with a person whom this account agreed to talk to; a room that this device has a name for. */
async function mayFound(room: Room, unit: UnitOfWork, { peerId, room: part }: ConversationRecord): Promise<boolean> {
  if (peerId === null) return part?.creator === room.self.userId && part.founding !== null;
  return (await room.person(unit, peerId))?.agreed === true;
}

const isUnfounded = ({ generation, epoch }: ConversationRecord) => generation === 0 && epoch === 0;

/** Members whose device is no longer in its account's list; one's own leaf cannot be removed by oneself. */
async function revokedMembers(room: Room, unit: UnitOfWork, record: ConversationRecord): Promise<DeviceRef[]> {
  const found: DeviceRef[] = [];
  for (const { userId, deviceId } of record.members) {
    if (deviceId === room.device.deviceId) continue;
    if (!isActive(await room.person(unit, userId), deviceId)) found.push({ userId, deviceId });
  }
  return found;
}

export async function beginFounding(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  packages: WireKeyPackages,
): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  if (record.status !== "none" || !isUnfounded(record)) throw new CryptoFailure("not_active");
  if (!(await mayFound(room, unit, record))) throw new CryptoFailure("not_agreed");
  const expected = await expectedDevices(room, unit, record);
  if (!Array.isArray(expected)) return expected;
  if (packages.items.some(({ device_id }) => !expected.some(({ deviceId }) => deviceId === device_id))) {
    return needKeys(room, unit, record);
  }
  const adds = packagesOf(room, expected, packages);
  const state = firstState(record);
  return plan(room, unit, record, { purpose: "found", adds, removed: [], members: expected, state });
}

/** A room begins with its creator alone and the settings of all new rooms. */
function firstState({ room: part }: ConversationRecord): CommitPlan["state"] {
  if (part === null || part.founding === null) return null;
  const profile = encodeProfile({ ...part.founding, avatar: new Uint8Array() });
  return { after: { policy: newPolicy(part.creator), profile, welcomeKeys: [] }, evidence: [], admissions: [] };
}

/** One package of each device but this one, checked. */
export function packagesOf(
  room: Room,
  devices: readonly (DeviceRef & { publicKey: Uint8Array })[],
  packages: WireKeyPackages,
): CommitPlan["adds"] {
  const served = new Map(packages.items.map((item) => [item.device_id, item]));
  return devices
    .filter(({ deviceId }) => deviceId !== room.device.deviceId)
    .map(({ userId, deviceId, publicKey }) => {
      const item = served.get(deviceId);
      if (item?.user_id !== userId) throw new CryptoFailure("missing_device_package");
      const keyPackage = fromBase64url(item.key_package);
      checkedPackage(keyPackage, { userId, deviceId }, publicKey);
      return { userId, deviceId, keyPackage, publicKey };
    });
}

/** Every certified, unrevoked device of the conversation's accounts; or what is needed to know them. */
export async function expectedDevices(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
): Promise<(DeviceRef & { publicKey: Uint8Array })[] | CommitStep> {
  const found: (DeviceRef & { publicKey: Uint8Array })[] = [];
  for (const userId of [room.self.userId, ...othersOf(record, room.self.userId)]) {
    const person = await room.person(unit, userId);
    const devices = person === undefined ? [] : activeDevices(person);
    const known = devices.flatMap(([deviceId, device]) =>
      device === null ? [] : [{ userId, deviceId, publicKey: fromBase64url(device.publicKey) }],
    );
    if (known.length === 0 || known.length !== devices.length) return needKeys(room, unit, record);
    found.push(...known);
  }
  return found;
}

export async function needKeys(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  also: readonly Id[] = [],
): Promise<CommitStep> {
  const needs = [];
  for (const userId of new Set([room.self.userId, ...othersOf(record, room.self.userId), ...also])) {
    needs.push({ userId, since: (await room.person(unit, userId))?.listVersion ?? 0 });
  }
  return { step: "account_keys", needs };
}

export async function beginRotation(room: Room, unit: UnitOfWork, id: Id): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  if (stateOf(record) !== "active") throw new CryptoFailure("not_active");
  const revoked = await revokedMembers(room, unit, record);
  const { lost } = await healingOf(room, unit, record);
  const removed = [...revoked, ...lost.filter(({ deviceId }) => !revoked.some((gone) => gone.deviceId === deviceId))];
  const left = record.members.filter(({ userId }) => record.room?.left.includes(userId) === true);
  const out = left.length > 0 ? left.map(({ userId, deviceId }) => ({ userId, deviceId })) : removed;
  const members = record.members.filter(({ deviceId }) => !out.some((gone) => gone.deviceId === deviceId));
  const state = await stateWithout(room, unit, record, out, members);
  return plan(room, unit, record, { purpose: "rotate", adds: [], removed: out, members, state });
}

/** The room without these devices, and why they go: their people stay, away while no device of theirs is left, unless they left. */
async function stateWithout(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  removed: readonly DeviceRef[],
  members: readonly DeviceRef[],
): Promise<CommitPlan["state"]> {
  const state = roomState(record);
  if (state === null) return null;
  const left = record.room?.left ?? [];
  const staying = accountsOf(members);
  const gone = [...accountsOf(removed)].filter((userId) => !staying.has(userId));
  const away = [...state.policy.away, ...gone.filter((userId) => !left.includes(userId))];
  const moderators = state.policy.moderators.filter((userId) => !left.includes(userId));
  const evidence = [];
  for (const device of removed)
    if (!left.includes(device.userId)) evidence.push(await evidenceOf(room, unit, record, device));
  return { after: { ...state, policy: { ...state.policy, away, moderators } }, evidence, admissions: [] };
}

/** The device's own request; without one it is revoked, which everybody can ask for (mls/roomState.ts). */
async function evidenceOf(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  device: DeviceRef,
): Promise<Evidence> {
  const { deviceId } = device;
  const request = record.asking.find((each) => each.deviceId === deviceId);
  const revoked = !isActive(await room.person(unit, device.userId), deviceId);
  if (revoked || request === undefined) return { deviceId, statement: new Uint8Array(), signature: new Uint8Array() };
  return { deviceId, statement: fromBase64url(request.statement), signature: fromBase64url(request.signature) };
}

export async function checkMayCommit(room: Room, unit: UnitOfWork, record: ConversationRecord): Promise<void> {
  if ((await waitingCommit(unit, record.id)) !== null) throw new CryptoFailure("out_of_order");
  if (!room.caughtUp.has(record.id)) throw new CryptoFailure("not_caught_up");
  for (const userId of [...othersOf(record, room.self.userId), room.self.userId]) {
    const reason = distrusted(await room.person(unit, userId));
    if (reason !== null) throw new CryptoFailure(reason);
  }
}

export async function plan(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  draft: Pick<CommitPlan, "purpose" | "adds" | "removed"> &
    Partial<Pick<CommitPlan, "generation" | "opening" | "state">> & { members: readonly DeviceRef[] },
): Promise<CommitStep> {
  const recipients: CommitPlan["recipients"] = [];
  for (const { userId, deviceId } of draft.members) {
    const key = await mlKemKey(room, unit, { userId, deviceId });
    if (key === null) return needKeys(room, unit, record, [userId]);
    recipients.push({ userId, deviceId, ...key });
  }
  recipients.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  const { purpose, adds, removed, opening = null, state = null, generation = record.generation } = draft;
  const nonce = randomBytes(NONCE_BYTES);
  const epoch = opening === null ? record.epoch : 0;
  const hardwareOnly = (await unit.get<boolean>(hardwareOnlyName(record.id))) === true;
  room.plans.set(record.id, {
    purpose,
    adds,
    removed,
    generation,
    epoch,
    nonce,
    recipients,
    hardwareOnly,
    state,
    opening,
  });
  const request: WireContributionRequest = {
    recipients: recipients.map(({ deviceId, number }) => ({ device_id: deviceId, number })),
    nonce: toBase64url(nonce),
    generation,
    epoch,
    purpose,
    require: hardwareOnly ? "hardware" : "any",
  };
  return { step: "contribution", request };
}

/** Number and hash of the device's newest certified ML-KEM key; one's own is known without the directory. */
async function mlKemKey(room: Room, unit: UnitOfWork, device: DeviceRef): Promise<Omit<Recipient, "deviceId"> | null> {
  if (device.deviceId === room.device.deviceId) {
    const { number, seed } = room.device.mlKem;
    return { number, keyHash: await sha256(mlKemPublicKey(fromBase64url(seed))) };
  }
  const person = await room.person(unit, device.userId);
  const newest = person?.devices[device.deviceId]?.mlKem.at(-1);
  return newest === undefined ? null : { number: newest.number, keyHash: fromBase64url(newest.keyHash) };
}
