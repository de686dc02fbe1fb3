import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { ConversationDetails, Id } from "../../realtime/state";

const initialState: Record<Id, ConversationDetails> = {};

export const detailsSlice = createSlice({
  name: "details",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => (payload.phase === "signed_in" ? state : initialState))
      .addCase(changes.details, (state, { payload }) => {
        state[payload.conversationId] = payload.details;
      });
  },
});
