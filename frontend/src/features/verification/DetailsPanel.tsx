import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, type ReactNode } from "react";
import { Avatar } from "../../components/Avatar";
import { Callout } from "../../components/Callout";
import { More } from "../../components/More";
import { Name, PaneBody, Secondary, Section, SideHeader } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { LinesSkeleton } from "../../components/Skeletons";
import { Disappearing } from "../../app/Disappearing";
import { HardwareOnly } from "../../app/HardwareOnly";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { selectPerson, selectSelf, shieldOf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import { possessive } from "../../lib/text";
import { inSentence } from "../../lib/time";
import type { Conversation, Id } from "../../realtime/state";
import { Devices } from "./Devices";
import { EndConversation } from "./EndConversation";
import { Findings } from "./Findings";
import { KeyFacts } from "./KeyFacts";
import { RotateKeys } from "./RotateKeys";
import { Safety } from "./Safety";

const Body = styled("div")({ padding: "16px 20px calc(32px + env(safe-area-inset-bottom))" });

const Who = styled("div")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 12,
  marginBottom: 20,
  "& > div": { minWidth: 0 },
  "& h3": { ...theme.typography.h2, margin: 0, display: "flex", alignItems: "center", gap: 6, minWidth: 0 },
}));

const Actions = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8 });

interface Props {
  conversation: Conversation;
  /** Remove, block, unblock: they belong to another feature. */
  personActions: ReactNode;
  /** What stands out in it: of another feature too. */
  pinned: ReactNode;
}

export function DetailsPanel({ conversation, personActions, pinned }: Props) {
  const { id, peer } = conversation;
  const messenger = useMessenger();
  const now = useNow(60_000);
  const self = useAppSelector(selectSelf);
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const details = useAppSelector((state) => state.details[id]);
  const load = useCommand(() => messenger.loadDetails(id));
  const { run } = load;
  const selfId = self?.userId ?? "";
  const open = conversation.stage.kind === "open";
  const whose = (userId: Id) => (userId === selfId ? "your" : possessive(peer.username));

  useEffect(() => {
    void run();
  }, [run, id]);

  return (
    <>
      <SideHeader title="Details" subject={id} closeTo={paths.conversation(id)} />
      <PaneBody>
        <Body>
          <Who>
            <Avatar id={peer.id} name={peer.username} size={48} />
            <div>
              <h3>
                <Name>{peer.username}</Name>
                <Shield state={shieldOf(person, conversation)} />
              </h3>
              <Secondary>
                {person?.connectedAt == null ? "Not connected" : `Connected ${inSentence(person.connectedAt, now)}`}
              </Secondary>
            </div>
          </Who>
          {conversation.findings.length > 0 && (
            <Section aria-label="What the server did wrong">
              <Findings findings={conversation.findings} whose={whose} />
            </Section>
          )}
          {pinned}
          {person !== undefined && (
            <Section aria-labelledby="safety">
              <h2 id="safety">Safety</h2>
              <Safety
                person={person}
                safetyNumber={details?.safetyNumber}
                keyHash={details?.peerKeyHash ?? null}
                other={details?.other ?? null}
              />
            </Section>
          )}
          {details === undefined && load.problem === null && (
            <Section>
              <LinesSkeleton count={5} label="Loading details" />
            </Section>
          )}
          {load.problem !== null && (
            <Section>
              <Callout tone="caution" role="alert" actions={<Button onClick={() => void run()}>Try again</Button>}>
                {problemWords(load.problem)}
              </Callout>
            </Section>
          )}
          {(open || conversation.timer > 0) && (
            <Section aria-labelledby="messages">
              <h2 id="messages">Messages</h2>
              <Disappearing
                seconds={conversation.timer}
                onChange={open ? (seconds) => messenger.setTimer(id, seconds) : null}
              />
            </Section>
          )}
          {details !== undefined && (
            <>
              <Section aria-labelledby="browsers">
                <h2 id="browsers">Browsers</h2>
                <Devices devices={details.devices} self={selfId} peer={peer.username} />
              </Section>
              <Section>
                <More>
                  <summary>Keys and algorithms</summary>
                  <KeyFacts details={details} self={selfId} peer={peer.username} />
                  <HardwareOnly conversationId={id} />
                  {open && <RotateKeys conversationId={id} />}
                </More>
              </Section>
            </>
          )}
          <Section aria-labelledby="person-actions">
            <h2 id="person-actions">Contact</h2>
            <Actions>
              {personActions}
              {conversation.stage.kind !== "closed" && conversation.stage.kind !== "being_added" && (
                <EndConversation conversation={conversation} />
              )}
            </Actions>
          </Section>
        </Body>
      </PaneBody>
    </>
  );
}
