/** What a commit makes of a room: whether it may (PROTOCOL.md 10.1), and what stands in the timeline of it. */

import type { Intake } from "../conversation/intake";
import { checkAdmission, knowsKey } from "../conversation/joining";
import { chainAt, type ConversationRecord, systemEntry } from "../conversation/record";
import { RuleBroken } from "../failures";
import { type ClientState, sharedStateOf, type OpenedCommit, roomStateOf } from "../mls/group";
import { roomIn } from "../mls/sharedState";
import { encodePackage } from "../mls/keyPackages";
import type { CommitDetails } from "../mls/message";
import { CertificateMissing } from "../mls/policy";
import { accountsOf, checkRoom, checkRoomCommit, membersOf, NotAllowed, roleOf } from "../mls/roles";
import {
  type Admission,
  decodeProfile,
  encodeRoomState,
  type Evidence,
  keepsWelcomeKeys,
  type Policy,
  type RoomState,
  ROLE,
  saysWhatChanges,
} from "../mls/roomState";
import { type Leaf, leafOf } from "../mls/roster";
import type { DeviceRef } from "../mls/suite";
import { equalBytes, sha256 } from "../primitives/bytes";
import { LABEL, MalformedEncoding, timeToMs, toBase64url } from "../primitives/encoding";
import { BadSignature, verifyHybrid } from "../primitives/hybrid";
import { decodeLostState } from "../statements/lostState";
import { isActive } from "../store/person";
import { judgeSession } from "./sessionRows";
import type { SystemEntry } from "../types";
import type { Id, WireRow } from "../wire";

/** The room's state behind an opened commit; null in a session. Throws the rule that it breaks, of either. */
export async function judgeRoom(
  intake: Intake,
  row: WireRow,
  group: ClientState,
  opened: OpenedCommit,
  details: Pick<CommitDetails, "room" | "session">,
  changes: { added: DeviceRef[]; removed: DeviceRef[]; before: readonly Leaf[] },
): Promise<RoomState | null> {
  const before = roomStateOf(group);
  if (before === null) {
    judgeSession(sharedStateOf(group), opened.contents.state, details);
    return null;
  }
  const { room: said, session } = details;
  const after = roomIn(opened.contents.state) ?? before;
  if (session !== null || !(await saysWhatChanges(said, before, after)))
    throw new RuleBroken("commit_details_mismatch");
  if (!keepsWelcomeKeys(before, after)) throw new RuleBroken("bad_room_state");
  const excused = await excusedBy(intake, row, said?.evidence ?? [], changes.before);
  const commit = {
    actor: opened.committer.userId,
    leaves: changes.before,
    added: changes.added,
    removed: changes.removed,
    excused,
    left: new Set(intake.record.room?.left ?? []),
    after: after.policy,
    changesProfile: !equalBytes(before.profile, after.profile),
    admitted: await admittedBy(intake, before.policy, said?.admissions ?? [], opened),
    timeMs: timeToMs(row.timestamp),
  };
  allowed(() => checkRoomCommit(before.policy, commit));
  return after;
}

function allowed(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof NotAllowed)) throw error;
    throw new RuleBroken(error.missing === "bad_room" ? "bad_room_state" : "role_missing", error);
  }
}

/**
 * Who comes in by which link: each in words that they signed with its key, for this group, this account key and the very key
 * package that is added (P10.2).
 */
async function admittedBy(
  { room, unit, record }: Intake,
  policy: Policy,
  admissions: readonly Admission[],
  { contents }: OpenedCommit,
): Promise<Map<Id, Id>> {
  const admitted = new Map<Id, Id>();
  const unknown: Id[] = [];
  for (const admission of admissions) {
    const asks = await checkAdmission(room, record, policy, admission);
    const hashes = await Promise.all(
      contents.adds
        .filter(({ leafNode }) => leafOf(leafNode, -1).userId === asks.userId)
        .map((keyPackage) => sha256(encodePackage(keyPackage))),
    );
    const fits = hashes.length === 1 && hashes.every((hash) => equalBytes(hash, asks.packageHash));
    if (!fits || admitted.has(asks.userId)) throw new RuleBroken("forged_join");
    if (!(await knowsKey(room, unit, asks))) unknown.push(asks.userId);
    admitted.set(asks.userId, asks.link);
  }
  // Another key of theirs may be a lie of the server to this browser alone: the row waits, as for a missing one (P6.9).
  if (unknown.length > 0) throw new CertificateMissing(unknown);
  return admitted;
}

/** A welcome's room: whole, and with a place for this account. */
export function judgeJoined(state: RoomState, leaves: readonly DeviceRef[]): void {
  allowed(() => checkRoom(state.policy, accountsOf(leaves)));
}

/** The devices whose evidence holds: their own signed requests in this group, or their accounts' lists that revoke them. */
async function excusedBy(
  intake: Intake,
  row: WireRow,
  evidence: readonly Evidence[],
  leaves: readonly Leaf[],
): Promise<Set<Id>> {
  const excused = new Set<Id>();
  for (const each of evidence) {
    const leaf = leaves.find(({ deviceId }) => deviceId === each.deviceId);
    if (leaf === undefined) throw new RuleBroken("bad_room_state");
    if (each.statement.length === 0) await checkRevoked(intake, leaf);
    else await checkLost(intake.record, intake, row, leaf, each);
    excused.add(each.deviceId);
  }
  return excused;
}

