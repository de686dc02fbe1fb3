import { Button } from "@mui/material";
import { Link, useParams } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Empty } from "../../components/Empty";
import { Name, PaneHeader } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { TimelineSkeleton } from "../../components/Skeletons";
import { useAppSelector } from "../../app/hooks";
import { selectConversation, selectOnline, selectPerson, selectRoom, shieldOf } from "../../app/selectors";
import { useTitle } from "../../app/useTitle";
import { paths } from "../../lib/paths";
import type { Conversation } from "../../realtime/state";
import { AgreeFirst, ConversationEnded, KeysRefused, SendBlocked } from "./ComposerBlocked";
import { DetailsToggle, HeaderLink, HeaderWords, useTypingLine } from "./header";
import { RoomOpen } from "./RoomOpen";
import { type Instead, Talking } from "./Talking";
import { useTalk } from "./useTalk";

/** `/c/:id`, with or without the details beside it. */
export function ConversationPage() {
  const { conversationId = "" } = useParams();
  const loaded = useAppSelector((state) => state.conversations.all !== null && state.rooms.all !== null);
  const room = useAppSelector((state) => selectRoom(state, conversationId));
  const conversation = useAppSelector((state) => selectConversation(state, conversationId));
  useTitle(conversation?.peer.username ?? room?.name ?? null);
  if (conversation !== undefined) return <Open key={conversationId} conversation={conversation} />;
  if (room !== undefined) return <RoomOpen key={conversationId} room={room} />;
  if (!loaded) return <Blank />;
  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1>Not here</h1>
      </PaneHeader>
      <Empty
        action={
          <Button component={Link} to={paths.home}>
            All conversations
          </Button>
        }
      >
        There is no such conversation in this browser.
      </Empty>
    </>
  );
}

const Blank = () => (
  <>
    <PaneHeader backTo={paths.home}>{null}</PaneHeader>
    <TimelineSkeleton label="Loading messages" />
  </>
);

function Open({ conversation }: { conversation: Conversation }) {
  const talk = useTalk(conversation);
  return (
    <Talking talk={talk} instead={insteadOfWriting(conversation)}>
      <Header conversation={conversation} />
    </Talking>
  );
}

/** What stands in the composer's place, and above it while keys are refused. */
function insteadOfWriting(conversation: Conversation): Instead {
  const { stage, sendBlock } = conversation;
  if (stage.kind === "closed" || stage.kind === "removed")
    return { foot: <ConversationEnded conversation={conversation} /> };
  if (stage.kind === "to_agree") return { foot: <AgreeFirst conversation={conversation} /> };
  if (sendBlock !== null)
    return { foot: <SendBlocked peer={conversation.peer} more={conversation.id} block={sendBlock} /> };
  const refused = stage.kind === "making_keys" ? stage.refused : null;
  return refused === null ? {} : { above: <KeysRefused conversationId={conversation.id} refused={refused} /> };
}

function Header({ conversation }: { conversation: Conversation }) {
  const { id, peer } = conversation;
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const online = useAppSelector((state) => selectOnline(state, peer.id));
  const typing = useTypingLine(id, () => peer.username, false);
  return (
    <PaneHeader backTo={paths.home}>
      <HeaderLink to={paths.details(id)} tabIndex={-1}>
        <Avatar id={peer.id} name={peer.username} online={online === true} />
        <HeaderWords>
          <h1>
            <Name>{peer.username}</Name>
            <Shield state={shieldOf(person, conversation)} />
          </h1>
          {online !== null && <p>{typing ?? (online ? "Online" : "Offline")}</p>}
        </HeaderWords>
      </HeaderLink>
      <DetailsToggle id={id} />
    </PaneHeader>
  );
}
