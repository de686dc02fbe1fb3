/** What a member wants to change of a room or a session, as the commit that does it (PROTOCOL.md 10.1): judged here as everybody will. */

import { type ConversationRecord, loadConversation, roomState, timerOf } from "../conversation/record";
import { stateOf } from "../conversation/view";
import { CryptoFailure } from "../failures";
import { checkRoomCommit, membersOf, NotAllowed } from "../mls/roles";
import { type Admission, decodeProfile, encodeProfile, type Policy, type RoomState } from "../mls/roomState";
import type { DeviceRef } from "../mls/suite";
import { fromBase64url } from "../primitives/encoding";
import { activeDevices } from "../store/person";
import type { CommitPlan, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitStep, RoomAct } from "../types";
import type { Id } from "../wire";
import { admitting } from "./admission";
import { linkInState } from "./links";
import { checkMayCommit, needKeys, packagesOf, plan } from "./plan";

interface Draft {
  adds: CommitPlan["adds"];
  removed: DeviceRef[];
  after: RoomState;
  admissions?: Admission[];
  admitted?: Map<Id, Id>;
}

/** `not_allowed` when one's role in the present epoch does not suffice; after a lost race it is asked again (P10.1). */
export async function beginRoomAct(room: Room, unit: UnitOfWork, id: Id, act: RoomAct): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  if (record.room === null) return sessionAct(room, unit, record, act);
  const before = roomState(record);
  if (before === null || stateOf(record) !== "active") throw new CryptoFailure("not_active");
  const draft = await drafted(room, unit, record, before, act);
  if ("step" in draft) return draft;
  const { adds, removed, after, admissions = [] } = draft;
  const gone = new Set(removed.map(({ deviceId }) => deviceId));
  judge(before.policy, room.self.userId, record, draft, after.profile !== before.profile);
  const members = [...record.members.filter(({ deviceId }) => !gone.has(deviceId)), ...adds];
  return plan(room, unit, record, {
    purpose: "rotate",
    adds,
    removed,
    members,
    state: { after, evidence: [], admissions },
  });
}

/** Either person may set the time, and nothing else is there to change. One that is set already needs new keys only. */
function sessionAct(room: Room, unit: UnitOfWork, record: ConversationRecord, act: RoomAct): Promise<CommitStep> {
  if (act.act !== "timer" || stateOf(record) !== "active") throw new CryptoFailure("not_active");
  const after = { timer: act.seconds };
  const state = act.seconds === timerOf(record) ? null : { after, evidence: [], admissions: [] };
  return plan(room, unit, record, { purpose: "rotate", adds: [], removed: [], members: record.members, state });
}

function judge(
  before: Policy,
  actor: Id,
  { members, room: part }: ConversationRecord,
  { adds, removed, after, admitted = new Map() }: Draft,
  changesProfile: boolean,
): void {
  try {
    const left = new Set(part?.left ?? []);
    const commit = { actor, leaves: members, added: adds, removed, excused: new Set<Id>(), left };
    checkRoomCommit(before, { ...commit, after: after.policy, changesProfile, admitted, timeMs: Date.now() });
  } catch (error) {
    throw error instanceof NotAllowed ? new CryptoFailure("not_allowed", error) : error;
  }
}

async function drafted(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  before: RoomState,
  act: RoomAct,
): Promise<Draft | CommitStep> {
  if (act.act === "invite") return invitation(room, unit, record, before, act);
  if (act.act === "admit") {
    const found = await admitting(room, unit, record, before, act.requests);
    return "step" in found ? found : { ...found, removed: [] };
  }
  if (act.act === "make_link" || act.act === "revoke_link") {
    const made = act.act === "make_link" ? [await linkInState(unit, record, room.self.userId, act.link)] : [];
    return { adds: [], removed: [], after: withLinks(before, act.link, made) };
  }
  const removed = act.act === "remove" ? devicesOf(record, act.userId) : [];
  if (act.act === "profile") {
    const was = decodeProfile(before.profile);
    const profile = encodeProfile({ ...was, name: act.name ?? was.name, topic: act.topic ?? was.topic });
    return { adds: [], removed, after: { ...before, profile } };
  }
  return { adds: [], removed, after: { ...before, policy: policyAfter(before.policy, act) } };
}

/** The room with these links in the place of that one; every link keeps its welcome key. */
function withLinks(before: RoomState, instead: Id, made: Awaited<ReturnType<typeof linkInState>>[]): RoomState {
  const kept = before.policy.invitations.flatMap((invitation, at) => {
    const welcomeKey = before.welcomeKeys[at];
    return welcomeKey === undefined || invitation.id === instead ? [] : [{ invitation, welcomeKey }];
  });
  const links = [...kept, ...made].sort((a, b) => (a.invitation.id < b.invitation.id ? -1 : 1));
  const policy = { ...before.policy, invitations: links.map(({ invitation }) => invitation) };
  return { ...before, policy, welcomeKeys: links.map(({ welcomeKey }) => welcomeKey) };
}

function devicesOf({ members }: ConversationRecord, userId: Id): DeviceRef[] {
  return members.filter((member) => member.userId === userId).map((each) => ({ userId, deviceId: each.deviceId }));
}

type PolicyAct = Exclude<RoomAct, { act: "invite" | "profile" | "admit" | "make_link" | "revoke_link" }>;

function policyAfter(policy: Policy, act: PolicyAct): Policy {
  const without = (ids: readonly Id[], userId: Id) => ids.filter((each) => each !== userId);
  switch (act.act) {
    case "remove":
      return {
        ...policy,
        moderators: without(policy.moderators, act.userId),
        away: without(policy.away, act.userId),
        banned: act.ban ? [...without(policy.banned, act.userId), act.userId].sort() : policy.banned,
      };
    case "lift_ban":
      return { ...policy, banned: without(policy.banned, act.userId) };
    case "role": {
      const others = without(policy.moderators, act.userId);
      return { ...policy, moderators: act.role === "moderator" ? [...others, act.userId].sort() : others };
    }
    case "hand_over":
      return {
        ...policy,
        owner: act.userId,
        moderators: [...without(policy.moderators, act.userId), policy.owner].sort(),
      };
    case "settings":
      return { ...policy, settings: { ...policy.settings, ...act.settings } };
    case "timer":
      return { ...policy, settings: { ...policy.settings, timer: act.seconds } };
  }
}

/** Every device of the person whose key package came along, each certified: a package of anybody else is refused. */
async function invitation(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  before: RoomState,
  { userId, packages }: Extract<RoomAct, { act: "invite" }>,
): Promise<Draft | CommitStep> {
  if (membersOf(before.policy, record.members).has(userId)) throw new CryptoFailure("already_member");
  const person = await room.person(unit, userId);
  const known = person === undefined ? [] : activeDevices(person);
  const certified = known.flatMap(([deviceId, device]) =>
    device === null ? [] : [{ userId, deviceId, publicKey: fromBase64url(device.publicKey) }],
  );
  const served = new Set(packages.items.map(({ device_id }) => device_id));
  if (packages.items.some(({ user_id }) => user_id !== userId)) throw new CryptoFailure("missing_device_package");
  const unknown = [...served].some((deviceId) => !certified.some((device) => device.deviceId === deviceId));
  if (certified.length === 0 || unknown) return needKeys(room, unit, record, [userId]);
  const devices = certified.filter(({ deviceId }) => served.has(deviceId));
  return { adds: packagesOf(room, devices, packages), removed: [], after: before };
}
