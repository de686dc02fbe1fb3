import { describe, expect, it } from "vitest";
import { NOT_LOGGED, type TimelineEntry } from "../../realtime/state";
import { makeStore } from "../../app/store";
import { changes, type Page } from "../../realtime/changes";
import { PLAIN } from "../../testing/fixtures/people";
import { deliveryOf, newestInEachState } from "./delivery";
import { blocksOf } from "./groups";

const NOON = new Date("2026-05-05T12:00:00").getTime();
const MINUTE = 60_000;

const message = (position: number, authorId: string, minutes: number): TimelineEntry => ({
  ...PLAIN,
  kind: "message",
  id: `m${position}-${minutes}`,
  position,
  at: NOON + minutes * MINUTE,
  authorId,
  text: "",
  state: position === NOT_LOGGED ? "waiting" : "sent",
});

const shape = (entries: TimelineEntry[], unreadAfter: number | null = null) =>
  blocksOf(entries, "me", unreadAfter).map((block) => (block.kind === "group" ? block.messages.length : block.kind));

describe("blocks of a timeline", () => {
  it("joins messages of one sender within five minutes", () => {
    expect(shape([message(1, "a", 0), message(2, "a", 4.9), message(3, "a", 9.5), message(4, "a", 14.5)])).toEqual([
      "day",
      3,
      1,
    ]);
    expect(shape([message(1, "a", 0), message(2, "me", 0), message(3, "a", 0)])).toEqual(["day", 1, 1, 1]);
  });

  it("separates days", () => {
    expect(shape([message(1, "a", 0), message(2, "a", 24 * 60)])).toEqual(["day", 1, "day", 1]);
  });

  it("draws the unread line before the first unread message of somebody else", () => {
    const entries = [message(1, "a", 0), message(2, "me", 1), message(3, "a", 2), message(4, "a", 3)];
    expect(shape(entries, 1)).toEqual(["day", 1, 1, "unread", 2]);
    expect(shape(entries, 3)).toEqual(["day", 1, 1, 1, "unread", 1]);
    expect(shape(entries, 4)).toEqual(["day", 1, 1, 2]);
  });
});

it("P10.3 messages that disappeared unread one after another are one line with their number", () => {
  const gone = (position: number): TimelineEntry => ({
    kind: "notice",
    id: `d${position}`,
    position,
    at: NOON,
    notice: { code: "disappeared", count: 1 },
  });
  const blocks = blocksOf([gone(1), gone(2), gone(3), message(4, "a", 1), gone(5)], "me", null);
  const counts = blocks.map((block) =>
    block.kind === "notice" && block.entry.notice.code === "disappeared" ? block.entry.notice.count : block.kind,
  );
  expect(counts).toEqual(["day", 3, "group", 1]);
});

it("P10.3 a message that is gone leaves nothing in what quotes it", () => {
  const store = makeStore();
  const quoting = { ...message(2, "a", 1), quote: { messageId: "m1-0", authorId: "b", text: "secret", lacks: null } };
  const entries = [message(1, "b", 0), quoting] as TimelineEntry[];
  const page: Page = {
    conversationId: "c",
    which: "whole",
    beside: null,
    entries,
    from: 1,
    to: 2,
    hasOlder: false,
    hasNewer: false,
  };
  store.dispatch(changes.account({ phase: "signed_in", self: {} as never }));
  store.dispatch(changes.page(page));
  store.dispatch(changes.entryGone({ conversationId: "c", id: "m1-0" }));
  const left = store.getState().conversations.timelines.c?.entries;
  expect(left).toMatchObject([{ id: "m2-1", quote: { text: "", authorId: null, lacks: "missing" } }]);
});

it("one mark speaks for all own messages before it", () => {
  const entries = [
    message(1, "me", 0),
    message(2, "a", 1),
    message(3, "me", 2),
    message(4, "me", 3),
    message(NOT_LOGGED, "me", 4),
  ];
  expect([...newestInEachState(entries, "me", { deliveredSeq: 3, seenSeq: 0 })]).toEqual([
    "m3-2",
    "m4-3",
    `m${NOT_LOGGED}-4`,
  ]);
  expect([...newestInEachState(entries, "me", { deliveredSeq: 0, seenSeq: 0 })]).toEqual(["m4-3", `m${NOT_LOGGED}-4`]);
  expect([...newestInEachState(entries, "me", { deliveredSeq: 4, seenSeq: 3 })]).toEqual([
    "m3-2",
    "m4-3",
    `m${NOT_LOGGED}-4`,
  ]);
  const states = entries.flatMap((entry) =>
    entry.kind === "message" ? deliveryOf(entry, { deliveredSeq: 3, seenSeq: 1 }) : [],
  );
  expect(states).toEqual(["read", "delivered", "delivered", "sent", "waiting"]);
});

