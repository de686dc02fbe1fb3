/** Ways to a message: by keyboard, and by its address. */
import { useCallback, useEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type RefObject } from "react";
import { useLocation, useSearchParams } from "react-router";
import type { TimelineEntry } from "../../realtime/state";

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

/** `?message=` is shown, loading older history until it is there. */
export function useMessageOfAddress(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  canLoad: boolean,
  load: () => Promise<boolean>,
): string | null {
  const [search] = useSearchParams();
  const wanted = search.get("message");
  // A click on the same quote again goes there again.
  const { key } = useLocation();
  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (wanted === null || shown.current === key) return;
    const element = scroller.current?.querySelector(`[data-message="${CSS.escape(wanted)}"]`);
    if (element) {
      shown.current = key;
      element.scrollIntoView({ block: "center" });
    } else if (canLoad) void load();
  }, [scroller, wanted, key, count, canLoad, load]);
  return wanted;
}