/** Revoked stays revoked: whoever does not know it yet asks, and the row waits (P6.9). */
async function checkRevoked(intake: Intake, { userId, deviceId }: DeviceRef): Promise<void> {
  if (isActive(await intake.room.person(intake.unit, userId), deviceId)) throw new CertificateMissing([userId]);
}

async function checkLost(
  record: ConversationRecord,
  intake: Intake,
  row: WireRow,
  leaf: Leaf,
  { statement, signature }: Evidence,
): Promise<void> {
  try {
    await verifyHybrid(leaf.publicKey, LABEL.lostState, statement, signature);
    const lost = decodeLostState(statement);
    const since = record.members.find(({ deviceId }) => deviceId === leaf.deviceId)?.since ?? 0;
    const known = lost.seq < row.seq ? await chainAt(intake.unit, record, lost.seq) : undefined;
    const fits =
      lost.serverName === intake.room.self.serverName &&
      lost.userId === leaf.userId &&
      lost.deviceId === leaf.deviceId &&
      lost.conversation === record.id &&
      lost.generation === record.generation &&
      lost.seq >= since &&
      known !== undefined &&
      equalBytes(known, lost.chain);
    if (!fits) throw new RuleBroken("forged_request");
  } catch (error) {
    if (error instanceof BadSignature || error instanceof MalformedEncoding)
      throw new RuleBroken("forged_request", error);
    throw error;
  }
}

/** Keeps the state of the epoch that begins, and that nobody is on the way out. */
export function keepRoom(record: ConversationRecord, state: RoomState | null): void {
  if (record.room === null || state === null) return;
  record.room.state = toBase64url(encodeRoomState(state));
  record.room.left = [];
  record.room.putOutBy = null;
}

export type RoomEvent = Pick<SystemEntry, "event" | "people"> & { text?: string };

/** What people see of the change between two states; devices have entries of their own, and so has who left. */
export function roomEvents(
  before: { state: RoomState; leaves: readonly DeviceRef[] },
  after: { state: RoomState; leaves: readonly DeviceRef[] },
  left: ReadonlySet<Id>,
): RoomEvent[] {
  const [was, is] = [before.state.policy, after.state.policy];
  const members = { was: membersOf(was, before.leaves), is: membersOf(is, after.leaves) };
  const come = [...members.is].filter((userId) => !members.was.has(userId));
  const uses = (policy: Policy) => policy.invitations.reduce((sum, { used }) => sum + used, 0);
  const byLink = come.length > 0 && uses(is) - uses(was) >= come.length;
  const gone = [...members.was].filter((userId) => !members.is.has(userId) && !left.has(userId));
  const both = [...members.is].filter((userId) => members.was.has(userId));
  const handed = was.owner === is.owner ? [] : [is.owner];
  const role = (userId: Id) => [roleOf(was, userId), roleOf(is, userId)] as const;
  const raised = both.filter((userId) => role(userId)[0] === ROLE.member && role(userId)[1] === ROLE.moderator);
  const lowered = both.filter((userId) => role(userId)[0] === ROLE.moderator && role(userId)[1] === ROLE.member);
  const events: RoomEvent[] = [
    { event: byLink ? "person_came" : "person_added", people: come },
    { event: "person_removed", people: gone },
    { event: "person_banned", people: is.banned.filter((userId) => !was.banned.includes(userId)) },
    { event: "ban_lifted", people: was.banned.filter((userId) => !is.banned.includes(userId)) },
    { event: "owner_changed", people: handed },
    { event: "moderator_made", people: raised },
    { event: "moderator_dropped", people: lowered },
  ];
  return [...events.filter(({ people }) => people.length > 0), ...otherEvents(before.state, after.state)];
}

function otherEvents(before: RoomState, after: RoomState): RoomEvent[] {
  const events: RoomEvent[] = [];
  const [was, is] = [decodeProfile(before.profile), decodeProfile(after.profile)];
  if (was.name !== is.name) events.push({ event: "renamed", people: [], text: is.name });
  if (was.topic !== is.topic) events.push({ event: "topic_changed", people: [], text: is.topic });
  const settings = ({ policy }: RoomState) => JSON.stringify({ ...policy.settings, timer: 0 });
  const [timerWas, timer] = [before.policy.settings.timer, after.policy.settings.timer];
  if (timerWas !== timer) events.push({ event: "timer_changed", people: [], text: String(timer) });
  if (settings(before) !== settings(after)) events.push({ event: "settings_changed", people: [] });
  const links = ({ policy }: RoomState) => new Set(policy.invitations.map(({ id }) => id));
  const [had, has] = [links(before), links(after)];
  if ([...has].some((id) => !had.has(id))) events.push({ event: "link_made", people: [] });
  if ([...had].some((id) => !has.has(id))) events.push({ event: "link_revoked", people: [] });
  return events;
}

export function addRoomEvents(intake: Intake, row: WireRow, events: readonly RoomEvent[]): void {
  const at = { seq: row.seq, time: row.timestamp };
  for (const { event, people, text } of events) {
    intake.add(systemEntry(intake.record, at, event, row.sender_id, { people, text: text ?? null }));
  }
}
