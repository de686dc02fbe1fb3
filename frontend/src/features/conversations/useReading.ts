import { useEffect, useState } from "react";
import { useMessenger } from "../../app/hooks";
import { NOT_LOGGED, type Conversation, type TimelineEntry } from "../../realtime/state";

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
export function useMarkRead(conversation: Conversation, entries: TimelineEntry[], atEnd: boolean): void {
  const messenger = useMessenger();
  const here = useLooking();
  const newest = entries.reduce(
    (seq, { position }) => (position === NOT_LOGGED ? seq : Math.max(seq, Math.floor(position))),
    0,
  );
  useEffect(() => {
    if (here && atEnd && newest > conversation.readSeq) messenger.markRead(conversation.id, newest);
  }, [messenger, here, atEnd, newest, conversation.readSeq, conversation.id]);
}

/** Behind which seq "unread from here" stands: where one was when the conversation was opened, or when one went away. */
export function useUnreadAfter(conversation: Conversation): number | null {
  const here = useLooking();
  const [after, setAfter] = useState<number | null>(() => (conversation.unread > 0 ? conversation.readSeq : null));
  const [was, setWas] = useState(here);
  if (was !== here) {
    setWas(here);
    if (!here) setAfter(conversation.readSeq);
  }
  return after;
}
