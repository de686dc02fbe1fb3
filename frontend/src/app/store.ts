import { configureStore } from "@reduxjs/toolkit";
import { authSlice } from "../features/auth/slice";
import { connectionsSlice } from "../features/connections/slice";
import { filesSlice } from "../features/conversations/files/slice";
import { conversationsSlice } from "../features/conversations/slice";
import { roomsSlice } from "../features/rooms/slice";
import { detailsSlice } from "../features/verification/slice";
import { lineSlice } from "./lineSlice";

/** What the engine publishes becomes state here, and nowhere else. */
export function makeStore() {
  return configureStore({
    reducer: {
      auth: authSlice.reducer,
      line: lineSlice.reducer,
      connections: connectionsSlice.reducer,
      conversations: conversationsSlice.reducer,
      rooms: roomsSlice.reducer,
      details: detailsSlice.reducer,
      files: filesSlice.reducer,
    },
    // Decrypted messages stay out of the browser's developer extension.
    devTools: false,
  });
}

export type Store = ReturnType<typeof makeStore>;
export type RootState = ReturnType<Store["getState"]>;
