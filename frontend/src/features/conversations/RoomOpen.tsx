import { Callout } from "../../components/Callout";
import { RoomDisc } from "../../components/RoomDisc";
import { Name, PaneHeader } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { useAppSelector } from "../../app/hooks";
import { selectConversationWith, selectSelf } from "../../app/selectors";
import { roomEnd } from "../../app/words/rooms";
import { paths } from "../../lib/paths";
import { plural } from "../../lib/text";
import type { Room } from "../../realtime/state";
import { SendBlocked } from "./ComposerBlocked";
import { Holder } from "./composerParts";
import { DetailsToggle, HeaderLink, HeaderWords, useTypingLine } from "./header";
import type { Talk } from "./talk";
import { Talking } from "./Talking";
import { useRoomTalk } from "./useTalk";

/** A room on the page: header, timeline, composer. */
export function RoomOpen({ room }: { room: Room }) {
  const selfId = useAppSelector(selectSelf)?.userId ?? "";
  const talk = useRoomTalk(room);
  const typing = useTypingLine(room.id, talk.nameOf, true);
  const end = roomEnd(room, selfId, talk.nameOf);
  const foot = end === null ? <RoomBlocked room={room} talk={talk} /> : <Told {...end} />;
  const blocked = end !== null || room.sendBlock !== null;
  return (
    <Talking talk={talk} instead={blocked ? { foot } : {}}>
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

function Told({ title, text }: { title: string; text: string }) {
  return (
    <Holder>
      <Callout tone="info" title={title}>
        <p>{text}</p>
      </Callout>
    </Holder>
  );
}

/** In the composer's place while nothing may be sent; where one person's keys are the reason, what can be done about them. */
function RoomBlocked({ room, talk }: { room: Room; talk: Talk }) {
  const { sendBlock, sendBlockOf: whose } = room;
  const withThem = useAppSelector((state) => selectConversationWith(state, whose ?? ""));
  if (sendBlock === null) return null;
  if (sendBlock === "read_only") {
    return <Told title="Only some may write here" text="Moderators decided that. You read what they write." />;
  }
  const peer = whose === null ? { id: room.id, username: talk.name } : { id: whose, username: talk.nameOf(whose) };
  return <SendBlocked peer={peer} more={whose === null ? room.id : (withThem?.id ?? null)} block={sendBlock} />;
}
