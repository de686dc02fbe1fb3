import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";
import { App } from "./app/App";
import { routes } from "./app/router";
import { makeStore } from "./app/store";
import { takeFragment } from "./lib/invitation";
import { createMessenger } from "./realtime/engine";

// Before anything else can read or keep the address.
takeFragment(location, history);

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

const store = makeStore();
const messenger = createMessenger(store.dispatch);
// Elsewhere the page says why it cannot start.
if (window.isSecureContext) messenger.start().catch(() => undefined); // what went wrong is shown

createRoot(root).render(
  <StrictMode>
    <App store={store} messenger={messenger} router={createBrowserRouter(routes)} />
  </StrictMode>,
);
