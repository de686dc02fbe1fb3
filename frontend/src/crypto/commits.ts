/**
 * Making commits (PROTOCOL.md 4.1, 6.1 to 6.5, 7.1, 7.3): plan, contribution, pending state, answer.
 *
 * The pending state is on disk before the commit is sent; it is adopted only when the log shows this very commit, and dropped
 * only when another one holds its epoch (or the server refused it for good): a lost answer changes nothing.
 */

import { equalBytes, randomBytes, sha256, uuidv7 } from "./bytes";
import { type Contribution, mlKemPublicKey, openPart, pskOf, readContribution, type Recipient } from "./contribution";
import { type ConversationRecord, loadConversation, saveConversation, stateOf } from "./conversation";
import { fields, fromBase64url, toBase64url } from "./encoding";
import { CryptoFailure, RuleBroken } from "./failures";
import { healingOf } from "./healing/requests";
import { bodyHash } from "./log";
import { changesOf, type ClientState, createOwnGroup, makeCommit, type Psk } from "./mls/group";
import { checkedPackage, makeKeyPackage } from "./mls/keyPackages";
import { encodeAuthenticatedData, encodeCommitDetails } from "./mls/message";
import { leavesOf } from "./mls/roster";
import { type DeviceRef, groupIdOf } from "./mls/suite";
import { putPending, waitingCommit } from "./pending";
import { activeDevices, distrusted, isActive } from "./person";
import type { Room } from "./room";
import type { UnitOfWork } from "./storage";
import type { CommitReason, CommitStep, CommitToSend } from "./types";
import type { Id, WireCommit, WireContribution, WireContributionRequest, WireKeyPackages, WireOpening } from "./wire";

const MESSAGES_PER_EPOCH = 500;
const EPOCH_MS = 24 * 3_600_000;
const NONCE_BYTES = 32;

/** A commit that has been begun; lives in memory only, since nothing was promised yet. */
export interface CommitPlan {
  purpose: "found" | "rotate";
  generation: number;
  epoch: number;
  nonce: Uint8Array;
  recipients: (Recipient & DeviceRef)[];
  /** Encoded key packages of the devices that the commit adds. */
  adds: (DeviceRef & { keyPackage: Uint8Array; publicKey: Uint8Array })[];
  removed: DeviceRef[];
  /** What begins a later generation: its statement on top of the row `seq`, by hash and as it is sent. */
  opening: { seq: number; hash: Uint8Array; wire: WireOpening } | null;
}

// ---------------------------------------------------------------- planning

