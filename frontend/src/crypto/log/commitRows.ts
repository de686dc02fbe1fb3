/** Rows of kind `commit`: one's own, others', and welcomes (PROTOCOL.md 4.1, 6, 7). */

import { type LastGood, lastGood } from "../conversation/continued";
import { HeldBack, type Intake } from "../conversation/intake";
import { dropPending, sentCommit } from "../conversation/pending";
import { openGap } from "../conversation/missedRows";
import {
  agreeToRoom,
  chainAt,
  type ConversationRecord,
  type LastCommit,
  type Opening,
  placeOf,
  setMembers,
  setSince,
  settle,
  systemEntry,
} from "../conversation/record";
import { answered, dropRequest, hasAsked } from "../conversation/requests";
import { dropOwnJoin, type OwnJoin, ownJoin } from "../conversation/ownJoins";
import { CryptoFailure, type ProblemCode, RuleBroken } from "../failures";
import {
  applyCommit,
  type Changes,
  checkedChanges,
  type ClientState,
  sharedStateOf,
  openCommit,
  roomStateOf,
  wroteItself,
} from "../mls/group";
import { encodeSharedState, type SharedState, roomIn, timerIn } from "../mls/sharedState";
import { joinByWelcome, type Joined, welcomeRefs } from "../mls/join";
import { decodePackage, packageName, type StoredKeyPackage } from "../mls/keyPackages";
import {
  type AuthenticatedData,
  type CommitDetails,
  decodeAuthenticatedData,
  decodeCommitDetails,
  decodePrivate,
  decodeWelcome,
} from "../mls/message";
import { membersOf } from "../mls/roles";
import { keepsWelcomeKeys, type RoomState } from "../mls/roomState";
import { leavesOf } from "../mls/roster";
import { type DeviceRef, groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, MalformedEncoding, msToTime, timeToMs, toBase64url } from "../primitives/encoding";
import { refuse } from "../refusals";
import type { Contribution } from "../statements/contribution";
import { welcomeProof } from "../statements/invitation";
import type { Store } from "../store/storage";
import type { SystemEntry } from "../types";
import type { Bytes, Id, WireRow } from "../wire";
import { checkedContribution, checkRecipients, contributionOf, nameReplacedKey, pskFor } from "./contributionRows";
import { checkOpening, openingFor } from "./generationRows";
import { echoProblem, openHeader, rowContent } from "./header";
import { holdOwn, loseOldCopy, loseState } from "./messageRows";
import { addRoomEvents, judgeJoined, judgeRoom, keepRoom, type RoomEvent, roomEvents } from "./roomRows";
import { keepSession } from "./sessionRows";

/** The server keeps the bodies of commits for so long at least (P10.3). */
const KEPT_MS = 7 * 86_400_000;

export async function takeCommit(intake: Intake, row: WireRow): Promise<void> {
  const { record, unit } = intake;
  if (record.status === "erased") throw new RuleBroken("log_order");
  if (row.generation !== record.generation || row.epoch !== record.epoch) throw new RuleBroken("commit_wrong_epoch");
  const sent = intake.own(row) ? await sentCommit(unit, record.id, row.body_hash) : null;
  if (sent === null) await judge(intake, row);
  else await adoptOwn(intake, row, sent);
  // This commit holds the epoch: whatever else one had for it has lost (P6.2).
  await dropPending(unit, record.id);
  record.epoch = row.epoch + 1;
  record.messagesInEpoch = 0;
  record.heard = false;
  record.unreadable = {};
}

/** A commit that was refused still moved the log's epoch: a member is lost behind it, a bystander only counts. */
export async function followNoMore(intake: Intake, row: WireRow): Promise<void> {
  const { record, unit } = intake;
  await dropPending(unit, record.id);
  record.epoch = row.epoch + 1;
  const invited = row.welcomes != null && row.welcomes.length > 0;
  if (invited) dropRequest(unit, record);
  if (!invited && record.status !== "member") return;
  await loseState(intake, row, "cannot_follow");
  if (record.lost?.seq === row.seq) record.lost.removed = saidToRemove(row);
}

