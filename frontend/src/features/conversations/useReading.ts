import { useEffect, useState } from "react";
import { useMessenger } from "../../app/hooks";
import type { Talk } from "./talk";
import { NOT_LOGGED, type TimelineEntry } from "../../realtime/state";

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

/** Behind which seq "unread from here" stands: where one was when the conversation was opened, or when one went away. */
export function useUnreadAfter(talk: Talk): number | null {
  const here = useLooking();
  const [after, setAfter] = useState<number | null>(() => (talk.unread > 0 ? talk.readSeq : null));
  const [was, setWas] = useState(here);
  if (was !== here) {
    setWas(here);
    if (!here) setAfter(talk.readSeq);
  }
  return after;
}
