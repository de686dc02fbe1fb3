import { useMemo } from "react";
import { useAppSelector, useNow } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import type { Conversation, Room } from "../../realtime/state";
import { type Talk, talkOf, talkOfRoom } from "./talk";

export function useTalk(conversation: Conversation): Talk {
  const now = useNow(60_000);
  return useMemo(() => talkOf(conversation, now), [conversation, now]);
}

export function useRoomTalk(room: Room): Talk {
  const people = useAppSelector((state) => state.connections.people);
  const selfId = useAppSelector(selectSelf)?.userId ?? "";
  return useMemo(() => talkOfRoom(room, selfId, (id) => people?.[id]?.username ?? "Somebody"), [room, selfId, people]);
}