/** Whoever the commit was to put out is not one who might follow it. */
function saidToRemove(row: WireRow): Id[] {
  const content = rowContent(row);
  if (content === null) return [];
  try {
    const { authenticatedData } = decodePrivate(content);
    const { removed } = decodeCommitDetails(decodeAuthenticatedData(authenticatedData).details);
    return removed.map(({ deviceId }) => deviceId);
  } catch (error) {
    if (error instanceof RuleBroken || error instanceof MalformedEncoding) return [];
    throw error;
  }
}

async function adoptOwn(
  intake: Intake,
  row: WireRow,
  { pending, group }: NonNullable<Awaited<ReturnType<typeof sentCommit>>>,
): Promise<void> {
  const { record, unit } = intake;
  await checkOpening(openingFor(record, row), row, group);
  intake.bindTag(row);
  const before = row.epoch === 0 ? null : await intake.group();
  const good = lastGood(record);
  intake.setGroup(group);
  record.status = "member";
  const contribution = await contributionOf(intake, pending.request.contribution);
  await moved(intake, row, before, group, { ...pending, contribution, event: foundingOf(row) ?? "rotated" });
  addLeftOut(intake, row, good, group);
  if (record.lost !== null) followsAgain(record);
  dropRequest(unit, record);
}

async function judge(intake: Intake, row: WireRow): Promise<void> {
  const { record } = intake;
  if (record.status === "refused") return;
  if (record.status === "member") {
    if (isErased(row)) await loseState(intake, row, "cannot_follow", true);
    else if (intake.own(row)) await unknownOwn(intake, row);
    else await takeOther(intake, row);
  } else if (row.welcomes != null && row.welcomes.length > 0) {
    // Back into a group only after it asked or was removed; that the epoch is a later one the log sees to (P6.7). A new
    // generation was judged by its statement (P9.3).
    const begins = record.generation > 0 && row.epoch === 0;
    if (record.status === "lost" && record.asked === null && !begins) throw new RuleBroken("unexpected_welcome");
    await join(intake, row, row.welcomes);
  }
}

/** Whoever was away for longer than commits are kept is added anew; until then the server may still deliver it. */
const isErased = ({ content, timestamp }: WireRow) => content === null && Date.now() - timeToMs(timestamp) > KEPT_MS;

/** A commit in this device's name that it does not know of (P9.1). */
async function unknownOwn(intake: Intake, row: WireRow): Promise<never> {
  const content = rowContent(row);
  const group = await intake.group();
  if (content === null) return holdOwn(intake, row);
  if (group === null) throw new CryptoFailure("store_damaged");
  const { message } = openHeader(intake.record, row, "commit", content);
  if (await wroteItself(await intake.room.suite(), group, message)) return loseOldCopy(intake, row);
  throw new RuleBroken("forged_own_row");
}

