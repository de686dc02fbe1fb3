import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { Id, Room } from "../../realtime/state";

export interface RoomsSlice {
  /** Null: not loaded yet. */
  all: Record<Id, Room> | null;
}

const initialState: RoomsSlice = { all: null };

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
