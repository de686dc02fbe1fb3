import { useCallback, useEffect, useRef, useState } from "react";

const QUIET_MS = 400;

/**
 * Something written that survives everything: saved when typing pauses, when the page goes away, and when the conversation is
 * left; at once when nothing is left of it. `save` stays the same function.
 */
export function useDraft<T>(initial: T, isEmpty: (value: T) => boolean, save: (value: T) => void) {
  const [value, setValue] = useState(initial);
  const pending = useRef<{ value: T } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    save(pending.current.value);
    pending.current = null;
  }, [save]);

  const change = useCallback(
    (next: T) => {
      setValue(next);
      pending.current = { value: next };
      clearTimeout(timer.current);
      if (isEmpty(next)) flush();
      else timer.current = setTimeout(flush, QUIET_MS);
    },
    [flush, isEmpty],
  );

  useEffect(() => {
    window.addEventListener("pagehide", flush);
    document.addEventListener("visibilitychange", flush);
    return () => {
      window.removeEventListener("pagehide", flush);
      document.removeEventListener("visibilitychange", flush);
      flush();
    };
  }, [flush]);

  return { value, change };
}