async function takeOther(intake: Intake, row: WireRow): Promise<void> {
  const { record, room } = intake;
  if (row.welcomes != null && row.welcomes.length > 0) throw new RuleBroken("unexpected_welcome");
  const content = rowContent(row);
  if (content === null) {
    // Nothing is lost yet: the server may still deliver it.
    intake.problem(row, "body_missing", null);
    throw new HeldBack();
  }
  const group = await intake.group();
  if (group === null) throw new CryptoFailure("store_damaged");
  const { message, data } = openHeader(record, row, "commit", content);
  const details = readDetails(data);
  const suite = await room.suite();
  const only = record.room === null ? new Set(intake.accounts) : null;
  const opened = await openCommit(suite, group, message, only);
  if (opened.committer.deviceId !== row.sender_device_id || opened.committer.userId !== row.sender_id) {
    throw new RuleBroken("sender_mismatch");
  }
  intake.bindTag(row);
  const changes = await checkedChanges(group, opened, details, only);
  const before = leavesOf(group.ratchetTree);
  const state = await judgeRoom(intake, row, group, opened, details, { ...changes, before });
  const contribution = await checkedContribution(intake, row, details);
  const gone = new Set(changes.removed.map(({ deviceId }) => deviceId));
  const rest = record.members.filter(({ deviceId }) => !gone.has(deviceId));
  if (contribution !== null) await checkRecipients(intake, contribution, [...rest, ...changes.added]);
  if (changes.removesMe) {
    removedMe(intake, row, changes, state);
    return;
  }
  const psk = contribution === null ? null : await pskFor(intake, contribution);
  const people = [...intake.accounts, ...changes.added.map(({ userId }) => userId)];
  const authority = await room.authority(intake.unit, people, record.room !== null);
  const newState = await applyCommit(suite, group, message, opened, psk, authority);
  const echo = await echoProblem(intake, row, data.echo);
  intake.setGroup(newState);
  await moved(intake, row, group, newState, { ...changes, contribution, event: "rotated" });
  if (echo !== null) intake.problem(row, echo);
  if (contribution !== null) await nameReplacedKey(intake, row, contribution);
}

/** Takes the group's next epoch into the record, and into the timeline. */
async function moved(
  intake: Intake,
  row: WireRow,
  before: ClientState | null,
  after: ClientState,
  commit: Committed,
): Promise<void> {
  const { record } = intake;
  const leaves = leavesOf(after.ratchetTree);
  const state = roomStateOf(after);
  const agreed = before === null ? null : sharedStateOf(before);
  const was = roomIn(agreed);
  const old = before === null ? [] : leavesOf(before.ratchetTree);
  const left = new Set(record.room?.left ?? []);
  const events = was === null || state === null ? [] : roomEvents({ state: was, leaves: old }, { state, leaves }, left);
  await setMembers(record, leaves, row.seq);
  keepRoom(record, state);
  events.push(...keepSession(record, sharedStateOf(after)));
  setSince(record, intake.room.self.userId, row.seq, false);
  const silent = left.size > 0 || tellsAll(events, commit);
  committed(intake, row, { ...commit, changesState: events.length > 0, silent, was: agreed });
  addRoomEvents(intake, row, events);
}

const TELLS_PEOPLE: ReadonlySet<SystemEntry["event"]> = new Set(["person_added", "person_came", "person_removed"]);

/** New keys come with every change of a room: what it was for says enough. */
function tellsAll(events: readonly RoomEvent[], { added, removed }: Committed): boolean {
  const people = events.some(({ event }) => TELLS_PEOPLE.has(event));
  return people || (events.length > 0 && added.length + removed.length === 0);
}

/**
 * Tentative: nothing that follows can be checked, so history and the old state are kept (P6.8). Whoever is put out of a room is
 * not *lost*: only who stays a member of it asks to be added again.
 */
function removedMe(intake: Intake, row: WireRow, { removed }: Changes, state: RoomState | null): void {
  const { room, record } = intake;
  record.status = state === null || state.policy.away.includes(room.self.userId) ? "removed" : "left";
  record.removedAt = row.timestamp;
  const at = { seq: row.seq, time: row.timestamp };
  const people = record.status === "left" ? [room.self.userId] : [];
  if (record.room !== null) record.room.putOutBy = row.seq;
  intake.add(systemEntry(intake.record, at, "removed_me", row.sender_id, { devices: removed, people }));
}

function readDetails(data: AuthenticatedData): CommitDetails {
  try {
    return decodeCommitDetails(data.details);
  } catch (error) {
    return refuse("bad_authenticated_data", error);
  }
}

interface Committed {
  added: DeviceRef[];
  removed: DeviceRef[];
  contribution: Contribution | null;
  event: SystemEntry["event"];
  /** What the members agreed is another behind it; `silent`: entries about that say it. */
  changesState?: boolean;
  silent?: boolean;
  /** Who came in by it; empty where only a browser did. */
  people?: Id[];
  /** What they agreed before it. */
  was?: SharedState | null;
}

