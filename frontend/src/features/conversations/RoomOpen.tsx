import { useMemo } from "react";
import { Callout } from "../../components/Callout";
import { RoomDisc } from "../../components/RoomDisc";
import { Name, PaneHeader } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { useAppSelector } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { blockWords } from "../../app/words/notices";
import { roomEnd } from "../../app/words/rooms";
import { paths } from "../../lib/paths";
import { plural } from "../../lib/text";
import type { Room } from "../../realtime/state";
import { Holder } from "./composerParts";
import { DetailsToggle, HeaderLink, HeaderWords, useTypingLine } from "./header";
import { talkOfRoom } from "./talk";
import { Talking } from "./Talking";

/** A room on the page: header, timeline, composer. */
export function RoomOpen({ room }: { room: Room }) {
  const people = useAppSelector((state) => state.connections.people);
  const selfId = useAppSelector(selectSelf)?.userId ?? "";
  const talk = useMemo(
    () => talkOfRoom(room, selfId, (id) => people?.[id]?.username ?? "Somebody"),
    [room, selfId, people],
  );
  const typing = useTypingLine(room.id, talk.nameOf, true);
  const end = roomEnd(room, selfId, talk.nameOf);
  const words = end ?? (room.sendBlock === null ? null : blockedWords(room.sendBlock, talk.name));
  const foot = words && (
    <Holder>
      <Callout tone="info" title={words.title}>
        <p>{words.text}</p>
      </Callout>
    </Holder>
  );
  return (
    <Talking talk={talk} instead={foot === null ? {} : { foot }}>
      <PaneHeader backTo={paths.home}>
        <HeaderLink to={paths.details(room.id)} tabIndex={-1}>
          <RoomDisc id={room.id} name={room.name} />
          <HeaderWords>
            <h1>
              <Name>{room.name === "" ? "Room" : room.name}</Name>
              <Shield state={room.findings.length > 0 ? "misbehaved" : "none"} />
            </h1>
            <p>
              {typing ??
                (room.topic === "" && room.stage.kind !== "left"
                  ? plural(room.people.length, "person", "people")
                  : room.topic)}
            </p>
          </HeaderWords>
        </HeaderLink>
        <DetailsToggle id={room.id} />
      </PaneHeader>
    </Talking>
  );
}

function blockedWords(block: Room["sendBlock"], name: string): { title: string; text: string } {
  if (block === "read_only" || block === null) {
    return { title: "Only some may write here", text: "Moderators decided that. You read what they write." };
  }
  return blockWords(block, name, null, Date.now());
}
