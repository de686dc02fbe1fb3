import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { NOT_LOGGED, type Id } from "../../realtime/state";
import type { Timeline } from "./slice";

/** So near to the end counts as being there. */
const NEAR_END_PX = 48;
/** What comes next is fetched before one runs into the end of what is loaded. */
const AHEAD_PX = 600;

/** Where to go: the newest message, the line "unread from here", or a message by its id. */
export type Goal = "end" | "line" | { message: string };

/** Where the line "unread from here" is, as far as it is loaded. */
export type LineAt = "none" | "above" | "here" | "below";

interface Options {
  timeline: Timeline;
  /** Where one begins. */
  found: Id | null;
  onNear: (end: "start" | "end") => void;
  /** The last message that stands on the page as a whole. */
  onSeen: (id: string) => void;
}

const distanceToEnd = (element: HTMLElement) => element.scrollHeight - element.scrollTop - element.clientHeight;

const rowsOf = (element: HTMLElement) => element.querySelectorAll<HTMLElement>("[data-row]");

/** How many rows end above this height. By halves: each that is asked costs. */
function rowsAbove(rows: NodeListOf<HTMLElement>, height: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > height) to = middle;
    else from = middle + 1;
  }
  return from;
}

function find(element: HTMLElement, goal: Exclude<Goal, "end">): HTMLElement | null {
  if (goal === "line") return element.querySelector<HTMLElement>("[data-unread-line]");
  return element.querySelector<HTMLElement>(`[data-row="${CSS.escape(goal.message)}"]`);
}

function lineIn(element: HTMLElement): LineAt {
  const line = find(element, "line")?.getBoundingClientRect();
  const page = element.getBoundingClientRect();
  if (line === undefined) return "none";
  if (line.bottom < page.top) return "above";
  return line.top > page.bottom ? "below" : "here";
}

function near(element: HTMLElement, onNear: Options["onNear"]): void {
  if (element.scrollTop < AHEAD_PX) onNear("start");
  if (distanceToEnd(element) < AHEAD_PX) onNear("end");
}

/**
 * Nothing moves what one is reading: at the end the timeline follows, elsewhere the first message on the page stays where it
 * is, whatever is loaded, cut off or grows above it.
 */
export function useTimelineScroll(options: Options) {
  const { entries, hasNewer } = options.timeline;
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(!hasNewer);
  const [lineAt, setLineAt] = useState<LineAt>("none");
  const latest = useRef(options);
  const following = useRef(false);
  const anchor = useRef<{ id: string; top: number; scrollTop: number } | null>(null);
  const goal = useRef<Goal | null>(null);
  const known = useRef<ReadonlySet<string> | null>(null);
  useLayoutEffect(() => {
    latest.current = options;
  });

  /** Takes in where one is now. */
  const look = useCallback((element: HTMLElement) => {
    const { timeline, onNear, onSeen } = latest.current;
    const page = element.getBoundingClientRect();
    const rows = rowsOf(element);
    const first = rows[rowsAbove(rows, page.top)] ?? rows[rows.length - 1];
    const top = (first?.getBoundingClientRect().top ?? 0) - page.top;
    anchor.current = first === undefined ? null : { id: first.dataset.row ?? "", top, scrollTop: element.scrollTop };
    following.current = !timeline.hasNewer && distanceToEnd(element) < NEAR_END_PX;
    setAtEnd(following.current);
    setLineAt(lineIn(element));
    const seen = rows[rowsAbove(rows, page.bottom) - 1]?.dataset.row;
    if (seen !== undefined) onSeen(seen);
    near(element, onNear);
  }, []);

  /** After what stands on the page has changed its height or place. */
  const hold = useCallback(
    (element: HTMLElement) => {
      const row = anchor.current === null ? null : find(element, { message: anchor.current.id });
      if (following.current) element.scrollTop = element.scrollHeight;
      else if (row !== null && anchor.current !== null) {
        // Somebody may scroll at this very moment; at the end it is the browser that did, since there is less.
        const scrolled = distanceToEnd(element) < 1 ? 0 : element.scrollTop - anchor.current.scrollTop;
        const top = row.getBoundingClientRect().top - element.getBoundingClientRect().top;
        element.scrollTop += top - (anchor.current.top - scrolled);
      }
      look(element);
    },
    [look],
  );

  /** False: it is not loaded; it is gone to as soon as it is. */
  const go = useCallback(
    (to: Goal): boolean => {
      const element = scroller.current;
      goal.current = to;
      if (element === null) return false;
      if (to === "end") {
        if (latest.current.timeline.hasNewer) return false;
        element.scrollTop = element.scrollHeight;
      } else {
        const found = find(element, to);
        if (found === null) return false;
        const above = (element.clientHeight - found.offsetHeight) / (to === "line" ? 4 : 2);
        const top = found.getBoundingClientRect().top - element.getBoundingClientRect().top;
        element.scrollTop += top - Math.max(above, 0);
      }
      goal.current = null;
      look(element);
      return true;
    },
    [look],
  );

  const letGo = useCallback(() => {
    goal.current = null;
  }, []);

  const onScroll = useCallback(() => {
    if (scroller.current !== null) look(scroller.current);
  }, [look]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const before = known.current;
    known.current = new Set(entries.map(({ id }) => id));
    const written = entries.some(({ id, position }) => position === NOT_LOGGED && before?.has(id) === false);
    if (before === null) {
      const { found } = latest.current;
      if (found === null || !go({ message: found })) if (!go("line")) go("end");
    } else if (goal.current !== null) {
      if (!go(goal.current)) hold(element);
    } else if (written) go("end");
    else hold(element);
  }, [entries, hasNewer, go, hold]);

  // What could not be fetched when one came near, since something else was.
  const { onNear } = options;
  useEffect(() => {
    if (scroller.current !== null) near(scroller.current, onNear);
  }, [onNear]);

  // A picture that grows, a composer, a keyboard, a turned phone.
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => hold(element));
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, [hold]);

  return { scroller, atEnd, lineAt, go, letGo, onScroll };
}