function committed(intake: Intake, row: WireRow, commit: Committed): void {
  const { record } = intake;
  const { added, removed, contribution } = commit;
  const last: LastCommit = {
    seq: row.seq,
    at: row.timestamp,
    takenAt: Date.now(),
    by: row.sender_id,
    device: row.sender_device_id,
    membershipChanged: added.length + removed.length > 0 || commit.changesState === true,
    removedSome: removed.length > 0,
    contribution: contribution === null ? null : shownContribution(contribution),
    added: added.map(({ deviceId }) => deviceId),
    before: commit.was == null ? null : toBase64url(encodeSharedState(commit.was)),
  };
  record.lastCommit = last;
  const devicesChanged = added.length + removed.length > 0;
  const event = commit.event === "rotated" && devicesChanged ? changeOf(record, commit) : commit.event;
  const devices = [...added, ...removed];
  const at = { seq: row.seq, time: row.timestamp };
  const { missed } = record;
  if (commit.silent !== true) {
    const shown = { devices, people: commit.people ?? [], contribution: contribution !== null, missed };
    intake.add(systemEntry(record, at, event, row.sender_id, shown));
  }
  const isBack = commit.event === "readded_here" || commit.event === "generation";
  if (isBack && missed > 0) openGap(record, commit.silent === true ? null : placeOf(record.id, record.entry));
  answered(record, added);
}

function changeOf(record: ConversationRecord, { added, removed }: Committed): SystemEntry["event"] {
  const asked = [...added, ...removed].every(({ deviceId }) => hasAsked(record, deviceId));
  if (removed.length > 0) return asked ? "device_lost" : "device_removed";
  const known = new Set(Object.values(record.tags).map(({ deviceId }) => deviceId));
  return asked && added.every(({ deviceId }) => known.has(deviceId)) ? "device_readded" : "device_added";
}

function shownContribution({ id, transcript }: Contribution): NonNullable<LastCommit["contribution"]> {
  return { id: toBase64url(id), receipt: transcript.receipt, at: msToTime(transcript.timeMs) };
}

async function join(intake: Intake, row: WireRow, welcomes: readonly Bytes[]): Promise<void> {
  const { record, room, unit } = intake;
  const asked = await ownJoin(unit, record.id);
  const invited = await agreed(intake, row);
  if (!invited && asked === null) {
    const whom = record.peerId ?? row.sender_id;
    intake.problem(row, "not_agreed", whom);
    intake.needs.push({ kind: "agreement", userId: whom });
    throw new HeldBack();
  }
  const contribution = await checkedContribution(intake, row, null);
  const psk = contribution === null ? null : await pskFor(intake, contribution);
  const kind = record.room === null ? "session" : "room";
  // Who is in a room its tree says: everybody whose keys are here may be.
  const known = kind === "session" ? intake.accounts : await everybody(room.store);
  const authority = await room.authority(unit, known, kind === "room");
  const opening = openingFor(record, row);
  const generation = opening === null ? null : fromBase64url(opening.hash);
  const groupId = groupIdOf(record.id, row.generation);
  const terms = { groupId, epoch: row.epoch + 1, psk, authority, kind, generation } as const;
  const { joined, used } = await joinFirst(intake, welcomes, terms);
  await checkJoined(intake, row, joined);
  if (!invited && asked !== null) await checkLetIn(intake, asked, joined, terms);
  await checkOpening(opening, row, joined.state);
  const good = lastGood(record);
  checkWelcomeKeys(row, good, joined.state);
  if (contribution !== null) await checkRecipients(intake, contribution, joined.leaves);
  intake.bindTag(row);
  // Only now: what is held back must be able to open its welcome again.
  if (used !== null) unit.delete(packageName(used));
  intake.setGroup(joined.state);
  const event = foundingOf(row) ?? (record.status === "none" || record.status === "left" ? "joined" : "readded_here");
  record.status = "member";
  record.members = [];
  await setMembers(record, joined.leaves, row.seq);
  if (record.room !== null) agreeToRoom(unit, record);
  if (asked !== null) dropOwnJoin(unit, record.id, asked);
  keepRoom(record, roomStateOf(joined.state));
  const sessionEvents = keepSession(record, sharedStateOf(joined.state));
  setSince(record, room.self.userId, row.seq, !knewBefore(record, row, opening));
  const added = joined.leaves.filter(({ deviceId }) => deviceId !== joined.committer.deviceId);
  const people = event === "joined" && comesAnew(intake, row) ? [room.self.userId] : [];
  committed(intake, row, { added: added.map(ref), removed: [], contribution, event, people });
  addLeftOut(intake, row, good, joined.state);
  // Whoever is only added again cannot know who set it meanwhile.
  if (event === "generation") addRoomEvents(intake, row, sessionEvents);
  dropRequest(unit, record);
  followsAgain(record);
  if (contribution !== null) await nameReplacedKey(intake, row, contribution);
}

