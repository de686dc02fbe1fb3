import { useCallback, useEffect, useRef, useState } from "react";
import { useMessenger } from "../../app/hooks";
import type { Talk } from "./talk";
import { NOT_LOGGED, type Id, type TimelineEntry } from "../../realtime/state";
import type { LineAt } from "./useTimelineScroll";

const looking = () => document.visibilityState === "visible" && document.hasFocus();

/** Is somebody in front of this page? */
function useLooking(): boolean {
  const [is, setIs] = useState(looking);
  useEffect(() => {
    const update = () => setIs(looking());
    window.addEventListener("focus", update);
    window.addEventListener("blur", update);
    document.addEventListener("visibilitychange", update);
    return () => {
      window.removeEventListener("focus", update);
      window.removeEventListener("blur", update);
      document.removeEventListener("visibilitychange", update);
    };
  }, []);
  return is;
}

/** Read is what stood at the end of the page while somebody looked. */
export function useMarkRead(talk: Talk, entries: TimelineEntry[], atEnd: boolean): void {
  const messenger = useMessenger();
  const here = useLooking();
  const newest = entries.reduce(
    (seq, { position }) => (position === NOT_LOGGED ? seq : Math.max(seq, Math.floor(position))),
    0,
  );
  useEffect(() => {
    if (here && atEnd && newest > talk.readSeq) messenger.markRead(talk.id, newest);
  }, [messenger, here, atEnd, newest, talk.readSeq, talk.id]);
}

/** Who scrolls past a message has not stopped at it. */
const SEEN_AFTER_MS = 400;

/** Read is also what one has scrolled to: called with the last message that stands on the page as a whole. */
export function useSeen(talk: Talk, entries: TimelineEntry[]): (id: Id) => void {
  const messenger = useMessenger();
  const here = useLooking();
  const latest = useRef({ here, entries, talk });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    latest.current = { here, entries, talk };
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (id) => {
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        const now = latest.current;
        const position = now.entries.find((entry) => entry.id === id)?.position ?? NOT_LOGGED;
        if (now.here && position !== NOT_LOGGED && position > now.talk.readSeq)
          messenger.markRead(now.talk.id, Math.floor(position));
      }, SEEN_AFTER_MS);
    },
    [messenger],
  );
}

/** Behind which seq "unread from here" stands, how many messages that are, and whether the line has been on the page. */
export interface Unread {
  after: number;
  count: number;
  seen: boolean;
}

const unreadOf = ({ readSeq, unread }: Talk): Unread => ({ after: readSeq, count: unread, seen: false });

/** What was unread when the conversation was opened, or what came since one went away. */
export function useUnread(talk: Talk): { unread: Unread | null; noteLine: (at: LineAt) => void } {
  const here = useLooking();
  const [unread, setUnread] = useState<Unread | null>(() => (talk.unread > 0 ? unreadOf(talk) : null));
  const [was, setWas] = useState(here);
  if (was !== here) {
    setWas(here);
    if (!here) setUnread(unreadOf(talk));
  } else if (!here && unread !== null && unread.count !== talk.unread) setUnread({ ...unread, count: talk.unread });
  const noteLine = (at: LineAt) => {
    if (here && at === "here" && unread !== null && !unread.seen) setUnread({ ...unread, seen: true });
  };
  return { unread, noteLine };
}
