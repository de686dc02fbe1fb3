/** How a conversation is shown: its state, what is wrong with it, and why nothing goes out at the moment. */

import { linkWorks, membersOf, roleName, roleOf } from "../mls/roles";
import { decodeProfile, newPolicy } from "../mls/roomState";
import { distrusted, isActive, type PersonRecord, problem } from "../store/person";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { Conversation, ConversationState, Editing, SendingBlocked, ShownRoom } from "../types";
import type { Id } from "../wire";
import { waitingCommit } from "./pending";
import { pinnedMessages } from "./pins";
import { type ConversationRecord, draftName, editingName, othersOf, roomState, timerOf } from "./record";
import { isHealing } from "./requests";
import { Showing } from "./shown";

export async function view(room: Room, from: UnitOfWork | Store, record: ConversationRecord): Promise<Conversation> {
  const peer = record.peerId === null ? undefined : await room.person(from, record.peerId);
  const showing = await Showing.of(room, from, record);
  const waiting = closedByServer(record) ? [problem("closed_by_server", null, record.verifiedSeq)] : [];
  return {
    id: record.id,
    peer: record.peerId === null ? null : { userId: record.peerId, username: peer?.username ?? "" },
    room: shownRoom(room, record),
    state: stateOf(record),
    createdAt: record.createdAt,
    generation: record.generation,
    epoch: record.epoch,
    verifiedSeq: record.verifiedSeq,
    loggedSeq: Math.max(record.verifiedSeq, ...Object.keys(record.expected).map(Number)),
    readSeq: record.readSeq,
    unread: record.unread.length,
    mentioned: record.mentioned.length,
    draft: (await from.get<string>(draftName(record.id))) ?? "",
    editing: (await from.get<Editing>(editingName(record.id))) ?? null,
    last: (await showing.all(record.last === null ? [] : [record.last]))[0] ?? null,
    pinned: await pinnedMessages(from, record, showing),
    timer: timerOf(record),
    problems: [...record.problems, ...waiting],
    blocked: await sendingBlocked(room, from, record),
  };
}

function shownRoom({ self }: Room, record: ConversationRecord): ShownRoom | null {
  const part = record.room;
  if (part === null) return null;
  const state = roomState(record);
  const known = new Map(part.people.map(({ userId, username }) => [userId, username]));
  known.set(self.userId, self.username);
  const { name, topic } = state === null ? { name: "", topic: "", ...part.founding } : decodeProfile(state.profile);
  const policy = state?.policy ?? newPolicy(part.creator);
  const member = (userId: Id) => ({
    userId,
    username: known.get(userId) ?? "",
    role: roleName(policy, userId),
    away: policy.away.includes(userId),
    devices: record.members.filter((each) => each.userId === userId).length,
  });
  const people = state === null ? [] : [self.userId, ...othersOf(record, self.userId)];
  return {
    name,
    topic,
    role: roleName(policy, self.userId),
    people: people.map(member),
    banned: policy.banned.map((userId) => ({ userId, username: known.get(userId) ?? "" })),
    settings: policy.settings,
    links: policy.invitations.map(({ id, inviter, expiry, allowed, used }) => {
      const works = linkWorks(policy, { inviter }, membersOf(policy, record.members));
      return { id, inviter, expiry, allowed, used, works };
    }),
    joining: part.joining,
    agreed: part.agreed,
  };
}

/** Ended without a member's message, although there was a group to say it in (P6.8). */
function closedByServer(record: ConversationRecord): boolean {
  const ended = record.serverState === "terminated" && record.terminatedBy === null;
  return ended && record.epoch > 0 && record.verifiedSeq >= record.serverSeq;
}

export function stateOf(record: ConversationRecord): ConversationState {
  if (record.status === "erased" || record.serverState === "terminated") return "terminated";
  if (record.status === "member") return "active";
  if (record.status !== "none") return record.status;
  if (record.serverState === "waiting_for_devices") return "waiting_for_devices";
  const behind = record.verifiedSeq < record.serverSeq || record.epoch === 0;
  return behind ? "establishing" : "elsewhere";
}

/** Why nothing may be encrypted now, in the order in which it matters; null: go ahead. */
export async function sendingBlocked(
  room: Room,
  from: UnitOfWork | Store,
  record: ConversationRecord,
): Promise<SendingBlocked | null> {
  const status = statusBlocked(record);
  if (status !== null && status.reason !== "no_group") return status;
  const people = new Map<Id, PersonRecord | undefined>();
  for (const userId of [...othersOf(record, room.self.userId), room.self.userId]) {
    const person = await room.person(from, userId);
    people.set(userId, person);
    const reason = distrusted(person);
    if (reason !== null) return { reason, userId };
  }
  if (status !== null) return status;
  if (!room.caughtUp.has(record.id)) return { reason: "not_caught_up" };
  if ((await waitingCommit(from, record.id)) !== null) return { reason: "commit_pending" };
  const left = record.room?.left ?? [];
  const revoked = record.members.filter(
    ({ userId, deviceId }) => left.includes(userId) || !isActive(people.get(userId), deviceId),
  );
  if (revoked.length > 0) return { reason: "device_revoked", deviceIds: revoked.map(({ deviceId }) => deviceId) };
  const alone = record.peerId !== null && !record.members.some(({ userId }) => userId === record.peerId);
  const state = roomState(record);
  if (state !== null && roleOf(state.policy, room.self.userId) < state.policy.settings.post)
    return { reason: "read_only" };
  return alone || (await isHealing(room, from, record)) ? { reason: "device_asks" } : null;
}

function statusBlocked(record: ConversationRecord): SendingBlocked | null {
  switch (stateOf(record)) {
    case "terminated":
      return { reason: "terminated" };
    case "refused":
      return { reason: "generation_refused" };
    case "lost":
    case "removed":
      return { reason: record.lost?.reason === "old_copy" ? "old_copy" : "lost" };
    case "active":
      return null;
    case "left":
      return { reason: "left" };
    case "waiting_for_devices":
    case "establishing":
    case "elsewhere":
      return { reason: "no_group" };
  }
}
