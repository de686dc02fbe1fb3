/**
 * Making the commit that was planned (PROTOCOL.md 4.1, 6.1 to 6.5, 7.1, 7.3): contribution, pending state, answer.
 *
 * The pending state is on disk before the commit is sent; it is adopted only when the log shows this very commit, and dropped
 * only when another one holds its epoch (or the server refused it for good): a lost answer changes nothing.
 */

import { seedFor } from "../account/mlKem";
import { putPending, waitingCommit } from "../conversation/pending";
import { type ConversationRecord, loadConversation, othersOf, saveConversation } from "../conversation/record";
import { CryptoFailure, RuleBroken } from "../failures";
import { changesOf, type ClientState, createOwnGroup, makeCommit, type Psk, roomStateOf } from "../mls/group";
import { isRoom } from "../mls/sharedState";
import { checkedPackage, makeKeyPackage } from "../mls/keyPackages";
import { type CommitDetails, encodeAuthenticatedData, encodeCommitDetails } from "../mls/message";
import { changeBetween, type RoomState } from "../mls/roomState";
import { leavesOf } from "../mls/roster";
import { groupIdOf } from "../mls/suite";
import { equalBytes, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, toBase64url, uuidBytes } from "../primitives/encoding";
import { bodyHash } from "../statements/chain";
import {
  type Contribution,
  isOfHardware,
  openPart,
  pskOf,
  readContribution,
  type Recipient,
} from "../statements/contribution";
import { welcomeProof } from "../statements/invitation";
import { decodeRoomJoin } from "../statements/roomJoin";
import type { CommitPlan, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitToSend } from "../types";
import type { Id, WireCommit, WireContribution } from "../wire";
import { checkMayCommit } from "./plan";

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
  if (!stillFits(begun, record)) throw new CryptoFailure("epoch_passed");
  await checkMayCommit(room, unit, record);
  if (wire === null && begun.purpose === "found") throw new CryptoFailure("contribution_required");
  const contribution = wire === null ? null : await checked(room, record, begun, wire);
  const psk = contribution === null ? null : await ownPsk(room, unit, contribution);
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
    if (begun.hardwareOnly && !isOfHardware(transcript.receipt)) throw new CryptoFailure("bad_contribution");
    if (!sameRecipients(transcript.recipients, begun.recipients)) throw new CryptoFailure("ghost_recipient");
    return contribution;
  } catch (error) {
    return unusable(error);
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

async function ownPsk(room: Room, unit: UnitOfWork, { id, transcript }: Contribution): Promise<Psk> {
  try {
    const secret = await openPart(transcript, room.device.deviceId, await seedFor(room, unit, transcript));
    return { id, secret: await pskOf(secret, id, groupIdOf(transcript.conversation, transcript.generation)) };
  } catch (error) {
    return unusable(error);
  }
}

/** A broken rule is a problem in the log and a failure of the call here. */
function unusable(error: unknown): never {
  throw error instanceof RuleBroken ? new CryptoFailure("bad_contribution", error) : error;
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
  const before = begun.purpose === "found" ? null : roomStateOf(state);
  const change = await changeOf(before, begun.state);
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
      ...change,
      contributionId: psk?.id ?? null,
      rosterHash,
    }),
  });
  const anchor = fields(echo.seq, echo.chain);
  const people = [room.self.userId, ...othersOf(record, room.self.userId), ...begun.adds.map(({ userId }) => userId)];
  const authority = await room.authority(unit, people, record.room !== null);
  // A founding has its state in the group from the start.
  const changes = begun.purpose !== "found" && (change.room !== null || change.session !== null);
  const next = changes ? (begun.state?.after ?? null) : null;
  const proofs = await welcomeProofs(record, begun, roomStateOf(state));
  const order = { contents: { adds, removed, state: next }, psk, authenticatedData, anchor, proofs };
  return { clientId, ...(await makeCommit(suite, state, order, authority)) };
}

/** What the commit says that it changes: of a room what lies between two states, of a session the next one. */
async function changeOf(
  before: RoomState | null,
  planned: CommitPlan["state"],
): Promise<Pick<CommitDetails, "room" | "session">> {
  if (planned === null) return { room: null, session: null };
  const { after } = planned;
  if (!isRoom(after)) return { room: null, session: after };
  return { room: await changeBetween(before, after, planned), session: null };
}

/** For each who comes by a link: that this is the room whose link it is (P10.2). */
async function welcomeProofs(
  { id }: ConversationRecord,
  { generation, epoch, state }: CommitPlan,
  before: RoomState | null,
): Promise<Uint8Array> {
  const proofs: Uint8Array[][] = [];
  for (const { statement } of state?.admissions ?? []) {
    const { userId, link } = decodeRoomJoin(statement);
    const at = before?.policy.invitations.findIndex((each) => each.id === link) ?? -1;
    const key = before?.welcomeKeys[at];
    if (key === undefined) throw new CryptoFailure("out_of_order");
    proofs.push([uuidBytes(userId), await welcomeProof(key, groupIdOf(id, generation), epoch + 1, userId)]);
  }
  return fields(...proofs);
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
  return createOwnGroup(suite, groupIdOf(record.id, begun.generation), own, {
    generation: begun.opening?.hash ?? null,
    state: begun.state?.after ?? null,
  });
}

export async function pendingCommit(unit: UnitOfWork, id: Id): Promise<CommitToSend | null> {
  const pending = await waitingCommit(unit, id);
  return pending === null ? null : { request: pending.request, opening: pending.opening };
}
