import { styled } from "@mui/material/styles";
import { useCallback, useState } from "react";
import { Outlet, useLocation, useMatch } from "react-router";
import { VisuallyHidden } from "../components/VisuallyHidden";
import { PinnedIn, PinnedInRoom } from "../features/conversations/Pinned";
import { PersonActions } from "../features/connections/PersonActions";
import { Section } from "../components/Pane";
import { RoomPanel } from "../features/rooms/RoomPanel";
import { DetailsPanel } from "../features/verification/DetailsPanel";
import { Findings } from "../features/verification/Findings";
import { possessive } from "../lib/text";
import type { Id, Room } from "../realtime/state";
import { useAppSelector } from "./hooks";
import { KeysHelp } from "./KeysHelp";
import { LineBar } from "./LineBar";
import { QuickSwitcher } from "./QuickSwitcher";
import { selectConversation, selectPerson, selectRoom, selectSelf } from "./selectors";
import { Sidebar } from "./Sidebar";
import { useFocusOnMove } from "./useFocusOnMove";
import { useShortcuts } from "./useShortcuts";

const LIST = 280;
const DETAILS = 320;

/** Three panes, two, or one at a time: `data-shows` says which one a narrow window shows. */
const Grid = styled("div")(({ theme }) => ({
  position: "relative",
  height: "100dvh",
  display: "grid",
  gridTemplateRows: "auto minmax(0, 1fr)",
  gridTemplateColumns: `${LIST}px minmax(0, 1fr) auto`,
  overflow: "hidden",
  background: theme.palette.page,
  "& > [data-pane]": {
    gridRow: 2,
    minWidth: 0,
    minHeight: 0,
    display: "flex",
    flexDirection: "column",
    outline: "none",
  },
  "& header h1, & header h2": { ...theme.typography.h2, margin: 0, flex: 1, minWidth: 0, outline: "none" },
  "& > [data-pane=list]": { gridColumn: 1, borderRight: `1px solid ${theme.palette.line}` },
  "& > [data-pane=main]": { gridColumn: 2, background: theme.palette.surface },
  "& > [data-pane=details]": {
    gridColumn: 3,
    width: DETAILS,
    background: theme.palette.page,
    borderLeft: `1px solid ${theme.palette.line}`,
  },
  [theme.breakpoints.down("md")]: {
    "& > [data-pane=details]": {
      gridColumn: 2,
      justifySelf: "end",
      width: "min(360px, 100%)",
      boxShadow: theme.float,
      zIndex: 2,
    },
  },
  [theme.breakpoints.down("sm")]: {
    gridTemplateColumns: "minmax(0, 1fr)",
    "& > [data-pane]": { gridColumn: "1 !important", display: "none", border: "none !important" },
    "&[data-shows=list] > [data-pane=list], &[data-shows=main] > [data-pane=main], &[data-shows=details] > [data-pane=details]":
      { display: "flex", width: "100%" },
    paddingTop: "env(safe-area-inset-top)",
  },
}));

function Details({ conversationId }: { conversationId: string }) {
  const conversation = useAppSelector((state) => selectConversation(state, conversationId));
  const person = useAppSelector((state) =>
    conversation === undefined ? undefined : selectPerson(state, conversation.peer.id),
  );
  const room = useAppSelector((state) => selectRoom(state, conversationId));
  if (room !== undefined) return <RoomDetails room={room} />;
  if (conversation === undefined) return null;
  return (
    <aside data-pane="details" aria-label={`Details of ${conversation.peer.username}`}>
      <DetailsPanel
        key={conversationId}
        conversation={conversation}
        pinned={<PinnedIn conversation={conversation} />}
        personActions={person === undefined ? null : <PersonActions person={person} />}
      />
    </aside>
  );
}

function RoomDetails({ room }: { room: Room }) {
  const self = useAppSelector(selectSelf);
  const people = useAppSelector((state) => state.connections.people);
  const nameOf = (id: Id) =>
    room.people.find((person) => person.id === id)?.username ?? people?.[id]?.username ?? "somebody";
  const whose = (id: Id) => (id === self?.userId ? "your" : possessive(nameOf(id)));
  const findings =
    room.findings.length === 0 ? null : (
      <Section aria-label="What broke the rules">
        <Findings findings={room.findings} whose={whose} />
      </Section>
    );
  return (
    <aside data-pane="details" aria-label={`Details of ${room.name}`}>
      <RoomPanel
        key={room.id}
        room={room}
        selfId={self?.userId ?? ""}
        findings={findings}
        pinned={<PinnedInRoom room={room} />}
      />
    </aside>
  );
}

/** Everything behind the sign-in. */
export function Shell() {
  const { pathname } = useLocation();
  const details = useMatch("/c/:conversationId/details")?.params.conversationId;
  const [overlay, setOverlay] = useState<"find" | "keys" | null>(null);
  const onFind = useCallback(() => setOverlay((old) => (old === "find" ? null : "find")), []);
  const onKeys = useCallback(() => setOverlay("keys"), []);
  const close = useCallback(() => setOverlay(null), []);
  useShortcuts({ onFind, onKeys });
  useFocusOnMove();

  return (
    <Grid data-shows={details !== undefined ? "details" : pathname === "/" ? "list" : "main"}>
      <LineBar />
      <nav data-pane="list" aria-label="Conversations and people">
        {pathname === "/" && <VisuallyHidden as="h1">Conversations</VisuallyHidden>}
        <Sidebar onFind={onFind} onKeys={onKeys} />
      </nav>
      <main data-pane="main" tabIndex={-1}>
        <Outlet />
      </main>
      {details !== undefined && <Details conversationId={details} />}
      <QuickSwitcher open={overlay === "find"} onClose={close} />
      <KeysHelp open={overlay === "keys"} onClose={close} />
    </Grid>
  );
}
