import { useCallback, useEffect, useRef, useState } from "react";
import { useDispatch } from "react-redux";
import { useMessenger } from "../../app/hooks";
import { conversationsSlice } from "./slice";

const QUIET_MS = 400;

/** Text that survives everything: saved when typing pauses, when the page goes away, and when the conversation is left. */
export function useDraft(conversationId: string, initial: string) {
  const messenger = useMessenger();
  const dispatch = useDispatch();
  const [text, setText] = useState(initial);
  const pending = useRef<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const flush = useCallback(() => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    messenger.saveDraft(conversationId, pending.current);
    dispatch(conversationsSlice.actions.draftSaved({ id: conversationId, text: pending.current }));
    pending.current = null;
  }, [messenger, dispatch, conversationId]);

  const change = useCallback(
    (next: string) => {
      setText(next);
      pending.current = next;
      clearTimeout(timer.current);
      if (next === "") flush();
      else timer.current = setTimeout(flush, QUIET_MS);
    },
    [flush],
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

  return { text, change };
}
