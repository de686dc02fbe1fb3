import { Navigate, Outlet, useLocation, type RouteObject } from "react-router";
import { TimelineSkeleton } from "../components/Skeletons";
import { AccountPage } from "../features/auth/AccountPage";
import { RecoverPage } from "../features/auth/RecoverPage";
import { RegisterPage } from "../features/auth/RegisterPage";
import { SignInPage } from "../features/auth/SignInPage";
import { PeoplePage } from "../features/connections/PeoplePage";
import { ConversationPage } from "../features/conversations/ConversationPage";
import { KeysPage } from "../features/keys/KeysPage";
import { QuantumPage } from "../features/quantum/QuantumPage";
import { JoinPage } from "../features/rooms/JoinPage";
import { isJoinPath } from "../lib/invitation";
import { paths } from "../lib/paths";
import { Appearance } from "./Appearance";
import { useAppSelector } from "./hooks";
import { BrokenPage, ElsewherePage, InsecurePage, NoConversation } from "./pages";
import { Shell } from "./Shell";

/** What goes before any address: a browser that may not keep keys, a store still being opened, another tab. */
function Gate() {
  const account = useAppSelector((state) => state.auth.account);
  if (!window.isSecureContext) return <InsecurePage />;
  if (account.phase === "starting") return <TimelineSkeleton label="Opening your messages" />;
  if (account.phase === "elsewhere") return <ElsewherePage username={account.username} />;
  return <Outlet />;
}

function SignedIn() {
  const signedIn = useAppSelector((state) => state.auth.account.phase === "signed_in");
  const { pathname, search } = useLocation();
  if (signedIn) return <Shell />;
  const next =
    pathname.startsWith("/c/") || isJoinPath(pathname) ? `?next=${encodeURIComponent(pathname + search)}` : "";
  return <Navigate to={paths.signIn + next} replace />;
}

export const routes: RouteObject[] = [
  {
    element: <Gate />,
    errorElement: <BrokenPage />,
    children: [
      { path: paths.signIn, element: <SignInPage /> },
      { path: paths.register, element: <RegisterPage /> },
      { path: paths.recover, element: <RecoverPage /> },
      {
        element: <SignedIn />,
        children: [
          { index: true, element: <NoConversation /> },
          { path: "people", element: <PeoplePage /> },
          { path: "account", element: <AccountPage appearance={<Appearance />} /> },
          { path: "keys", element: <KeysPage /> },
          { path: "join/:code", element: <JoinPage /> },
          { path: "chatrooms/join/:code", element: <JoinPage /> },
          { path: "quantum", element: <QuantumPage /> },
          // The details stand beside the conversation (Shell), which stays as it is.
          { path: "c/:conversationId", element: <ConversationPage />, children: [{ path: "details", element: null }] },
          { path: "*", element: <Navigate to={paths.home} replace /> },
        ],
      },
    ],
  },
];
