/**
 * What a commit may do to a room, by the state of the epoch before it (PROTOCOL.md 10.1, 6.4, 6.9).
 *
 * Promises: the verdict depends on nothing but the arguments, which all members share; the server judges by the same rules
 * (`app_service/conversations/roles.py`), and `tests/vectors/rooms.json` holds both to the same verdicts.
 */

import type { RoleName } from "../types";
import type { Id } from "../wire";
import { type Invitation, MAX_MEMBERS, type Policy, type Role, ROLE } from "./roomState";
import type { DeviceRef } from "./suite";

/** What was missing; docs/crypto.md, "Rooms", has the words. */
export type Missing =
  | "invite"
  | "remove"
  | "configure"
  | "roles"
  | "owner"
  | "ban"
  | "banned"
  | "left"
  | "away"
  | "owner_leaves"
  | "link"
  | "expired"
  | "used_up"
  | "approval"
  | "bad_room";

export class NotAllowed extends Error {
  override name = "NotAllowed";

  constructor(readonly missing: Missing) {
    super(missing);
  }
}

export interface RoomCommit {
  actor: Id;
  /** The devices before it. */
  leaves: readonly DeviceRef[];
  added: readonly DeviceRef[];
  removed: readonly DeviceRef[];
  /** Devices with evidence that they are lost or revoked. */
  excused: ReadonlySet<Id>;
  /** Accounts that said themselves that they leave. */
  left: ReadonlySet<Id>;
  after: Policy;
  changesProfile: boolean;
  /** Who comes in by which link. */
  admitted: ReadonlyMap<Id, Id>;
  /** Of its row, by the server, in milliseconds. */
  timeMs: number;
}

export function roleOf(policy: Policy, userId: Id): Role {
  if (userId === policy.owner) return ROLE.owner;
  return policy.moderators.includes(userId) ? ROLE.moderator : ROLE.member;
}

const NAMES = ["member", "moderator", "owner"] as const satisfies readonly RoleName[];

export const roleName = (policy: Policy, userId: Id): RoleName => NAMES[roleOf(policy, userId)];

/** Whether this person may remove or ban that one. */
export function outranks(policy: Policy, actor: Id, other: Id): boolean {
  const role = roleOf(policy, actor);
  return role >= policy.settings.remove && role > roleOf(policy, other);
}

/** Whether this person may delete what that one wrote (PROTOCOL.md 10.3); `policy` null: in a session. */
export function mayDelete(policy: Policy | null, actor: Id, author: Id): boolean {
  if (actor === author) return true;
  if (policy === null) return false;
  const role = roleOf(policy, actor);
  return role >= ROLE.moderator && role > roleOf(policy, author);
}

export function accountsOf(devices: readonly DeviceRef[]): Set<Id> {
  return new Set(devices.map(({ userId }) => userId));
}

/** Everybody in the room, with a device in the group or away. */
export function membersOf(policy: Policy, leaves: readonly DeviceRef[]): Set<Id> {
  return new Set([...accountsOf(leaves), ...policy.away]);
}

/** Throws `NotAllowed`. */
export function checkRoomCommit(before: Policy, commit: RoomCommit): void {
  const gone = new Set(commit.removed.map(({ deviceId }) => deviceId));
  const rest = commit.leaves.filter(({ deviceId }) => !gone.has(deviceId));
  const staying = accountsOf([...rest, ...commit.added]);
  const people = removedPeople(before, commit, staying);
  // Whoever leaves is out with the next commit, so that nobody who joins needs to know.
  if ([...commit.left].some((userId) => staying.has(userId))) throw new NotAllowed("left");
  checkAdded(before, commit);
  checkAdmitted(before, commit);
  checkLinks(before, commit);
  checkAway(before, commit, staying, people);
  checkRoles(before, commit, people);
  checkBans(before, commit);
  checkSettings(before, commit);
  checkRoom(commit.after, staying);
}

/** What is true of every room; `present` are the accounts with a device in the group. */
export function checkRoom(policy: Policy, present: ReadonlySet<Id>): void {
  const members = new Set([...present, ...policy.away]);
  const whole =
    members.has(policy.owner) &&
    !policy.moderators.includes(policy.owner) &&
    policy.moderators.every((userId) => members.has(userId)) &&
    !policy.banned.some((userId) => members.has(userId)) &&
    !policy.away.some((userId) => present.has(userId)) &&
    members.size <= MAX_MEMBERS;
  if (!whole) throw new NotAllowed("bad_room");
}

/** Accounts that are no members any more; those whose devices went by evidence alone stay (`away`). */
function removedPeople(before: Policy, commit: RoomCommit, staying: ReadonlySet<Id>): Set<Id> {
  const { actor, left, excused } = commit;
  const gone = new Set<Id>();
  for (const { userId, deviceId } of commit.removed) {
    if (userId === before.owner && left.has(userId)) throw new NotAllowed("owner_leaves");
    const mayRemove = userId === actor || outranks(before, actor, userId) || left.has(userId);
    if (!mayRemove && !excused.has(deviceId)) throw new NotAllowed("remove");
    if (mayRemove && !staying.has(userId) && (left.has(userId) || !excused.has(deviceId))) gone.add(userId);
  }
  return gone;
}

function checkAdded(before: Policy, { actor, leaves, added, after, admitted }: RoomCommit): void {
  const members = membersOf(before, leaves);
  for (const userId of accountsOf(added)) {
    if (before.banned.includes(userId) || after.banned.includes(userId)) throw new NotAllowed("banned");
    if (members.has(userId) || admitted.has(userId)) continue;
    if (!mayInvite(before, actor)) throw new NotAllowed("invite");
  }
}

