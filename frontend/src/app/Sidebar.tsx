import { ButtonBase, IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { Link, NavLink } from "react-router";
import { PersonAddIcon, RoomAddIcon, SearchIcon } from "../components/icons";
import { RequestRow } from "../features/connections/RequestRow";
import { PersonList } from "../features/connections/PersonRow";
import { ConversationList } from "../features/conversations/ConversationList";
import { CreateRoom } from "../features/rooms/CreateRoom";
import { paths } from "../lib/paths";
import { plural } from "../lib/text";
import { AccountMenu } from "./AccountMenu";
import { useAppSelector } from "./hooks";
import { modifierKey } from "./pages";
import { selectRequests } from "./selectors";

const Top = styled("div")({
  display: "flex",
  alignItems: "center",
  gap: 4,
  minHeight: 56,
  padding: "6px 12px 6px 8px",
  flex: "none",
});

const Find = styled(ButtonBase)(({ theme }) => ({
  flex: "none",
  display: "flex",
  justifyContent: "flex-start",
  gap: 8,
  margin: "0 12px 8px",
  padding: "0 10px",
  minHeight: 36,
  borderRadius: theme.shape.borderRadius,
  border: `1px solid ${theme.palette.line}`,
  background: theme.palette.surface,
  color: theme.palette.text.secondary,
  fontSize: 14,
  "&:hover": { borderColor: theme.palette.text.secondary },
  "& kbd": { marginLeft: "auto", fontFamily: "inherit", fontSize: 12 },
  [theme.touch]: { minHeight: 44, "& kbd": { display: "none" } },
}));

const Scroll = styled("div")({ flex: 1, minHeight: 0, overflowY: "auto", overscrollBehavior: "contain" });

const Requests = styled("section")(({ theme }) => ({
  margin: "0 12px 8px",
  padding: "10px 12px 4px",
  border: `1px solid ${theme.palette.line}`,
  borderRadius: 10,
  background: theme.palette.surface,
  "& h2": { ...theme.typography.h3, margin: 0 },
  "& > a": { ...theme.typography.body2, display: "inline-block", padding: "4px 0 8px", color: theme.palette.accent },
  [theme.touch]: { "& > a": { padding: "13px 0" } },
}));

/** More wait on the page of people. */
const SHOWN = 2;

function IncomingRequests() {
  const requests = useAppSelector(selectRequests)?.filter((request) => request.direction === "in") ?? [];
  if (requests.length === 0) return null;
  return (
    <Requests aria-labelledby="sidebar-requests">
      <h2 id="sidebar-requests">{requests.length === 1 ? "Asks to connect" : `${requests.length} ask to connect`}</h2>
      <PersonList aria-live="polite">
        {requests.slice(0, SHOWN).map((request) => (
          <RequestRow key={request.id} request={request} narrow />
        ))}
      </PersonList>
      {requests.length > SHOWN && <Link to={paths.people}>{plural(requests.length - SHOWN, "more request")}</Link>}
    </Requests>
  );
}

function NewRoom() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Tooltip title="New room">
        <IconButton aria-label="New room" onClick={() => setOpen(true)}>
          <RoomAddIcon />
        </IconButton>
      </Tooltip>
      <CreateRoom open={open} onClose={() => setOpen(false)} />
    </>
  );
}

/** The left pane: account, search, requests, conversations. */
export function Sidebar({ onFind, onKeys }: { onFind: () => void; onKeys: () => void }) {
  return (
    <>
      <Top>
        <AccountMenu onKeys={onKeys} />
        <NewRoom />
        <Tooltip title="People">
          <IconButton component={NavLink} to={paths.people} aria-label="People">
            <PersonAddIcon />
          </IconButton>
        </Tooltip>
      </Top>
      <Find onClick={onFind}>
        <SearchIcon size={16} />
        Go to…
        <kbd>{modifierKey} K</kbd>
      </Find>
      <Scroll>
        <IncomingRequests />
        <ConversationList />
      </Scroll>
    </>
  );
}
