import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../../realtime/changes";
import type { Download, Id, Upload } from "../../../realtime/state";

export interface FilesSlice {
  /** In the order in which they were attached. */
  uploads: Upload[];
  downloads: Record<string, Download>;
}

const initialState: FilesSlice = { uploads: [], downloads: {} };

export const filesSlice = createSlice({
  name: "files",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => (payload.phase === "signed_in" ? state : initialState))
      .addCase(changes.upload, (state, { payload }) => {
        const known = state.uploads.findIndex(({ id }: { id: Id }) => id === payload.id);
        if (known === -1) state.uploads.push(payload);
        else state.uploads[known] = payload;
      })
      .addCase(changes.uploadGone, (state, { payload }) => {
        state.uploads = state.uploads.filter(({ id }) => id !== payload.id);
      })
      .addCase(changes.download, (state, { payload }) => {
        state.downloads[payload.ref] = payload;
      })
      .addCase(changes.downloadGone, (state, { payload }) => {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- refs are keys here
        delete state.downloads[payload.ref];
      });
  },
});
