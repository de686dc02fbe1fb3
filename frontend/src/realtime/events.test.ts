import { beforeEach, expect, test, vi } from "vitest";
import type { Context } from "./context";
import { Events, type EventsDependencies } from "./events";

const people = { connectedTo: vi.fn(() => Promise.resolve()), answered: vi.fn() };
const gap = vi.fn();
const failed = vi.fn();
let events: Events;

const peer = { id: "0190", username: "bob" };
const accepted = (cursor: number) =>
  ({
    type: "connection_accepted",
    cursor,
    request_id: null,
    peer,
    own_key_hash: null,
    peer_key_hash: null,
    at: "2026-01-01T00:00:00.000Z",
  }) as const;
const rows = { type: "message_receive" as const, conversation_id: "0191", rows: [], head_seq: 3 };
const PATIENT = { timeout: 60_000 };
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  vi.clearAllMocks();
  events = new Events({ failed } as unknown as Context, { people, gap } as unknown as EventsDependencies);
  events.startFrom(4);
});

test("each event becomes state once, in order", async () => {
  const order: string[] = [];
  people.connectedTo.mockImplementationOnce(async () => {
    await settled();
    order.push("first");
  });
  people.answered.mockImplementationOnce(() => order.push("second"));
  events.take(accepted(5));
  events.take({ ...accepted(6), type: "connection_rejected" });
  events.take(accepted(5));
  await vi.waitFor(() => expect(order).toEqual(["first", "second"]), PATIENT);
  expect(people.connectedTo).toHaveBeenCalledTimes(1);
  expect(events.cursor).toBe(6);
  expect(gap).not.toHaveBeenCalled();
});

test("a missing number asks for everything anew, and the events behind it count again", async () => {
  events.take(accepted(7));
  await settled();
  expect(gap).toHaveBeenCalledTimes(1);
  expect(people.connectedTo).not.toHaveBeenCalled();
  events.take(accepted(8));
  await settled();
  expect(people.connectedTo).toHaveBeenCalledTimes(1);
});

test("an event that cannot become state is not forgotten", async () => {
  people.connectedTo.mockRejectedValueOnce(new Error("no network"));
  events.take(accepted(5));
  await vi.waitFor(() => expect(gap).toHaveBeenCalledTimes(1), PATIENT);
  expect(failed).toHaveBeenCalledTimes(1);
});

test("rows that cannot become state are fetched anew", async () => {
  const refetch = vi.fn(() => Promise.reject(new Error("no network")));
  const dependencies = { conversations: { knows: () => false }, sessions: { refetch }, gap };
  events = new Events({ failed } as unknown as Context, dependencies as unknown as EventsDependencies);
  events.take(rows);
  await vi.waitFor(() => expect(gap).toHaveBeenCalledTimes(1), PATIENT);
  expect(refetch).toHaveBeenCalledTimes(1);
  expect(failed).toHaveBeenCalledTimes(1);
});

test("rows of a room that an event before them tells of wait for it, and nothing is fetched for them", async () => {
  const learned = Promise.withResolvers<undefined>();
  let known = false;
  const learnRoom = vi.fn(async () => {
    await learned.promise;
    known = true;
  });
  const refetch = vi.fn();
  const received = vi.fn(() => Promise.resolve());
  const dependencies = {
    conversations: { knows: () => known },
    sessions: { learnRoom, refetch },
    log: { received },
    gap,
  };
  events = new Events({ failed } as unknown as Context, dependencies as unknown as EventsDependencies);
  events.take({ type: "room_created", cursor: 5, room: {} } as never);
  events.take(rows);
  await vi.waitFor(() => expect(learnRoom).toHaveBeenCalledTimes(1), PATIENT);
  expect(received).not.toHaveBeenCalled();
  learned.resolve(undefined);
  await vi.waitFor(() => expect(received).toHaveBeenCalledWith("0191", [], 3), PATIENT);
  expect(refetch).not.toHaveBeenCalled();
  expect(gap).not.toHaveBeenCalled();
});

test("what a newer server may say is passed over", () => {
  expect(() => events.take({ type: "typing" } as never)).not.toThrow();
  expect(events.cursor).toBe(4);
});