export const mayInvite = (policy: Policy, userId: Id) => roleOf(policy, userId) >= policy.settings.invite;

/** Whether this member opens the door to who comes by a link. */
export const mayAdmit = (policy: Policy, userId: Id) => !policy.settings.approval || mayInvite(policy, userId);

/** Whoever made the link is in the room, and may still invite. */
export const linkWorks = (policy: Policy, { inviter }: Pick<Invitation, "inviter">, members: ReadonlySet<Id>) =>
  members.has(inviter) && mayInvite(policy, inviter);

function usesIn(admitted: ReadonlyMap<Id, Id>): Map<Id, number> {
  const uses = new Map<Id, number>();
  for (const link of admitted.values()) uses.set(link, (uses.get(link) ?? 0) + 1);
  return uses;
}

/** Whoever comes by a link comes by one that works, while it lasts; everybody may open the door to them. */
function checkAdmitted(before: Policy, { actor, leaves, added, admitted, timeMs }: RoomCommit): void {
  const members = membersOf(before, leaves);
  const come = accountsOf(added);
  if ([...admitted.keys()].some((userId) => !come.has(userId) || members.has(userId))) throw new NotAllowed("link");
  for (const [id, count] of usesIn(admitted)) {
    const link = before.invitations.find((each) => each.id === id);
    if (link === undefined || !linkWorks(before, link, members)) throw new NotAllowed("link");
    if (timeMs >= link.expiry) throw new NotAllowed("expired");
    if (link.used + count > link.allowed) throw new NotAllowed("used_up");
  }
  if (admitted.size > 0 && !mayAdmit(before, actor)) throw new NotAllowed("approval");
}

/** The links with these uses counted. */
export function counted(policy: Policy, admitted: ReadonlyMap<Id, Id>): Invitation[] {
  const uses = usesIn(admitted);
  return policy.invitations.map((link) => ({ ...link, used: link.used + (uses.get(link.id) ?? 0) }));
}

/** Uses are counted, by nobody but who admits; links are made in one's own name, and never altered. */
function checkLinks(before: Policy, { actor, after, admitted }: RoomCommit): void {
  if (linksText(after.invitations) === linksText(counted(before, admitted))) return;
  if (admitted.size > 0) throw new NotAllowed("link");
  if (!mayInvite(before, actor)) throw new NotAllowed("invite");
  const was = new Map(before.invitations.map((link) => [link.id, linksText([link])]));
  for (const link of after.invitations) {
    const made = !was.has(link.id) && link.inviter === actor && link.used === 0;
    if (!made && was.get(link.id) !== linksText([link])) throw new NotAllowed("link");
  }
  const gone = before.invitations.filter(({ id }) => !after.invitations.some((link) => link.id === id));
  const free = roleOf(before, actor) >= before.settings.remove;
  if (gone.some(({ inviter }) => inviter !== actor && !free)) throw new NotAllowed("remove");
}

const linksText = (links: readonly Invitation[]) =>
  JSON.stringify(
    links.map(({ id, publicKey, inviter, expiry, allowed, used }) => [
      id,
      [...publicKey],
      inviter,
      expiry,
      allowed,
      used,
    ]),
  );

/** Members come back, lose their last device, or are put out while they are away. */
function checkAway(before: Policy, commit: RoomCommit, staying: ReadonlySet<Id>, gone: ReadonlySet<Id>): void {
  const { actor, left, removed, after } = commit;
  const lost = [...accountsOf(removed)].filter((userId) => !staying.has(userId) && !gone.has(userId));
  const expected = [...new Set([...before.away, ...lost])].filter((userId) => !staying.has(userId));
  if (!after.away.every((userId) => expected.includes(userId))) throw new NotAllowed("away");
  for (const userId of expected.filter((each) => !after.away.includes(each))) {
    if (lost.includes(userId)) throw new NotAllowed("away");
    if (!outranks(before, actor, userId) && !left.has(userId)) throw new NotAllowed("remove");
  }
}

/** Only the owner gives and takes roles; who goes loses theirs, and everybody may step down. */
function checkRoles(before: Policy, { actor, after }: RoomCommit, gone: ReadonlySet<Id>): void {
  if (actor === before.owner) return;
  if (before.owner !== after.owner) throw new NotAllowed("owner");
  const putOut = (userId: Id) => before.away.includes(userId) && !after.away.includes(userId);
  const free = (userId: Id) => userId === actor || gone.has(userId) || putOut(userId);
  const taken = before.moderators.some((userId) => !after.moderators.includes(userId) && !free(userId));
  const given = after.moderators.some((userId) => !before.moderators.includes(userId));
  if (taken || given) throw new NotAllowed("roles");
}

function checkBans(before: Policy, { actor, after }: RoomCommit): void {
  const lifted = before.banned.some((userId) => !after.banned.includes(userId));
  if (lifted && roleOf(before, actor) < before.settings.remove) throw new NotAllowed("ban");
  const banned = after.banned.filter((userId) => !before.banned.includes(userId));
  if (banned.some((userId) => !outranks(before, actor, userId))) throw new NotAllowed("ban");
}

function checkSettings(before: Policy, { actor, after, changesProfile }: RoomCommit): void {
  const role = roleOf(before, actor);
  const other = JSON.stringify(ordered(before)) !== JSON.stringify(ordered(after));
  if ((other || changesProfile) && role < before.settings.configure) throw new NotAllowed("configure");
}

function ordered({ settings: { invite, remove, configure, post, approval, timer } }: Policy): unknown[] {
  return [invite, remove, configure, post, approval, timer];
}
