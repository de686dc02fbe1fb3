import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useCallback, useMemo } from "react";
import { DownIcon } from "../../components/icons";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { noticeLine } from "../../app/words/notices";
import { problemWords } from "../../app/words/problems";
import { fullTime } from "../../lib/time";
import { newestInEachState } from "./delivery";
import { blocksOf } from "./groups";
import { DayLine, NoticeLine, UnreadLine } from "./lines";
import { MessageGroup } from "./MessageGroup";
import type { Timeline as TimelineState } from "./slice";
import { moveBetweenMessages, useMessageOfAddress, useRows } from "./moving";
import { useMarkRead, useUnreadAfter } from "./useReading";
import type { Talk } from "./talk";
import { useTimelineScroll } from "./useTimelineScroll";

const Frame = styled("div")({ position: "relative", flex: 1, minHeight: 0, display: "flex" });

const Scroller = styled("div")({
  position: "relative",
  flex: 1,
  overflowY: "auto",
  overflowX: "hidden",
  overflowAnchor: "none",
  overscrollBehavior: "contain",
  display: "flex",
  flexDirection: "column",
  "&:focus-visible": { outlineOffset: -2 },
});

const Content = styled("div")(({ theme }) => ({
  width: "100%",
  maxWidth: 760,
  // Few messages stand at the bottom, above the composer.
  margin: "auto auto 0",
  padding: "8px 20px 16px",
  [theme.breakpoints.down("sm")]: { padding: "8px 12px 12px" },
}));

const Pill = styled(Button)(({ theme }) => ({
  position: "absolute",
  bottom: 12,
  left: "50%",
  transform: "translateX(-50%)",
  borderRadius: 18,
  boxShadow: theme.float,
  background: theme.palette.surface,
  "&:hover": { background: theme.palette.surface, borderColor: theme.palette.text.secondary },
}));

const Top = styled("div")(({ theme }) => ({
  ...theme.typography.body2,
  display: "flex",
  justifyContent: "center",
  alignItems: "center",
  gap: 8,
  minHeight: 36,
  color: theme.palette.text.secondary,
}));

interface Props {
  talk: Talk;
  timeline: TimelineState;
  selfId: string;
}

export function Timeline({ talk, timeline, selfId }: Props) {
  const { id, name, nameOf, inRoom, waiting } = talk;
  const { entries, hasOlder } = timeline;
  const messenger = useMessenger();
  const now = useNow(60_000);
  const offline = useAppSelector((state) => state.line.line.status !== "online");
  const signingAway = useAppSelector((state) => !state.line.quantum);

  const older = useCommand(() => messenger.loadOlder(id));
  const canLoad = hasOlder && !older.running && older.problem === null;
  const { run } = older;
  const onNearStart = useCallback(() => {
    if (canLoad) void run();
  }, [canLoad, run]);

  const { scroller, atEnd, fresh, toEnd, onScroll } = useTimelineScroll({ entries, selfId, onNearStart });
  useMarkRead(talk, entries, atEnd);
  const unreadAfter = useUnreadAfter(talk);
  const blocks = useMemo(() => blocksOf(entries, selfId, unreadAfter), [entries, selfId, unreadAfter]);
  const found = useMessageOfAddress(scroller, entries.length, canLoad, run);
  const rows = useRows(entries);

  const { deliveredSeq, seenSeq } = talk;
  const reached = useMemo(() => ({ deliveredSeq, seenSeq }), [deliveredSeq, seenSeq]);
  const marked = useMemo(() => newestInEachState(entries, selfId, reached), [entries, selfId, reached]);
  return (
    <Frame>
      <Scroller
        ref={scroller}
        onScroll={onScroll}
        onKeyDown={moveBetweenMessages}
        onFocus={rows.onFocus}
        role="log"
        aria-label={`Messages with ${name}`}
        aria-busy={older.running}
        tabIndex={0}
      >
        <Content>
          {hasOlder && (
            <Top>
              {older.problem === null ? (
                older.running && "Loading earlier messages…"
              ) : (
                <>
                  {problemWords(older.problem)}
                  <Button size="small" onClick={() => void run()}>
                    Try again
                  </Button>
                </>
              )}
            </Top>
          )}
          {blocks.map((block) => {
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
                    reached={reached}
                    inRoom={inRoom}
                    marked={marked}
                    waitingWord={waitingWord(talk, offline)}
                    signingAway={signingAway && !offline && talk.open}
                    found={found}
                    tabStop={rows.tabStop}
                  />
                );
            }
          })}
          {waiting !== null && <NoticeLine line={waiting} />}
        </Content>
      </Scroller>
      {!atEnd && (
        <Pill
          size="small"
          onClick={toEnd}
          endIcon={<DownIcon size={16} />}
          aria-label={fresh > 0 ? `${fresh} new, go to the newest message` : "Go to the newest message"}
        >
          {fresh > 0 ? `${fresh} new` : "Newest"}
        </Pill>
      )}
    </Frame>
  );
}

function waitingWord({ waiting, waitsFor }: Talk, offline: boolean): string {
  if (offline) return "Sent when you are back online";
  return waiting === null ? "Sending" : waitsFor;
}
