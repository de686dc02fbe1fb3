import { noticeLine } from "../../app/words/notices";
import { useAppSelector } from "../../app/hooks";
import { fullTime } from "../../lib/time";
import type { Id } from "../../realtime/state";
import type { Reached } from "./delivery";
import type { Block } from "./groups";
import { DayLine, NoticeLine, UnreadLine } from "./lines";
import { MessageGroup } from "./MessageGroup";
import type { Talk } from "./talk";

interface Props {
  talk: Talk;
  blocks: Block[];
  selfId: Id;
  now: number;
  /** How far one's own messages have come, and the newest in each state. */
  reached: Reached;
  marked: Set<Id>;
  /** The message of the address, and the one at which Tab stops. */
  found: Id | null;
  tabStop: Id | null;
}

/** What stands in a timeline, top to bottom. */
export function Blocks({ talk, blocks, selfId, now, ...rest }: Props) {
  const { id, name, nameOf, inRoom } = talk;
  const offline = useAppSelector((state) => state.line.line.status !== "online");
  const signingAway = useAppSelector((state) => !state.line.quantum);
  return blocks.map((block) => {
    switch (block.kind) {
      case "day":
        return <DayLine key={block.key} at={block.at} now={now} />;
      case "unread":
        return <UnreadLine key={block.key} />;
      case "notice":
        return (
          <NoticeLine
            key={block.key}
            line={noticeLine(block.entry.notice, { selfId, peer: name, nameOf, inRoom })}
            at={fullTime(block.entry.at)}
          />
        );
      case "group":
        return (
          <MessageGroup
            key={block.key}
            conversationId={id}
            author={block.authorId === selfId ? null : nameOf(block.authorId)}
            messages={block.messages}
            inRoom={inRoom}
            waitingWord={waitingWord(talk, offline)}
            signingAway={signingAway && !offline && talk.open}
            {...rest}
          />
        );
    }
  });
}

function waitingWord({ waiting, waitsFor }: Talk, offline: boolean): string {
  if (offline) return "Sent when you are back online";
  return waiting === null ? "Sending" : waitsFor;
}
