import { createSlice } from "@reduxjs/toolkit";
import { changes, type Page } from "../../realtime/changes";
import { NOT_LOGGED, type Conversation, type Id, type MessageEntry, type TimelineEntry } from "../../realtime/state";

/** The part of a timeline that is loaded: a stretch of its log, at whose ends there may be more. */
export interface Timeline {
  entries: TimelineEntry[];
  /** The positions that it spans. */
  from: number;
  to: number;
  hasOlder: boolean;
  hasNewer: boolean;
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

/** What quotes a message that is not on this browser any more. */
const unquoted = (entry: TimelineEntry, gone: Id): TimelineEntry =>
  entry.kind === "message" && entry.quote?.messageId === gone
    ? { ...entry, quote: { messageId: gone, authorId: null, text: "", lacks: "missing" } }
    : entry;

/** New and changed entries. What changed beyond the loaded part is not shown there: only its quotes are. */
function take(timeline: Timeline, news: TimelineEntry[]): Timeline {
  const { entries, from, to, hasOlder, hasNewer } = timeline;
  const ids = new Set(entries.map(({ id }) => id));
  const messages = new Map(news.flatMap((entry) => (entry.kind === "message" ? [[entry.id, entry] as const] : [])));
  const inside = news.filter(
    ({ id, position }) => ids.has(id) || ((!hasOlder || position >= from) && (!hasNewer || Math.floor(position) <= to)),
  );
  const merged = merge(entries, inside);
  const newest = inside.reduce((seq, entry) => Math.max(seq, seqOf(entry) ?? 0), to);
  return {
    ...timeline,
    entries: messages.size === 0 ? merged : merged.map((entry) => requoted(entry, messages)),
    to: newest,
  };
}

const seqOf = ({ position }: TimelineEntry): number | null => (position === NOT_LOGGED ? null : Math.floor(position));

/** So many entries are on the page at most: what is far from where one reads is fetched again when one comes back. */
const MOST = 300;

/** The page that joins what is loaded, and as much of the other end as there is room for. */
function joined(timeline: Timeline, page: Page): Timeline {
  const older = page.which === "older";
  // It was asked for at an end that has moved since.
  if (page.beside !== (older ? timeline.from : timeline.to)) return timeline;
  const entries = merge(timeline.entries, page.entries);
  const ends = older ? { from: page.from, hasOlder: page.hasOlder } : { to: page.to, hasNewer: page.hasNewer };
  return older ? withoutEnd({ ...timeline, ...ends, entries }) : withoutStart({ ...timeline, ...ends, entries });
}

/** Cut between two positions of the log, as pages are. */
function withoutEnd(timeline: Timeline): Timeline {
  const { entries } = timeline;
  const last = entries[MOST - 1];
  const to = entries.length > MOST && last !== undefined ? seqOf(last) : null;
  if (to === null) return timeline;
  const kept = entries.filter(({ position }) => Math.floor(position) <= to);
  return kept.length === entries.length ? timeline : { ...timeline, entries: kept, to, hasNewer: true };
}

function withoutStart(timeline: Timeline): Timeline {
  const { entries } = timeline;
  const first = entries.at(-MOST);
  const from = entries.length > MOST && first !== undefined ? seqOf(first) : null;
  if (from === null) return timeline;
  const kept = entries.filter(({ position }) => position >= from);
  return kept.length === entries.length ? timeline : { ...timeline, entries: kept, from, hasOlder: true };
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
        const { conversationId, which, entries, from, to, hasOlder, hasNewer } = payload;
        const timeline = state.timelines[conversationId];
        if (which === "whole")
          state.timelines[conversationId] = { entries: merge([], entries), from, to, hasOlder, hasNewer };
        else if (timeline !== undefined) state.timelines[conversationId] = joined(timeline, payload);
      })
      .addCase(changes.entries, (state, { payload }) => {
        const timeline = state.timelines[payload.conversationId];
        if (timeline !== undefined) state.timelines[payload.conversationId] = take(timeline, payload.entries);
      })
      .addCase(changes.entryGone, (state, { payload }) => {
        const timeline = state.timelines[payload.conversationId];
        if (timeline === undefined) return;
        timeline.entries = timeline.entries
          .filter(({ id }) => id !== payload.id)
          .map((entry) => unquoted(entry, payload.id));
      });
  },
});
