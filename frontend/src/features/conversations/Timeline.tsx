import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useCallback, useMemo } from "react";
import { useCommand, useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Place, Problem } from "../../realtime/state";
import { Blocks } from "./Blocks";
import { newestInEachState } from "./delivery";
import { blocksOf } from "./groups";
import { ToNewest, ToUnread } from "./Jumps";
import { NoticeLine } from "./lines";
import type { Timeline as TimelineState } from "./slice";
import { moveBetweenMessages, useRows, useWanted, useWay } from "./moving";
import { useMarkRead, useSeen, useUnread, type Unread } from "./useReading";
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

const End = styled("div")(({ theme }) => ({
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
  const { id, name, waiting, deliveredSeq, seenSeq } = talk;
  const { entries, hasOlder, hasNewer } = timeline;
  const now = useNow(60_000);
  const { older, newer, place, onNear } = useLoading(id, timeline);
  const onSeen = useSeen(talk, entries);
  const found = useWanted();
  const { scroller, atEnd, lineAt, go, letGo, onScroll } = useTimelineScroll({ timeline, found, onNear, onSeen });
  useMarkRead(talk, entries, atEnd);
  const { unread, noteLine } = useUnread(talk);
  noteLine(lineAt);

  const { run } = place;
  const load = useCallback((where: Place | null) => void run(where).then((there) => there || letGo()), [run, letGo]);
  const toUnread = () => unread !== null && (go("line") || load(unread.after));
  const toNewest = () => go("end") || load(null);
  const lineFrom = unread !== null && isLoaded(timeline, unread) ? unread.after : null;
  const blocks = useMemo(() => blocksOf(entries, selfId, lineFrom), [entries, selfId, lineFrom]);
  useWay(found, go, load);
  const rows = useRows(entries);
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
        aria-busy={older.running || newer.running || place.running}
        tabIndex={0}
      >
        <Content>
          {hasOlder && <More {...older} words="Loading earlier messages…" />}
          <Blocks {...{ talk, blocks, selfId, now, reached, marked, found }} tabStop={rows.tabStop} />
          {hasNewer && <More {...newer} words="Loading later messages…" />}
          {waiting !== null && <NoticeLine line={waiting} />}
        </Content>
      </Scroller>
      {unread !== null && isAbove(timeline, unread, lineAt) && (
        <ToUnread count={unread.count} disabled={place.running} onClick={toUnread} />
      )}
      {!atEnd && <ToNewest count={talk.unread} disabled={place.running} onClick={toNewest} />}
    </Frame>
  );
}

/** What fetches the rest of the history: at both ends, and elsewhere. */
function useLoading(id: string, { from, to, hasOlder, hasNewer }: TimelineState) {
  const messenger = useMessenger();
  const older = useCommand(() => messenger.loadOlder(id, from));
  const newer = useCommand(() => messenger.loadNewer(id, to));
  const place = useCommand((where: Place | null) => messenger.openConversation(id, where));
  const canLoad = { start: hasOlder && isFree(older), end: hasNewer && isFree(newer) };
  const { start, end } = { start: canLoad.start ? older.run : null, end: canLoad.end ? newer.run : null };
  const onNear = useCallback((which: "start" | "end") => void (which === "start" ? start?.() : end?.()), [start, end]);
  return { older, newer, place, onNear };
}

const isFree = ({ running, problem }: { running: boolean; problem: Problem | null }) => !running && problem === null;

/** Whether the place where the unread messages begin is among what is loaded. */
const isLoaded = ({ from, hasOlder }: TimelineState, { after }: Unread) => !hasOlder || from <= after + 1;

/** Whether one has to go up to see it. */
function isAbove(timeline: TimelineState, unread: Unread, lineAt: "above" | "here" | "below" | "none"): boolean {
  if (unread.seen || unread.count === 0) return false;
  return lineAt === "above" || !isLoaded(timeline, unread);
}

interface MoreProps {
  running: boolean;
  problem: Problem | null;
  run: () => Promise<unknown>;
  words: string;
}

function More({ running, problem, run, words }: MoreProps) {
  return (
    <End>
      {problem === null ? (
        running && words
      ) : (
        <>
          {problemWords(problem)}
          <Button size="small" onClick={() => void run()}>
            Try again
          </Button>
        </>
      )}
    </End>
  );
}
