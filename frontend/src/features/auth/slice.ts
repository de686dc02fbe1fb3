import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { AccountState, Finding, OwnDevice } from "../../realtime/state";

export interface AccountSlice {
  account: AccountState;
  /** Null: not loaded yet. */
  devices: OwnDevice[] | null;
  /** What the server did wrong that belongs to no conversation. */
  findings: Finding[];
}

const initialState: AccountSlice = { account: { phase: "starting" }, devices: null, findings: [] };

export const authSlice = createSlice({
  name: "auth",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => {
        if (payload.phase !== "signed_in") return { ...initialState, account: payload };
        state.account = payload;
      })
      .addCase(changes.ownDevices, (state, { payload }) => {
        state.devices = payload;
      })
      .addCase(changes.accountFindings, (state, { payload }) => {
        state.findings = payload;
      });
  },
});