describe("the store's timeline", () => {
  const page = (entries: TimelineEntry[], which: Page["which"], rest: Partial<Page> = {}) => {
    const positions = entries.map(({ position }) => position).filter((position) => position !== NOT_LOGGED);
    const span = { from: Math.min(...positions), to: Math.max(...positions), hasOlder: false, hasNewer: false };
    return changes.page({ conversationId: "c", which, beside: null, entries, ...span, ...rest });
  };
  const ids = (store: ReturnType<typeof makeStore>) =>
    store.getState().conversations.timelines.c?.entries.map((entry) => entry.id);

  it("keeps the log's order, and what waits behind it", () => {
    const store = makeStore();
    const waiting = message(NOT_LOGGED, "me", 1);
    store.dispatch(page([message(5, "a", 0), waiting], "whole"));
    store.dispatch(changes.entries({ conversationId: "c", entries: [message(6, "a", 3)] }));
    store.dispatch(page([message(3, "a", -9), message(4, "a", -8)], "older", { beside: 5 }));
    expect(ids(store)).toEqual(["m3--9", "m4--8", "m5-0", "m6-3", waiting.id]);
  });

  it("takes an entry once, however often it comes", () => {
    const store = makeStore();
    const waiting = message(NOT_LOGGED, "me", 1);
    store.dispatch(page([waiting], "whole"));
    const sent = { ...waiting, position: 7, state: "sent" as const };
    for (let i = 0; i < 3; i++)
      store.dispatch(changes.entries({ conversationId: "c", entries: [sent as TimelineEntry] }));
    expect(ids(store)).toEqual([waiting.id]);
  });

  const loaded = (store: ReturnType<typeof makeStore>) => store.getState().conversations.timelines.c!;
  const from = (first: number, count: number) =>
    Array.from({ length: count }, (_, index) => message(first + index, "a", index));

  it("takes a page only where it joins what is loaded", () => {
    const store = makeStore();
    store.dispatch(page(from(50, 3), "whole", { hasOlder: true, hasNewer: true }));
    store.dispatch(page(from(40, 3), "older", { beside: 45 }));
    store.dispatch(page(from(60, 3), "newer", { beside: 59 }));
    expect(loaded(store)).toMatchObject({ from: 50, to: 52, hasOlder: true, hasNewer: true });
    store.dispatch(page(from(53, 3), "newer", { beside: 52, hasNewer: false }));
    expect(loaded(store)).toMatchObject({ from: 50, to: 55, hasOlder: true, hasNewer: false });
    expect(ids(store)).toHaveLength(6);
  });

  it("shows what comes only when nothing before it is left out", () => {
    const store = makeStore();
    store.dispatch(page(from(50, 3), "whole", { hasNewer: true }));
    const news = [message(80, "a", 1), message(NOT_LOGGED, "me", 2)];
    store.dispatch(changes.entries({ conversationId: "c", entries: news }));
    expect(ids(store)).toHaveLength(3);
    store.dispatch(page(from(53, 3), "newer", { beside: 52, hasNewer: false }));
    store.dispatch(changes.entries({ conversationId: "c", entries: news }));
    expect(ids(store)).toHaveLength(8);
    expect(loaded(store).to).toBe(80);
  });

  it("keeps a stretch of bounded length, cut between two positions, and knows that there is more", () => {
    const store = makeStore();
    store.dispatch(page(from(1000, 200), "whole"));
    // The position at which it is cut has two entries.
    store.dispatch(page([...from(850, 150), message(1149, "a", 500)], "older", { beside: 1000 }));
    expect(loaded(store)).toMatchObject({ from: 850, to: 1149, hasOlder: false, hasNewer: true });
    expect(ids(store)).toHaveLength(301);
    store.dispatch(page(from(1150, 150), "newer", { beside: 1149, hasNewer: true }));
    expect(loaded(store)).toMatchObject({ from: 1001, to: 1299, hasOlder: true, hasNewer: true });
  });

  it("forgets everything when the account is left", () => {
    const store = makeStore();
    store.dispatch(page([message(5, "a", 0)], "whole"));
    store.dispatch(changes.account({ phase: "signed_out", kept: null, reason: null }));
    expect(store.getState().conversations).toEqual({ all: null, timelines: {}, typing: {} });
  });
});
