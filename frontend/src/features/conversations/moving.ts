/** Ways to a message: by keyboard, and by its address. */
import { useCallback, useEffect, useRef, useState, type FocusEvent, type KeyboardEvent } from "react";
import { useLocation, useSearchParams } from "react-router";
import type { Id, Place, TimelineEntry } from "../../realtime/state";
import type { Goal } from "./useTimelineScroll";

/** Up and down go from message to message; Tab stops at one of them, the newest or where one was. */
export function useRows(entries: TimelineEntry[]) {
  const [focused, setFocused] = useState<string | null>(null);
  const newest = entries.findLast((entry) => entry.kind === "message")?.id ?? null;
  const known = entries.some(({ id }) => id === focused);
  const onFocus = useCallback(({ target }: FocusEvent<HTMLElement>) => {
    const row = target.closest<HTMLElement>("[data-row]");
    if (row !== null) setFocused(row.dataset.row ?? null);
  }, []);
  return { tabStop: known ? focused : newest, onFocus };
}

export function moveBetweenMessages(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const row = event.target as HTMLElement;
  if (step === undefined || row.dataset.row === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-row]")];
  const next = rows[rows.indexOf(row) + step];
  event.preventDefault();
  if (next === undefined) return;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** The message that the address names. */
export function useWanted(): Id | null {
  return useSearchParams()[0].get("message");
}

/** It is gone to; what is not loaded is fetched, with what stands around it. */
export function useWay(wanted: Id | null, go: (goal: Goal) => boolean, load: (place: Place) => void): void {
  // A click on the same quote again goes there again.
  const { key } = useLocation();
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (wanted === null || shown.current === key) return;
    shown.current = key;
    if (!go({ message: wanted })) load(wanted);
  }, [go, load, wanted, key]);
}
