import { describe, expect, it } from "vitest";
import { NOT_LOGGED, type TimelineEntry } from "../../realtime/state";
import { makeStore } from "../../app/store";
import { changes } from "../../realtime/changes";
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
  const page = (entries: TimelineEntry[], which: "latest" | "older") =>
    changes.page({ conversationId: "c", which, entries, hasOlder: false });
  const ids = (store: ReturnType<typeof makeStore>) =>
    store.getState().conversations.timelines.c?.entries.map((entry) => entry.id);

  it("keeps the log's order, and what waits behind it", () => {
    const store = makeStore();
    const waiting = message(NOT_LOGGED, "me", 1);
    store.dispatch(page([message(5, "a", 0), waiting], "latest"));
    store.dispatch(changes.entries({ conversationId: "c", entries: [message(6, "a", 3)] }));
    store.dispatch(page([message(3, "a", -9), message(4, "a", -8)], "older"));
    expect(ids(store)).toEqual(["m3--9", "m4--8", "m5-0", "m6-3", waiting.id]);
  });

  it("takes an entry once, however often it comes", () => {
    const store = makeStore();
    const waiting = message(NOT_LOGGED, "me", 1);
    store.dispatch(page([waiting], "latest"));
    const sent = { ...waiting, position: 7, state: "sent" as const };
    for (let i = 0; i < 3; i++)
      store.dispatch(changes.entries({ conversationId: "c", entries: [sent as TimelineEntry] }));
    expect(ids(store)).toEqual([waiting.id]);
  });

  it("forgets everything when the account is left", () => {
    const store = makeStore();
    store.dispatch(page([message(5, "a", 0)], "latest"));
    store.dispatch(changes.account({ phase: "signed_out", kept: null, reason: null }));
    expect(store.getState().conversations).toEqual({ all: null, timelines: {}, typing: {} });
  });
});
