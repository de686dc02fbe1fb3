import { Button, IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect } from "react";
import { Link, useLocation, useParams } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Callout } from "../../components/Callout";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Empty } from "../../components/Empty";
import { PanelIcon } from "../../components/icons";
import { Column, Name, PaneHeader } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { TimelineSkeleton } from "../../components/Skeletons";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectConversation, selectOnline, selectPerson, selectSelf, shieldOf } from "../../app/selectors";
import { useTitle } from "../../app/useTitle";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Conversation, Problem } from "../../realtime/state";
import { Composer } from "./Composer";
import { AgreeFirst, ConversationEnded, KeysRefused, SendBlocked } from "./ComposerBlocked";
import { HandsContext, type Aim } from "./hands";
import { FilesOnTheWay } from "./files/FilesOnTheWay";
import { Timeline } from "./Timeline";
import { useHandsOn } from "./useHandsOn";

/** `/c/:id`, with or without the details beside it. */
export function ConversationPage() {
  const { conversationId = "" } = useParams();
  const loaded = useAppSelector((state) => state.conversations.all !== null);
  const conversation = useAppSelector((state) => selectConversation(state, conversationId));
  useTitle(conversation?.peer.username ?? null);
  if (conversation !== undefined) return <Open key={conversationId} conversation={conversation} />;
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
  const { id } = conversation;
  const messenger = useMessenger();
  const self = useAppSelector(selectSelf);
  const timeline = useAppSelector((state) => state.conversations.timelines[id]);
  const open = useCommand(() => messenger.openConversation(id));
  const { run } = open;

  useEffect(() => {
    void run();
    return () => messenger.closeConversation(id);
  }, [messenger, run, id]);

  const selfId = self?.userId ?? "";
  const { hands, aim, setAim, removing, setRemoving, remove, problem } = useHandsOn(conversation, selfId);
  return (
    <HandsContext value={hands}>
      <Header conversation={conversation} />
      {timeline !== undefined && self !== null ? (
        <Timeline conversation={conversation} timeline={timeline} selfId={self.userId} />
      ) : (
        <div style={{ flex: 1, display: "flex", alignItems: "flex-end", overflow: "hidden" }}>
          {open.problem === null ? (
            <TimelineSkeleton label="Loading messages" />
          ) : (
            <Column style={{ margin: "auto" }}>
              <Callout tone="caution" role="alert" actions={<Button onClick={() => void run()}>Try again</Button>}>
                {problemWords(open.problem)}
              </Callout>
            </Column>
          )}
        </div>
      )}
      <FilesOnTheWay conversation={conversation} />
      <Foot conversation={conversation} aim={aim} onAim={setAim} problem={problem} />
      <ConfirmDialog
        open={removing !== null}
        title="Delete this message?"
        action="Delete for everybody"
        running={remove.running}
        problem={remove.problem === null ? null : problemWords(remove.problem)}
        onClose={() => setRemoving(null)}
        onConfirm={() => {
          if (removing !== null) void remove.run(removing).then((done) => done && setRemoving(null));
        }}
      >
        <p>
          Its text goes from your browsers, and from those of {conversation.peer.username} as soon as they are online. A
          mark that you deleted something stays.
        </p>
      </ConfirmDialog>
    </HandsContext>
  );
}

interface FootProps {
  conversation: Conversation;
  aim: Aim | null;
  onAim: (aim: Aim | null) => void;
  /** Of what one did in the timeline. */
  problem: Problem | null;
}

function Foot(props: FootProps) {
  const { conversation } = props;
  const { stage } = conversation;
  switch (stage.kind) {
    case "closed":
    case "removed":
      return <ConversationEnded conversation={conversation} />;
    case "to_agree":
      return <AgreeFirst conversation={conversation} />;
    case "making_keys":
      return (
        <>
          {stage.refused !== null && conversation.sendBlock === null && (
            <KeysRefused conversationId={conversation.id} refused={stage.refused} />
          )}
          <Writing {...props} />
        </>
      );
    case "open":
    case "being_added":
    case "waiting_for_device":
      return <Writing {...props} />;
  }
}

function Writing({ conversation, ...composer }: FootProps) {
  const { sendBlock } = conversation;
  if (sendBlock === null) return <Composer conversation={conversation} {...composer} />;
  return <SendBlocked conversation={conversation} block={sendBlock} />;
}

const Person = styled(Link)({
  display: "flex",
  alignItems: "center",
  gap: 12,
  flex: 1,
  alignSelf: "stretch",
  minWidth: 0,
  color: "inherit",
  textDecoration: "none",
});

const Words = styled("div")(({ theme }) => ({
  minWidth: 0,
  display: "grid",
  "& h1": {
    ...theme.typography.body1,
    fontWeight: 600,
    margin: 0,
    display: "flex",
    alignItems: "center",
    gap: 6,
    minWidth: 0,
  },
  "& p": { ...theme.typography.body2, margin: 0, color: theme.palette.text.secondary },
}));

function Header({ conversation }: { conversation: Conversation }) {
  const { id, peer } = conversation;
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const { pathname } = useLocation();
  const shown = pathname === paths.details(id);
  const online = useAppSelector((state) => selectOnline(state, peer.id));
  return (
    <PaneHeader backTo={paths.home}>
      <Person to={paths.details(id)} tabIndex={-1}>
        <Avatar id={peer.id} name={peer.username} online={online === true} />
        <Words>
          <h1>
            <Name>{peer.username}</Name>
            <Shield state={shieldOf(person, conversation)} />
          </h1>
          {online !== null && <p>{online ? "Online" : "Offline"}</p>}
        </Words>
      </Person>
      <Tooltip title={shown ? "Close details" : "Details"}>
        <IconButton
          component={Link}
          to={shown ? paths.conversation(id) : paths.details(id)}
          aria-label={shown ? "Close details" : "Details"}
          aria-expanded={shown}
          id="details-toggle"
        >
          <PanelIcon />
        </IconButton>
      </Tooltip>
    </PaneHeader>
  );
}
