import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../realtime/changes";
import type { LineState } from "../realtime/state";

const initialState: { line: LineState; quantum: boolean } = { line: { status: "connecting" }, quantum: true };

export const lineSlice = createSlice({
  name: "line",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.line, (state, { payload }) => {
        state.line = payload;
      })
      .addCase(changes.quantum, (state, { payload }) => {
        state.quantum = payload.available;
      });
  },
});
