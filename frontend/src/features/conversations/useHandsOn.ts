import { useCallback, useMemo, useState } from "react";
import { useStore } from "react-redux";
import type { RootState } from "../../app/store";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import type { Id, MessageEntry, Problem, Self, TimelineEntry } from "../../realtime/state";
import { allowed, type Aim, type Hands } from "./hands";
import type { Talk } from "./talk";

const toComposer = () => document.querySelector<HTMLElement>("[data-composer]")?.focus();

function entryOf(entries: TimelineEntry[] | undefined, id: Id | undefined): MessageEntry | null {
  const entry = id === undefined ? undefined : entries?.find((one) => one.id === id);
  return entry?.kind === "message" ? entry : null;
}

/** The hands of this person on this conversation, what the composer aims at, and what went wrong last. */
export function useHandsOn(
  { id, canWrite, mayRemove, mayPin, editing, nameOf: theirName }: Talk,
  self: Pick<Self, "userId" | "username">,
) {
  const { userId: selfId, username } = self;
  const messenger = useMessenger();
  const store = useStore<RootState>();
  const [aim, setAim] = useState<Aim | null>(null);
  const [removing, setRemoving] = useState<MessageEntry | null>(null);
  const react = useCommand((message: MessageEntry, emoji: string) => {
    const chosen = message.reactions.some((reaction) => reaction.emoji === emoji && reaction.by.includes(selfId));
    return messenger.react(id, message.id, emoji, !chosen);
  });
  const newest = useCommand(() => messenger.openConversation(id));
  const { run: openNewest } = newest;
  const remove = useCommand((message: MessageEntry) => messenger.deleteMessage(id, message.id));
  const { run: doReact } = react;
  const pin = useCommand((message: MessageEntry) => messenger.pin(id, message.id, message.pinned === null));
  const { run: doPin } = pin;

  const nameOf = useCallback((userId: Id) => (userId === selfId ? "You" : theirName(userId)), [selfId, theirName]);
  const usernameOf = useCallback(
    (userId: Id) => (userId === selfId ? username : theirName(userId)),
    [selfId, username, theirName],
  );
  const hands = useMemo<Hands>(
    () => ({
      selfId,
      conversationId: id,
      canWrite,
      mayRemove,
      mayPin,
      nameOf,
      usernameOf,
      aim: (next) => {
        setAim(next);
        toComposer();
      },
      editLast: () => {
        const entries = store.getState().conversations.timelines[id]?.entries ?? [];
        const last = entries.findLast((entry) => entry.kind === "message" && entry.authorId === selfId);
        if (last?.kind === "message" && allowed({ canWrite, selfId, mayRemove, mayPin }, last).edit)
          setAim({ kind: "edit", message: last });
      },
      toComposer,
      toNewest: () => {
        if (store.getState().conversations.timelines[id]?.hasNewer === true) void openNewest();
      },
      react: (message, emoji) => void doReact(message, emoji),
      remove: setRemoving,
      pin: (message) => void doPin(message),
    }),
    [selfId, id, canWrite, mayRemove, mayPin, nameOf, usernameOf, doReact, doPin, openNewest, store],
  );
  const kept = useAppSelector((state) => entryOf(state.conversations.timelines[id]?.entries, editing?.messageId));
  const [resumed, setResumed] = useState(false);
  // An edit that was begun before goes on as soon as its message is there.
  if (!resumed && kept !== null) {
    setResumed(true);
    if (aim === null && allowed({ canWrite, selfId, mayRemove, mayPin }, kept).edit)
      setAim({ kind: "edit", message: kept });
  }
  const problem: Problem | null = react.problem ?? pin.problem;
  return { hands, aim, setAim, removing, setRemoving, remove, problem };
}
