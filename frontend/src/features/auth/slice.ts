import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { AccountState, Finding, OwnDevice, Privacy, SignIn } from "../../realtime/state";

export interface AccountSlice {
  account: AccountState;
  /** Null: not loaded yet. */
  devices: OwnDevice[] | null;
  signIns: SignIn[] | null;
  /** What the server did wrong that belongs to no conversation. */
  findings: Finding[];
  /** Null: not loaded yet. */
  privacy: Privacy | null;
}

const initialState: AccountSlice = {
  account: { phase: "starting" },
  devices: null,
  signIns: null,
  findings: [],
  privacy: null,
};

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
      .addCase(changes.signIns, (state, { payload }) => {
        state.signIns = payload;
      })
      .addCase(changes.accountFindings, (state, { payload }) => {
        state.findings = payload;
      })
      .addCase(changes.privacy, (state, { payload }) => {
        state.privacy = payload;
      });
  },
});
