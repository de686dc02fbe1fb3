/** The room or session that a later generation continues (PROTOCOL.md 9.3): as it was in the last epoch that its members could follow. */

import { accountsOf } from "../mls/roles";
import { decodeSessionState, sessionOf, type SessionState } from "../mls/sharedState";
import { decodeRoomState, type RoomState } from "../mls/roomState";
import type { DeviceRef } from "../mls/suite";
import { fromBase64url } from "../primitives/encoding";
import type { Id } from "../wire";
import { type ConversationRecord, roomState, timerOf } from "./record";

export interface LastGood {
  state: RoomState;
  devices: DeviceRef[];
  /** Everybody in it who did not say that they go: with a device, or away. */
  people: Set<Id>;
}

/** Null for a session, and for a device that never knew the room. Whoever follows its own commit looks before it. */
export function lastGood(record: ConversationRecord): LastGood | null {
  const { status, lastCommit, members, room } = record;
  if (room === null) return null;
  const own = status === "member" && lastCommit !== null ? lastCommit : null;
  const before = own?.before ?? null;
  const state = before === null ? roomState(record) : decodeRoomState(fromBase64url(before));
  if (state === null) return null;
  const left = new Set(room.left);
  const devices = members.filter(
    ({ userId, deviceId }) => !left.has(userId) && own?.added?.includes(deviceId) !== true,
  );
  const people = new Set([...accountsOf(devices), ...state.policy.away.filter((userId) => !left.has(userId))]);
  return { state, devices, people };
}

/** What a session goes on with. Whoever follows its own commit looks before it. */
export function lastGoodSession(record: ConversationRecord): SessionState | null {
  const { status, lastCommit } = record;
  if (status !== "member" || lastCommit === null) return sessionOf(timerOf(record));
  const before = lastCommit.before ?? null;
  return before === null ? null : sessionOf(decodeSessionState(fromBase64url(before)).timer);
}

/** The room with these devices in its new group; whoever has none of them is away, and whoever is left out no member. */
export function continuing(
  { state, people }: LastGood,
  roster: readonly DeviceRef[],
  leftOut: ReadonlySet<Id>,
): RoomState {
  const present = accountsOf(roster);
  const members = [...people].filter((userId) => !leftOut.has(userId));
  const moderators = state.policy.moderators.filter((userId) => members.includes(userId));
  const away = members.filter((userId) => !present.has(userId)).sort();
  return { ...state, policy: { ...state.policy, moderators, away } };
}
