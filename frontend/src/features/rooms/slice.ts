import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { Id, Join, Room } from "../../realtime/state";

export interface RoomsSlice {
  /** Null: not loaded yet. */
  all: Record<Id, Room> | null;
  /** Rooms that this account asked to come into, and is not in. */
  joins: Record<Id, Join>;
}

const initialState: RoomsSlice = { all: null, joins: {} };

/** Their timelines stand beside those of sessions (`features/conversations`). */
export const roomsSlice = createSlice({
  name: "rooms",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => (payload.phase === "signed_in" ? state : initialState))
      .addCase(changes.rooms, (state, { payload }) => {
        state.all = Object.fromEntries(payload.map((room) => [room.id, room]));
      })
      .addCase(changes.room, (state, { payload }) => {
        state.all = { ...state.all, [payload.id]: payload };
      })
      .addCase(changes.joins, (state, { payload }) => {
        state.joins = Object.fromEntries(payload.map((join) => [join.roomId, join]));
      })
      .addCase(changes.join, (state, { payload }) => {
        const others = Object.values(state.joins).filter(({ roomId }) => roomId !== payload.roomId);
        const joins = payload.state === "over" ? others : [...others, payload];
        state.joins = Object.fromEntries(joins.map((join) => [join.roomId, join]));
      })
      .addCase(changes.draft, (state, { payload: { conversationId, draft } }) => {
        const room = state.all?.[conversationId];
        if (room !== undefined) room.draft = draft;
      })
      .addCase(changes.editing, (state, { payload: { conversationId, editing } }) => {
        const room = state.all?.[conversationId];
        if (room !== undefined) room.editing = editing;
      });
  },
});
