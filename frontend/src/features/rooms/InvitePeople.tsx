import { Button, Menu, MenuItem } from "@mui/material";
import { useState } from "react";
import { Avatar } from "../../components/Avatar";
import { PersonAddIcon } from "../../components/icons";
import { Name, Secondary } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectPeople } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import type { Person, Room } from "../../realtime/state";

function nobodyElse(known: readonly Person[], { banned }: Room): string {
  const [first] = known;
  if (first === undefined) return "You can add people here once you are connected with them.";
  if (known.some(({ id }) => banned.some((each) => each.id === id))) {
    return "Nobody to add: everybody you are connected with is here, or banned.";
  }
  if (known.length === 1) return `Nobody to add: you are connected with ${first.username} alone.`;
  return "Nobody to add: everybody you are connected with is here.";
}

/** Adds one of one's own connected people. */
export function InvitePeople({ room }: { room: Room }) {
  const messenger = useMessenger();
  const people = useAppSelector(selectPeople) ?? [];
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const invite = useCommand((userId: string) => messenger.inviteToRoom(room.id, userId));
  const known = people.filter(({ connectedAt, blocked }) => connectedAt !== null && !blocked);
  const taken = new Set([...room.people, ...room.banned].map(({ id }) => id));
  const others = known.filter(({ id }) => !taken.has(id));
  if (others.length === 0) return <Secondary>{nobodyElse(known, room)}</Secondary>;
  return (
    <>
      <Button
        startIcon={<PersonAddIcon size={16} />}
        aria-haspopup="menu"
        disabled={invite.running}
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        {invite.running ? "Adding…" : "Add somebody"}
      </Button>
      {invite.problem !== null && <p role="alert">{problemWords(invite.problem)}</p>}
      <Menu open={anchor !== null} anchorEl={anchor} onClose={() => setAnchor(null)}>
        {others.map(({ id, username }) => (
          <MenuItem
            key={id}
            sx={{ gap: 2.5 }}
            onClick={() => {
              setAnchor(null);
              void invite.run(id);
            }}
          >
            <Avatar id={id} name={username} size={28} />
            <Name>{username}</Name>
          </MenuItem>
        ))}
      </Menu>
    </>
  );
}