/** Whether nobody came or went between what this device followed and the group that goes on. */
function knewBefore({ lost }: ConversationRecord, row: WireRow, opening: Opening | null): boolean {
  return row.epoch === 0 && opening !== null && lost !== null && lost.epoch === opening.epoch;
}

/** A later generation takes over what only members know of the links. */
function checkWelcomeKeys(row: WireRow, good: LastGood | null, group: ClientState): void {
  const state = roomStateOf(group);
  if (good === null || state === null || row.epoch !== 0) return;
  if (!keepsWelcomeKeys(good.state, state)) throw new RuleBroken("bad_generation");
}

/** Whom a new generation left behind. */
function addLeftOut(intake: Intake, row: WireRow, good: LastGood | null, group: ClientState): void {
  const state = roomStateOf(group);
  if (good === null || state === null || row.epoch !== 0) return;
  const members = membersOf(state.policy, leavesOf(group.ratchetTree));
  const people = [...good.people].filter((userId) => !members.has(userId));
  if (people.length > 0) addRoomEvents(intake, row, [{ event: "person_removed", people }]);
}

/** Whether the person came into the room with this browser: no other one of theirs was there, by the server's word. */
function comesAnew({ record, room }: Intake, row: WireRow): boolean {
  if (record.room === null) return false;
  const mine = record.room.shown?.members.filter(({ userId }) => userId === room.self.userId) ?? [];
  return mine.every(({ joinedSeq }) => joinedSeq >= row.seq);
}

/** What one cannot follow a group for; over as soon as this device follows it again. */
const OF_THE_GROUP: ReadonlySet<ProblemCode> = new Set([
  "bad_message",
  "bad_authenticated_data",
  "sender_mismatch",
  "body_missing",
  "undecryptable",
  "message_of_other_epoch",
  "bad_generation",
  "generation_refused",
  "group_lost",
  "commit_wrong_epoch",
  "commit_without_path",
  "commit_forbidden_proposal",
  "commit_mixed",
  "commit_psk_mismatch",
  "commit_details_mismatch",
  "roster_leaf_swapped",
  "roster_doubled_key",
  "roster_mismatch",
  "roster_outsider",
  "commit_undecryptable",
  "not_agreed",
  "bad_welcome",
  "unexpected_welcome",
  "anchor_mismatch",
  "bad_contribution",
  "ghost_recipient",
  "contribution_missing",
  "contribution_unreadable",
]);

function followsAgain(record: ConversationRecord): void {
  const since = record.lost?.seq ?? 0;
  settle(record, ({ code, seq }) => OF_THE_GROUP.has(code) && seq !== null && seq >= since);
  Object.assign(record, { lost: null, missed: 0 });
}

/** P6.7: to a session with its other person; to a room with whoever adds this account to it, or with itself. */
async function agreed({ room, record, unit }: Intake, row: WireRow): Promise<boolean> {
  const mine = row.sender_id === room.self.userId || record.room?.agreed === true;
  if (record.room !== null && mine && record.status !== "left") return true;
  return (await room.person(unit, record.peerId ?? row.sender_id))?.agreed === true;
}