export async function dueCommit(room: Room, unit: UnitOfWork, id: Id): Promise<CommitReason | null> {
  const record = await loadConversation(unit, id);
  if ((await waitingCommit(unit, id)) !== null || !room.caughtUp.has(id)) return null;
  if (record.status === "none") {
    const agreed = (await room.person(unit, record.peerId))?.agreed === true;
    return agreed && stateOf(record) === "establishing" && isUnfounded(record) ? "founding" : null;
  }
  if (record.status !== "member" || stateOf(record) !== "active") return null;
  if ((await revokedMembers(room, unit, record)).length > 0) return "device_revoked";
  const { lost, joining } = await healingOf(room, unit, record);
  if (lost.length > 0) return "device_lost";
  if (joining.length > 0) return "device_asks";
  if (record.messagesInEpoch >= MESSAGES_PER_EPOCH) return "messages";
  // Whichever way the clock was set: one renewal, and it counts from there.
  const passed = Math.abs(Date.now() - (record.lastCommit?.takenAt ?? 0));
  return record.messagesInEpoch > 0 && passed >= EPOCH_MS ? "time" : null;
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
  if ((await room.person(unit, record.peerId))?.agreed !== true) throw new CryptoFailure("not_agreed");
  const expected = await expectedDevices(room, unit, record);
  if (!Array.isArray(expected)) return expected;
  if (packages.items.some(({ device_id }) => !expected.some(({ deviceId }) => deviceId === device_id))) {
    return needKeys(room, unit, record);
  }
  const adds = packagesOf(room, expected, packages);
  return plan(room, unit, record, { purpose: "found", adds, removed: [], members: expected });
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

/** Every certified, unrevoked device of both accounts; or what is needed to know them. */
export async function expectedDevices(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
): Promise<(DeviceRef & { publicKey: Uint8Array })[] | CommitStep> {
  const found: (DeviceRef & { publicKey: Uint8Array })[] = [];
  for (const userId of [room.self.userId, record.peerId]) {
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

async function needKeys(room: Room, unit: UnitOfWork, record: ConversationRecord): Promise<CommitStep> {
  const needs = [];
  for (const userId of [room.self.userId, record.peerId]) {
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
  const members = record.members.filter(({ deviceId }) => !removed.some((gone) => gone.deviceId === deviceId));
  return plan(room, unit, record, { purpose: "rotate", adds: [], removed, members });
}

export async function checkMayCommit(room: Room, unit: UnitOfWork, record: ConversationRecord): Promise<void> {
  if ((await waitingCommit(unit, record.id)) !== null) throw new CryptoFailure("out_of_order");
  if (!room.caughtUp.has(record.id)) throw new CryptoFailure("not_caught_up");
  for (const userId of [record.peerId, room.self.userId]) {
    const reason = distrusted(await room.person(unit, userId));
    if (reason !== null) throw new CryptoFailure(reason);
  }
}

export async function plan(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  draft: Pick<CommitPlan, "purpose" | "adds" | "removed"> &
    Partial<Pick<CommitPlan, "generation" | "opening">> & { members: readonly DeviceRef[] },
): Promise<CommitStep> {
  const recipients: CommitPlan["recipients"] = [];
  for (const { userId, deviceId } of draft.members) {
    const key = await mlKemKey(room, unit, { userId, deviceId });
    if (key === null) return needKeys(room, unit, record);
    recipients.push({ userId, deviceId, ...key });
  }
  recipients.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  const { purpose, adds, removed, opening = null, generation = record.generation } = draft;
  const nonce = randomBytes(NONCE_BYTES);
  const epoch = opening === null ? record.epoch : 0;
  room.plans.set(record.id, { purpose, adds, removed, generation, epoch, nonce, recipients, opening });
  const request: WireContributionRequest = {
    recipients: recipients.map(({ deviceId, number }) => ({ device_id: deviceId, number })),
    nonce: toBase64url(nonce),
    generation,
    epoch,
    purpose,
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

// ---------------------------------------------------------------- committing

export async function finishCommit(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  wire: WireContribution | null,
): Promise<CommitToSend> {
  const record = await loadConversation(unit, id);
  const begun = room.plans.get(id);
  if (begun === undefined) throw new CryptoFailure("nothing_pending");
  room.plans.delete(id);
  if (!stillFits(begun, record)) throw new CryptoFailure("out_of_order");
  await checkMayCommit(room, unit, record);
  if (wire === null && begun.purpose === "found") throw new CryptoFailure("contribution_required");
  const contribution = wire === null ? null : await checked(room, record, begun, wire);
  const psk = contribution === null ? null : await ownPsk(room, contribution);
  const made = await commit(room, unit, record, begun, psk);
  const clientId = made.clientId;
  const request: WireCommit = {
    client_id: clientId,
    generation: begun.generation,
    epoch: begun.epoch,
    commit: toBase64url(made.commit),
    welcomes: made.welcome === null ? [] : [toBase64url(made.welcome)],
    contribution: wire,
  };
  const added = begun.adds.map(({ userId, deviceId }) => ({ userId, deviceId }));
  const hash = toBase64url(await bodyHash(made.commit));
  const opening = begun.opening?.wire ?? null;
  const pending = { request, opening, bodyHash: hash, added, removed: begun.removed, refused: false };
  await putPending(unit, id, pending, made.newState);
  saveConversation(unit, record);
  return { request, opening };
}

/** Nothing has come meanwhile that the commit does not stand on. */
function stillFits({ opening, generation, epoch }: CommitPlan, record: ConversationRecord): boolean {
  if (opening !== null) return opening.seq === record.verifiedSeq;
  return generation === record.generation && epoch === record.epoch;
}

/** The transcript answers this very plan: recipients with exactly the keys that this device verified (P7.1). */
async function checked(
  room: Room,
  record: ConversationRecord,
  begun: CommitPlan,
  wire: WireContribution,
): Promise<Contribution> {
  const { notary } = room.self;
  if (notary === null) throw new CryptoFailure("notary_unknown");
  try {
    const contribution = await readContribution(wire, fromBase64url(notary.publicKey));
    const { transcript } = contribution;
    const fits =
      transcript.conversation === record.id &&
      transcript.generation === begun.generation &&
      transcript.epoch === begun.epoch &&
      transcript.purpose === begun.purpose &&
      equalBytes(transcript.nonce, begun.nonce);
    if (!fits) throw new CryptoFailure("bad_contribution");
    if (!sameRecipients(transcript.recipients, begun.recipients)) throw new CryptoFailure("ghost_recipient");
    return contribution;
  } catch (error) {
    throw error instanceof RuleBroken ? new CryptoFailure("bad_contribution", error) : error;
  }
}

function sameRecipients(a: readonly Recipient[], b: readonly Recipient[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ deviceId, number, keyHash }, at) => {
      const other = b[at];
      return other?.deviceId === deviceId && other.number === number && equalBytes(other.keyHash, keyHash);
    })
  );
}

async function ownPsk(room: Room, { id, transcript }: Contribution): Promise<Psk> {
  const { deviceId, mlKem } = room.device;
  try {
    const secret = await openPart(transcript, deviceId, fromBase64url(mlKem.seed));
    return { id, secret: await pskOf(secret, id, groupIdOf(transcript.conversation, transcript.generation)) };
  } catch (error) {
    throw error instanceof RuleBroken ? new CryptoFailure("bad_contribution", error) : error;
  }
}

async function commit(room: Room, unit: UnitOfWork, record: ConversationRecord, begun: CommitPlan, psk: Psk | null) {
  const suite = await room.suite();
  const state = await baseState(room, unit, record, begun);
  const leaves = leavesOf(state.ratchetTree);
  const adds = begun.adds.map((add) => checkedPackage(add.keyPackage, add, add.publicKey));
  const removed = begun.removed.map(({ deviceId }) => {
    const leaf = leaves.find((candidate) => candidate.deviceId === deviceId);
    if (leaf === undefined) throw new CryptoFailure("out_of_order");
    return leaf.index;
  });
  const { rosterHash } = await changesOf(leaves, { adds, removed });
  const clientId = uuidv7();
  const echo = { seq: record.verifiedSeq, chain: fromBase64url(record.chain) };
  const authenticatedData = encodeAuthenticatedData({
    conversation: record.id,
    generation: begun.generation,
    clientId,
    type: "commit",
    expiry: 0,
    commitment: new Uint8Array(),
    echo,
    details: encodeCommitDetails({
      added: begun.adds,
      removed: begun.removed,
      contributionId: psk?.id ?? null,
      rosterHash,
    }),
  });
  const anchor = fields(echo.seq, echo.chain);
  const authority = await room.authority(unit, [room.self.userId, record.peerId]);
  const order = { contents: { adds, removed }, psk, authenticatedData, anchor };
  return { clientId, ...(await makeCommit(suite, state, order, authority)) };
}

/** The current group; for a founding a group of one, whose leaf comes from a package that was never uploaded. */
async function baseState(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  begun: CommitPlan,
): Promise<ClientState> {
  if (begun.purpose === "rotate") {
    const group = await room.group(unit, record.id);
    if (group === null) throw new CryptoFailure("no_group");
    return group;
  }
  const suite = await room.suite();
  const own = await makeKeyPackage(suite, room.device);
  return createOwnGroup(suite, groupIdOf(record.id, begun.generation), own, begun.opening?.hash ?? null);
}

export async function pendingCommit(unit: UnitOfWork, id: Id): Promise<CommitToSend | null> {
  const pending = await waitingCommit(unit, id);
  return pending === null ? null : { request: pending.request, opening: pending.opening };
}
