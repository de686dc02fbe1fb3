import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { TimelineEntry } from "../../realtime/state";

/** So near to the end counts as being there. */
const NEAR_END_PX = 48;
/** Older history is fetched before one runs into its end. */
const NEAR_START_PX = 600;

interface Options {
  entries: TimelineEntry[];
  selfId: string;
  onNearStart: () => void;
}

const distanceToEnd = (element: HTMLElement) => element.scrollHeight - element.scrollTop - element.clientHeight;

const firstMessage = (element: HTMLElement) => element.querySelector<HTMLElement>("[data-message]");

/**
 * New messages never move what one is reading: at the end the timeline follows, elsewhere it stays and counts. Older history
 * goes on top without a jump: the message that was first stays where it was.
 */
export function useTimelineScroll({ entries, selfId, onNearStart }: Options) {
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const [fresh, setFresh] = useState(0);
  const following = useRef(true);
  const known = useRef<{ ids: Set<string>; first: { id: string; top: number } | null } | null>(null);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTop = element.scrollHeight;
    following.current = true;
    setAtEnd(true);
    setFresh(0);
  }, []);

  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    following.current = distanceToEnd(element) < NEAR_END_PX;
    setAtEnd(following.current);
    if (following.current) setFresh(0);
    if (element.scrollTop < NEAR_START_PX) onNearStart();
  }, [onNearStart]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const before = known.current;
    if (before === null) {
      const line = element.querySelector<HTMLElement>("[data-unread-line]");
      if (line === null) toEnd();
      else {
        element.scrollTop = line.offsetTop - element.clientHeight / 4;
        onScroll();
      }
    } else {
      const first =
        before.first === null ? null : element.querySelector<HTMLElement>(`[data-message="${before.first.id}"]`);
      if (before.first !== null && first !== null) element.scrollTop += first.offsetTop - before.first.top;
      const lastKnown = entries.findLastIndex((entry) => before.ids.has(entry.id));
      const news = entries.slice(lastKnown + 1).filter((entry) => entry.kind === "message");
      if (following.current || news.some((entry) => entry.authorId === selfId)) toEnd();
      else if (news.length > 0) setFresh((count) => count + news.length);
    }
    const first = firstMessage(element);
    known.current = {
      ids: new Set(entries.map((entry) => entry.id)),
      first: first === null ? null : { id: first.dataset.message ?? "", top: first.offsetTop },
    };
    if (element.scrollTop < NEAR_START_PX) onNearStart();
    // Only the entries make a new layout here; the rest is stable or read through refs.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [entries]);

  // A growing composer, a keyboard, a turned phone: whoever was at the end stays there.
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (following.current) element.scrollTop = element.scrollHeight;
      const first = firstMessage(element);
      if (known.current?.first && first?.dataset.message === known.current.first.id)
        known.current.first.top = first.offsetTop;
    });
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);

  return { scroller, atEnd, fresh, toEnd, onScroll };
}
