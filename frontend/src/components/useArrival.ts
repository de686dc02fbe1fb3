import { useLayoutEffect, useRef, type RefObject } from "react";

/** Where a page or pane leads to: it has the focus as soon as it is drawn, and again for another `subject`. */
export function useArrival<T extends HTMLElement = HTMLHeadingElement>(subject?: string): RefObject<T | null> {
  const target = useRef<T>(null);
  // Before the page is painted: a key pressed at once must not go to what stood here before.
  useLayoutEffect(() => target.current?.focus(), [subject]);
  return target;
}
