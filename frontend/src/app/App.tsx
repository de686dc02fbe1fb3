import { Provider } from "react-redux";
import { RouterProvider, type createBrowserRouter } from "react-router";
import type { Messenger } from "../realtime/messenger";
import { MessengerContext } from "./hooks";
import type { Store } from "./store";
import { ThemeRoot } from "./themePreference";

interface Props {
  store: Store;
  messenger: Messenger;
  router: ReturnType<typeof createBrowserRouter>;
}

export function App({ store, messenger, router }: Props) {
  return (
    <Provider store={store}>
      <MessengerContext.Provider value={messenger}>
        <ThemeRoot>
          <RouterProvider router={router} />
        </ThemeRoot>
      </MessengerContext.Provider>
    </Provider>
  );
}
