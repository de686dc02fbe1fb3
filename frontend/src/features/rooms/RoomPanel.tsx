import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState, type ReactNode } from "react";
import { Disappearing } from "../../app/Disappearing";
import { HardwareOnly } from "../../app/HardwareOnly";
import { useMessenger } from "../../app/hooks";
import { PaneBody, Secondary, Section, SideHeader } from "../../components/Pane";
import { RoomDisc } from "../../components/RoomDisc";
import { paths } from "../../lib/paths";
import { plural } from "../../lib/text";
import { RefusedContext } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Problem, Room } from "../../realtime/state";
import { Banned } from "./Banned";
import { EditRoom } from "./EditRoom";
import { EndRoom } from "./EndRoom";
import { InvitePeople } from "./InvitePeople";
import { Links } from "./Links";
import { may, owns } from "./may";
import { MemberRow } from "./MemberRow";
import { RoomRules } from "./RoomRules";
import { Waiting } from "./Waiting";

const Body = styled("div")({ padding: "16px 20px calc(32px + env(safe-area-inset-bottom))" });

const What = styled("div")(({ theme }) => ({
  display: "flex",
  alignItems: "flex-start",
  gap: 12,
  marginBottom: 20,
  "& > div": { minWidth: 0, flex: 1 },
  "& h3": { ...theme.typography.h2, margin: 0, overflowWrap: "anywhere" },
  "& p": { overflowWrap: "anywhere" },
}));

const People = styled("ul")({ margin: "0 -8px 8px", padding: 0, listStyle: "none" });
const Actions = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8 });

interface Props {
  room: Room;
  selfId: string;
  findings: ReactNode;
  pinned: ReactNode;
}

/** Beside a room: who is in it, who may do what, and the ways out. `findings`, `pinned`: they belong to other features. */
export function RoomPanel({ room, selfId, findings, pinned }: Props) {
  const { id, name, topic, people } = room;
  const messenger = useMessenger();
  const [editing, setEditing] = useState(false);
  const [refused, setRefused] = useState<Problem | null>(null);
  return (
    <RefusedContext value={setRefused}>
      <SideHeader title="Room" subject={id} closeTo={paths.conversation(id)} />
      <PaneBody>
        <Body>
          <What>
            <RoomDisc id={id} name={name} size={48} />
            <div>
              <h3 dir="auto">{name === "" ? "Room" : name}</h3>
              <Secondary dir="auto">{topic === "" ? "No topic" : topic}</Secondary>
            </div>
            {may(room, "configure") && (
              <Button size="small" onClick={() => setEditing(true)}>
                Edit
              </Button>
            )}
          </What>
          {refused !== null && <p role="alert">What you did last was not carried out. {problemWords(refused)}</p>}
          {findings}
          {pinned}
          <Section aria-labelledby="room-people">
            <h2 id="room-people">
              {plural(people.length, "person", "people")}
              {room.stage.kind === "left" && " when you last saw it"}
            </h2>
            <People>
              {people.map((person) => (
                <MemberRow key={person.id} room={room} person={person} self={person.id === selfId} />
              ))}
            </People>
            {may(room, "invite") && <InvitePeople room={room} />}
          </Section>
          {may(room, "invite") && room.joining.length > 0 && <Waiting room={room} />}
          {may(room, "invite") && <Links room={room} selfId={selfId} />}
          {room.banned.length > 0 && <Banned room={room} />}
          {room.stage.kind !== "making_keys" && (may(room, "configure") || room.settings.timer > 0) && (
            <Section aria-labelledby="room-messages">
              <h2 id="room-messages">Messages</h2>
              <Disappearing
                seconds={room.settings.timer}
                onChange={may(room, "configure") ? (seconds) => messenger.setTimer(id, seconds) : null}
              />
            </Section>
          )}
          {may(room, "configure") && <RoomRules room={room} />}
          {(room.stage.kind === "open" || room.stage.kind === "making_keys") && (
            <Section aria-labelledby="room-keys">
              <h2 id="room-keys">Keys</h2>
              <HardwareOnly conversationId={room.id} />
            </Section>
          )}
          {room.stage.kind === "open" && (
            <Section aria-label="Leaving">
              <Actions>
                <EndRoom room={room} owns={owns(room)} />
              </Actions>
            </Section>
          )}
        </Body>
      </PaneBody>
      {editing && <EditRoom room={room} onClose={() => setEditing(false)} />}
    </RefusedContext>
  );
}
