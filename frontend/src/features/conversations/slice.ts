import { createSlice } from "@reduxjs/toolkit";
import { changes } from "../../realtime/changes";
import type { Conversation, Id, MessageEntry, TimelineEntry } from "../../realtime/state";

export interface Timeline {
  entries: TimelineEntry[];
  hasOlder: boolean;
}

export interface ConversationsSlice {
  /** Null: not loaded yet. */
  all: Record<Id, Conversation> | null;
  /** Of the conversations that are open. */
  timelines: Record<Id, Timeline>;
  /** Who else writes just now, in sessions and rooms. */
  typing: Record<Id, Id[]>;
}

const initialState: ConversationsSlice = { all: null, timelines: {}, typing: {} };

const inOrder = (a: TimelineEntry, b: TimelineEntry): number =>
  a.position - b.position || a.at - b.at || (a.id < b.id ? -1 : 1);

/** What a quoted message is now, in those that quote it. */
function requoted(entry: TimelineEntry, news: ReadonlyMap<Id, MessageEntry>): TimelineEntry {
  const original = entry.kind === "message" && entry.quote !== null ? news.get(entry.quote.messageId) : undefined;
  if (entry.kind !== "message" || entry.quote === null || original === undefined) return entry;
  const { authorId, text, deletedAt, newer } = original;
  const lacks = deletedAt !== null ? "deleted" : newer ? "newer" : null;
  return { ...entry, quote: { ...entry.quote, authorId, text, lacks } };
}

/** New and changed entries. What changed above the loaded part is not shown there: only its quotes are. */
function take({ entries, hasOlder }: Timeline, news: TimelineEntry[]): TimelineEntry[] {
  const ids = new Set(entries.map(({ id }) => id));
  const first = hasOlder ? (entries[0]?.position ?? 0) : 0;
  const messages = new Map(news.flatMap((entry) => (entry.kind === "message" ? [[entry.id, entry] as const] : [])));
  const merged = merge(
    entries,
    news.filter(({ id, position }) => ids.has(id) || position >= first),
  );
  return messages.size === 0 ? merged : merged.map((entry) => requoted(entry, messages));
}

/** Newer knowledge of an entry takes the older one's place. */
function merge(known: TimelineEntry[], news: TimelineEntry[]): TimelineEntry[] {
  const ids = new Set(news.map((entry) => entry.id));
  return [...known.filter((entry) => !ids.has(entry.id)), ...news].sort(inOrder);
}

export const conversationsSlice = createSlice({
  name: "conversations",
  initialState,
  reducers: {},
  extraReducers: (builder) => {
    builder
      .addCase(changes.account, (state, { payload }) => (payload.phase === "signed_in" ? state : initialState))
      .addCase(changes.conversations, (state, { payload }) => {
        state.all = Object.fromEntries(payload.map((conversation) => [conversation.id, conversation]));
      })
      .addCase(changes.conversation, (state, { payload }) => {
        state.all = { ...state.all, [payload.id]: payload };
      })
      .addCase(changes.draft, (state, { payload: { conversationId, draft } }) => {
        const conversation = state.all?.[conversationId];
        if (conversation !== undefined) conversation.draft = draft;
      })
      .addCase(changes.editing, (state, { payload: { conversationId, editing } }) => {
        const conversation = state.all?.[conversationId];
        if (conversation !== undefined) conversation.editing = editing;
      })
      .addCase(changes.typing, (state, { payload: { conversationId, people } }) => {
        state.typing[conversationId] = people;
      })
      .addCase(changes.conversationGone, (state, { payload }) => {
        /* eslint-disable @typescript-eslint/no-dynamic-delete -- ids are keys here */
        if (state.all !== null) delete state.all[payload.id];
        delete state.timelines[payload.id];
        /* eslint-enable @typescript-eslint/no-dynamic-delete */
      })
      .addCase(changes.page, (state, { payload }) => {
        const known = payload.which === "older" ? (state.timelines[payload.conversationId]?.entries ?? []) : [];
        state.timelines[payload.conversationId] = {
          entries: merge(known, payload.entries),
          hasOlder: payload.hasOlder,
        };
      })
      .addCase(changes.entries, (state, { payload }) => {
        const timeline = state.timelines[payload.conversationId];
        if (timeline !== undefined) timeline.entries = take(timeline, payload.entries);
      })
      .addCase(changes.entryGone, (state, { payload }) => {
        const timeline = state.timelines[payload.conversationId];
        if (timeline !== undefined) timeline.entries = timeline.entries.filter((entry) => entry.id !== payload.id);
      });
  },
});
