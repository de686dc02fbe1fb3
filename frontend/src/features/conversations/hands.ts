/** What a person can do to the messages of an open conversation: the timeline offers it, the page carries it out. */
import { createContext, useContext } from "react";
import type { Id, MessageEntry } from "../../realtime/state";

/** What the composer is used for, when it is not a new message. */
export interface Aim {
  kind: "reply" | "edit";
  message: MessageEntry;
}

export interface Hands {
  selfId: Id;
  conversationId: Id;
  /** Something can be sent here now, or waits until it can. */
  canWrite: boolean;
  /** Whether one's role allows to delete what this person wrote. */
  mayRemove: (authorId: Id) => boolean;
  mayPin: boolean;
  /** Of oneself: "You". */
  nameOf: (userId: Id) => string;
  /** The user name, of oneself too. */
  usernameOf: (userId: Id) => string;
  aim: (aim: Aim) => void;
  /** The newest of one's own, if it can be edited. */
  editLast: () => void;
  /** To the field where one writes. */
  toComposer: () => void;
  /** To where one's own messages come, if something else is on the page. */
  toNewest: () => void;
  react: (message: MessageEntry, emoji: string) => void;
  remove: (message: MessageEntry) => void;
  /** Pins it, or unpins one that is pinned. */
  pin: (message: MessageEntry) => void;
}

export const HandsContext = createContext<Hands | null>(null);

export function useHands(): Hands {
  const hands = useContext(HandsContext);
  if (hands === null) throw new Error("No conversation above this component");
  return hands;
}

/** What may be done to this message by this person now. */
export function allowed(
  { canWrite, selfId, mayRemove, mayPin }: Pick<Hands, "canWrite" | "selfId" | "mayRemove" | "mayPin">,
  message: MessageEntry,
) {
  const can = canWrite && message.changeable;
  const own = can && message.authorId === selfId;
  return {
    answer: can,
    react: can,
    edit: own && message.critical === null && !message.newer,
    pin: can && mayPin,
    remove: own || (can && mayRemove(message.authorId)),
  };
}

/** "You, bob and 2 others". */
export function names(userIds: readonly Id[], nameOf: Hands["nameOf"], most = 3): string {
  const shown = userIds.slice(0, most).map(nameOf);
  const rest = userIds.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  return new Intl.ListFormat("en").format(shown);
}
