import { IconButton, Menu, MenuItem } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { Avatar } from "../../components/Avatar";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { MoreIcon } from "../../components/icons";
import { Name } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectOnline } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { ROLE_WORDS } from "../../app/words/rooms";
import type { Room, RoomAct, RoomMember } from "../../realtime/state";
import { mayRemove, owns } from "./may";

const Row = styled("li")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 12,
  minHeight: 48,
  padding: "4px 8px",
  borderRadius: 8,
  "& > div": { flex: 1, minWidth: 0, display: "grid" },
  "& small": { ...theme.typography.body2, color: theme.palette.text.secondary },
}));

const DANGER = { color: "error.main" };

type Asked = "remove" | "ban" | "hand_over";

interface Question {
  title: string;
  text: string;
  action: string;
  act: RoomAct;
}

function questionOf(asked: Asked, { id, username }: RoomMember): Question {
  switch (asked) {
    case "remove":
      return {
        title: `Remove ${username}?`,
        text: `${username} keeps what was written until now, and cannot read on. They can be added again.`,
        action: `Remove ${username}`,
        act: { act: "remove", userId: id, ban: false },
      };
    case "ban":
      return {
        title: `Remove and ban ${username}?`,
        text: `${username} cannot read on, and nobody can add them again until the ban is lifted.`,
        action: `Remove and ban ${username}`,
        act: { act: "remove", userId: id, ban: true },
      };
    case "hand_over":
      return {
        title: `Hand the room over to ${username}?`,
        text: `${username} becomes its owner, and you a moderator. Only ${username} can give it back.`,
        action: `Make ${username} the owner`,
        act: { act: "hand_over", userId: id },
      };
  }
}

/** One person of the room, with what this account may do about them. */
export function MemberRow({ room, person, self }: { room: Room; person: RoomMember; self: boolean }) {
  const messenger = useMessenger();
  const online = useAppSelector((state) => selectOnline(state, person.id)) === true;
  const [asked, setAsked] = useState<Asked | null>(null);
  const change = useCommand((act: RoomAct) => messenger.changeRoom(room.id, act));
  const question = questionOf(asked ?? "remove", person);
  const confirm = async () => {
    if (await change.run(question.act)) setAsked(null);
  };
  const refused = asked === null ? change.problem : null;
  const role = person.away ? `${ROLE_WORDS[person.role]} · away: no browser with keys` : ROLE_WORDS[person.role];
  return (
    <Row>
      <Avatar id={person.id} name={person.username} online={online} size={32} />
      <div>
        <Name>{self ? `${person.username} (you)` : person.username}</Name>
        {refused === null ? <small>{role}</small> : <small role="alert">{problemWords(refused)}</small>}
      </div>
      {!self && (
        <Choices
          room={room}
          person={person}
          running={change.running}
          onAsk={setAsked}
          onAct={(act) => void change.run(act)}
        />
      )}
      <ConfirmDialog
        open={asked !== null}
        title={question.title}
        action={question.action}
        danger={asked !== "hand_over"}
        running={change.running}
        problem={change.problem === null ? null : problemWords(change.problem)}
        onConfirm={() => void confirm()}
        onClose={() => setAsked(null)}
      >
        <p>{question.text}</p>
      </ConfirmDialog>
    </Row>
  );
}

interface ChoicesProps {
  room: Room;
  person: RoomMember;
  running: boolean;
  onAsk: (what: Asked) => void;
  onAct: (act: RoomAct) => void;
}

function Choices({ room, person, running, onAsk, onAct }: ChoicesProps) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const removable = mayRemove(room, person);
  if (!removable && !owns(room)) return null;
  const choose = (what: () => void) => () => {
    setAnchor(null);
    what();
  };
  const role = person.role === "moderator" ? "member" : "moderator";
  return (
    <>
      <IconButton
        aria-label={`What to do about ${person.username}`}
        aria-haspopup="menu"
        disabled={running}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <MoreIcon />
      </IconButton>
      <Menu open={anchor !== null} anchorEl={anchor} onClose={() => setAnchor(null)}>
        {owns(room) && [
          <MenuItem key="role" onClick={choose(() => onAct({ act: "role", userId: person.id, role }))}>
            {role === "moderator" ? "Make moderator" : "Make member again"}
          </MenuItem>,
          <MenuItem key="owner" onClick={choose(() => onAsk("hand_over"))}>
            Hand the room over…
          </MenuItem>,
        ]}
        {removable && [
          <MenuItem key="remove" sx={DANGER} onClick={choose(() => onAsk("remove"))}>
            Remove…
          </MenuItem>,
          <MenuItem key="ban" sx={DANGER} onClick={choose(() => onAsk("ban"))}>
            Remove and ban…
          </MenuItem>,
        ]}
      </Menu>
    </>
  );
}
