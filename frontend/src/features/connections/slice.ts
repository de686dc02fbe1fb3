import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { Id, Person, Request } from "../../realtime/state";

export interface ConnectionsSlice {
  /** Null: not loaded yet. */
  people: Record<Id, Person> | null;
  requests: Record<Id, Request> | null;
  /** Presence of those who are not connected, seen while searching. */
  online: Record<Id, boolean>;
}

const initialState: ConnectionsSlice = { people: null, requests: null, online: {} };

const byId = <T extends { id: Id }>(items: T[]): Record<Id, T> =>
  Object.fromEntries(items.map((item) => [item.id, item]));

function setPresence(state: ConnectionsSlice, id: Id, online: boolean): void {
  state.online[id] = online;
  const person = state.people?.[id];
  if (person !== undefined) person.online = online;
}

export const connectionsSlice = createSlice({
  name: "connections",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => (payload.phase === "signed_in" ? state : initialState))
      .addCase(changes.people, (state, { payload }) => {
        state.people = byId(payload);
      })
      .addCase(changes.person, (state, { payload }) => {
        state.people = { ...state.people, [payload.id]: payload };
      })
      .addCase(changes.presence, (state, { payload }) => {
        if ("id" in payload) {
          setPresence(state, payload.id, payload.online);
          return;
        }
        const online = new Set(payload.online);
        state.online = Object.fromEntries(payload.online.map((id) => [id, true]));
        for (const person of Object.values(state.people ?? {})) person.online = online.has(person.id);
      })
      .addCase(changes.requests, (state, { payload }) => {
        state.requests = byId(payload);
      })
      .addCase(changes.request, (state, { payload }) => {
        state.requests = { ...state.requests, [payload.id]: payload };
      })
      .addCase(changes.requestGone, (state, { payload }) => {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- ids are keys here
        if (state.requests !== null) delete state.requests[payload.id];
      });
  },
});
