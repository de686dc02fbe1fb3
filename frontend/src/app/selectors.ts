import { createSelector } from "@reduxjs/toolkit";
import type { Conversation, Id, Person, Room, Self } from "../realtime/state";
import type { RootState } from "./store";

export const selectSelf = (state: RootState): Self | null =>
  state.auth.account.phase === "signed_in" ? state.auth.account.self : null;

/** What this browser waits for before it can join the account; null: it is one of its devices. */
export const selectWaitsFor = (state: RootState): Self["waitsFor"] => selectSelf(state)?.waitsFor ?? null;

/** Why this browser could not join the account: it does not pass by itself. */
export const selectJoinRefused = (state: RootState): Self["refused"] => selectSelf(state)?.refused ?? null;

export const selectConversation = (state: RootState, id: Id): Conversation | undefined => state.conversations.all?.[id];

/** Newest activity first; null while loading. */
export const selectConversationList = createSelector([(state: RootState) => state.conversations.all], (all) =>
  all === null
    ? null
    : Object.values(all).sort((a, b) => b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? 1 : -1)),
);

export const selectRoom = (state: RootState, id: Id): Room | undefined => state.rooms.all?.[id];

export type Talked = { kind: "session"; it: Conversation } | { kind: "room"; it: Room };

export const nameOf = (talked: Talked) => (talked.kind === "room" ? talked.it.name : talked.it.peer.username);

/** Sessions and rooms in one list, newest activity first; null while loading. */
export const selectTalkList = createSelector(
  [(state: RootState) => state.conversations.all, (state: RootState) => state.rooms.all],
  (sessions, rooms): Talked[] | null => {
    if (sessions === null || rooms === null) return null;
    const all: Talked[] = [
      ...Object.values(sessions).map((it) => ({ kind: "session" as const, it })),
      ...Object.values(rooms).map((it) => ({ kind: "room" as const, it })),
    ];
    return all.sort((a, b) => b.it.lastActivityAt - a.it.lastActivityAt || (a.it.id < b.it.id ? 1 : -1));
  },
);

export const selectUnread = createSelector([selectTalkList], (all) =>
  (all ?? []).reduce((sum, { it }) => sum + it.unread, 0),
);

export const selectPerson = (state: RootState, id: Id): Person | undefined => state.connections.people?.[id];

/** Null while this browser is offline itself: then nobody knows. */
export const selectOnline = (state: RootState, id: Id): boolean | null =>
  state.line.line.status === "online" ? (state.connections.people?.[id]?.online ?? false) : null;

/** Connected people by name; null while loading. */
export const selectPeople = createSelector([(state: RootState) => state.connections.people], (people) =>
  people === null ? null : Object.values(people).sort((a, b) => a.username.localeCompare(b.username)),
);

/** Newest first; null while loading. */
export const selectRequests = createSelector([(state: RootState) => state.connections.requests], (requests) =>
  requests === null ? null : Object.values(requests).sort((a, b) => b.createdAt - a.createdAt),
);

/** The conversation in which one writes to a person now: the newest that has not been closed. */
export const selectConversationWith = (state: RootState, personId: Id): Conversation | undefined =>
  selectConversationList(state)?.find((it) => it.peer.id === personId && it.stage.kind !== "closed");

/** What the shield beside a name says: the worst that is known. */
export type ShieldState = "none" | "verified" | "changed" | "misbehaved";

export function shieldOf(person: Person | undefined, conversation: Conversation | undefined): ShieldState {
  if (conversation !== undefined && conversation.findings.length > 0) return "misbehaved";
  if (person?.trust === "key_changed" || person?.trust === "keys_differ") return "changed";
  return person?.trust === "verified" ? "verified" : "none";
}
