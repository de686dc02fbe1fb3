import { Button } from "@mui/material";
import { Link, useNavigate } from "react-router";
import { Callout } from "../../components/Callout";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { selectConversationWith, selectPerson } from "../../app/selectors";
import { FINDING_ADVICE } from "../../app/words/findings";
import { blockWords, stageLine } from "../../app/words/notices";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Conversation, Id, Problem, SendBlock } from "../../realtime/state";
import { Holder } from "./composerParts";

interface Blocked {
  /** Whose keys it is about. */
  peer: { id: Id; username: string };
  /** The conversation whose details show more; null: there is none. */
  more: Id | null;
  block: SendBlock;
}

/** In the composer's place while nothing may be sent: why, and what can be done. */
export function SendBlocked({ peer, more, block }: Blocked) {
  const messenger = useMessenger();
  const now = useNow(60_000);
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const accept = useCommand((seen: string) => messenger.acceptKeyChange(peer.id, seen));
  const unblock = useCommand(() => messenger.unblock(peer.id));
  const ask = useCommand(() => messenger.requestConnection(peer.id));
  const keyHash = person?.keyHash ?? null;
  const words = blockWords(block, peer.username, person?.trustSince ?? null, now);
  const problem = accept.problem ?? unblock.problem ?? ask.problem;

  const details = more !== null && (
    <Button size="small" component={Link} to={paths.details(more)}>
      {block === "misbehaved" ? "What happened" : "Compare safety number"}
    </Button>
  );
  const actions = {
    key_changed: (
      <>
        <Button
          size="small"
          variant="contained"
          color="primary"
          disabled={accept.running || keyHash === null}
          onClick={() => keyHash !== null && void accept.run(keyHash)}
        >
          I asked: accept the new keys
        </Button>
        {details}
      </>
    ),
    keys_differ: details,
    key_swapped: details,
    misbehaved: details,
    blocked: (
      <Button size="small" disabled={unblock.running} onClick={() => void unblock.run()}>
        Unblock
      </Button>
    ),
    not_connected: (
      <Button size="small" disabled={ask.running} onClick={() => void ask.run()}>
        Ask to connect again
      </Button>
    ),
  }[block];
  const tone = {
    key_changed: "caution",
    keys_differ: "caution",
    key_swapped: "critical",
    misbehaved: "critical",
    blocked: "info",
    not_connected: "info",
  } as const;

  return (
    <Holder>
      <Callout tone={tone[block]} title={words.title} actions={actions}>
        <p>{words.text}</p>
        {block === "misbehaved" && <p>{FINDING_ADVICE}</p>}
        {problem !== null && <p role="alert">{problemWords(problem)}</p>}
      </Callout>
    </Holder>
  );
}

/** The account was connected by a script: the person says here whether they know of it (PROTOCOL.md 6.7). */
export function AgreeFirst({ conversation }: { conversation: Conversation }) {
  const { peer, stage } = conversation;
  const messenger = useMessenger();
  const now = useNow(60_000);
  const agree = useCommand(() => messenger.agree(peer.id));
  const actions = (
    <Button size="small" variant="contained" color="primary" disabled={agree.running} onClick={() => void agree.run()}>
      Agree
    </Button>
  );
  return (
    <Holder>
      <Callout tone="info" actions={actions}>
        <p>{stageLine(stage, peer.username, now)?.words}</p>
        {agree.problem !== null && <p role="alert">{problemWords(agree.problem)}</p>}
      </Callout>
    </Holder>
  );
}

/** Above the composer: no keys could be made, and it will not pass by itself. */
export function KeysRefused({ conversationId, refused }: { conversationId: string; refused: Problem }) {
  const messenger = useMessenger();
  const again = useCommand(() => messenger.tryKeysAgain(conversationId));
  const actions = (
    <Button size="small" disabled={again.running} onClick={() => void again.run()}>
      Try again
    </Button>
  );
  return (
    <Holder>
      <Callout tone="caution" title="Keys could not be made" actions={actions}>
        <p>{problemWords(refused)} What you write waits.</p>
        {again.problem !== null && <p role="alert">{problemWords(again.problem)}</p>}
      </Callout>
    </Holder>
  );
}

/** A conversation that takes no more messages from this browser: it ended, or the browser was removed. */
export function ConversationEnded({ conversation }: { conversation: Conversation }) {
  const { peer, stage } = conversation;
  const messenger = useMessenger();
  const navigate = useNavigate();
  const now = useNow(60_000);
  const connected = useAppSelector((state) => selectPerson(state, peer.id)?.connectedAt != null);
  const newer = useAppSelector((state) => selectConversationWith(state, peer.id));
  const start = useCommand(async () => {
    const id = await messenger.startConversation(peer.id);
    await navigate(paths.conversation(id));
  });
  const line = stageLine(stage, peer.username, now);
  const words =
    stage.kind === "closed"
      ? { title: line?.words, text: "What was written stays here, to read." }
      : { title: undefined, text: line?.words };
  const actions =
    stage.kind !== "closed" ? undefined : newer !== undefined ? (
      <Button size="small" component={Link} to={paths.conversation(newer.id)}>
        Go to the present conversation
      </Button>
    ) : connected ? (
      <Button size="small" disabled={start.running} onClick={() => void start.run()}>
        Start a new one
      </Button>
    ) : undefined;
  return (
    <Holder>
      <Callout tone={line?.tone === "critical" ? "critical" : "info"} title={words.title} actions={actions}>
        <p>{words.text}</p>
        {start.problem !== null && <p role="alert">{problemWords(start.problem)}</p>}
      </Callout>
    </Holder>
  );
}