async function everybody(store: Store): Promise<Id[]> {
  return (await store.names("person/")).map((found) => found.slice("person/".length));
}

/** What the first commit of a group is called. */
function foundingOf({ generation, epoch }: WireRow): SystemEntry["event"] | null {
  if (epoch !== 0) return null;
  return generation === 0 ? "founded" : "generation";
}

const ref = ({ userId, deviceId }: DeviceRef): DeviceRef => ({ userId, deviceId });

/** The welcome for one of our key packages, which is then used up (P6.7), unless it is the last resort. */
async function joinFirst(
  intake: Intake,
  welcomes: readonly Bytes[],
  terms: Parameters<typeof joinByWelcome>[4],
): Promise<{ joined: Joined; used: string | null }> {
  const { unit, room } = intake;
  const suite = await room.suite();
  for (const welcome of welcomes.map((bytes) => decodeWelcome(fromBase64url(bytes)))) {
    for (const found of welcomeRefs(welcome)) {
      const stored = await unit.get<StoredKeyPackage>(packageName(found));
      if (stored === undefined) continue;
      const own = {
        publicPackage: decodePackage(fromBase64url(stored.publicPackage)),
        privatePackage: {
          initPrivateKey: fromBase64url(stored.init),
          hpkePrivateKey: fromBase64url(stored.hpke),
          signaturePrivateKey: suite.handle,
        },
      };
      const joined = await joinByWelcome(suite, welcome, own, fromBase64url(found), terms);
      return { joined, used: stored.lastResort ? null : found };
    }
  }
  throw new RuleBroken("bad_welcome");
}

/** By a link: who let this account in has the link's welcome key, and its maker is there, with the key that the link names (P10.2). */
async function checkLetIn(
  { room, unit }: Intake,
  asked: OwnJoin,
  { proofs, leaves, state }: Joined,
  { groupId, epoch }: { groupId: Uint8Array; epoch: number },
): Promise<void> {
  const { userId } = room.self;
  const proof = await welcomeProof(fromBase64url(asked.welcomeKey), groupId, epoch, userId);
  const shown = proofs.get(userId);
  const away = roomStateOf(state)?.policy.away ?? [];
  const there = leaves.some((leaf) => leaf.userId === asked.inviter) || away.includes(asked.inviter);
  const person = await room.person(unit, asked.inviter);
  const known = person?.keyHash === asked.inviterHash || person?.previous.includes(asked.inviterHash) === true;
  if (shown === undefined || !equalBytes(shown, proof) || !there || !known) throw new RuleBroken("bad_welcome");
}

async function checkJoined(intake: Intake, row: WireRow, { anchor, committer, leaves, state }: Joined): Promise<void> {
  const { record, unit, room } = intake;
  if (committer.deviceId !== row.sender_device_id || committer.userId !== row.sender_id) {
    throw new RuleBroken("sender_mismatch");
  }
  if (!leaves.some(({ deviceId }) => deviceId === room.device.deviceId)) throw new RuleBroken("bad_welcome");
  // A session holds devices of exactly its two accounts (P4.1): both, not one.
  const accounts = new Set(leaves.map(({ userId }) => userId));
  const both = record.room !== null || accounts.size === intake.accounts.length;
  if (!both) throw new RuleBroken("bad_welcome");
  const joined = roomStateOf(state);
  if (joined !== null) judgeJoined(joined, leaves);
  // Nobody has set anything yet.
  const first = row.generation === 0 && row.epoch === 0;
  if (first && timerIn(sharedStateOf(state)) !== 0) throw new RuleBroken("bad_welcome");
  const chain = anchor.seq < row.seq ? await chainAt(unit, record, anchor.seq) : undefined;
  if (chain === undefined || !equalBytes(chain, anchor.chain)) throw new RuleBroken("anchor_mismatch");
}
