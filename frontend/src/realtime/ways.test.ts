import { beforeEach, expect, test } from "vitest";
import { Api } from "../api/client";
import { TestClock } from "../testing/clock";
import type { RawSocket } from "./environment";
import { Ways } from "./ways";

const raw = (): RawSocket => ({
  onopen: null,
  onmessage: null,
  onclose: null,
  onerror: null,
  send: () => undefined,
  close: () => undefined,
});

let clock: TestClock;
let notes: Map<string, string>;
/** What /api/config says; null: the server cannot be reached. */
let offered: boolean | null;
let sockets: RawSocket[];
let polled: RawSocket[];
let ways: Ways;

function made(): Ways {
  const fetch = () =>
    offered === null ? Promise.reject(new TypeError()) : Promise.resolve(Response.json({ websocket: offered }));
  const locks = { request: <T>(_: string, work: () => Promise<T>) => work() };
  const refreshTokens = {
    transport: "cookie",
    read: () => Promise.resolve(null),
    keep: () => Promise.resolve(),
  } as const;
  return new Ways({
    api: new Api({ origin: "http://server", fetch, locks, refreshTokens, now: () => clock.now() }),
    clock,
    notes: {
      get: (name) => notes.get(name) ?? null,
      set: (name, value) => {
        if (value === null) notes.delete(name);
        else notes.set(name, value);
      },
    },
    openSocket: () => {
      sockets.push(raw());
      return sockets.at(-1)!;
    },
    openPolled: () => {
      polled.push(raw());
      return polled.at(-1)!;
    },
  });
}

beforeEach(() => {
  clock = new TestClock();
  notes = new Map();
  offered = true;
  sockets = [];
  polled = [];
  ways = made();
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

async function fails(code: number | null): Promise<void> {
  ways.open();
  expect(ways.failed(code)).toBe(false);
  await settled();
}

test("begins with a WebSocket", () => {
  expect(ways.open()).toBe(sockets[0]);
  expect(ways.polling).toBe(false);
});

test("a server without WebSockets is asked instead, at once, and from the next start on", () => {
  ways.open();
  expect(ways.failed(4406)).toBe(true);
  expect(ways.open()).toBe(polled[0]);
  expect(made().polling).toBe(true);
});

test("a network that lets no WebSocket through is found out by two failures while the server answers", async () => {
  await fails(1006);
  expect(ways.polling).toBe(false);
  await fails(null);
  expect(ways.open()).toBe(polled[0]);
});

test("a server that is away is no reason to poll, nor is one that can be heard", async () => {
  offered = null;
  for (let attempt = 0; attempt < 5; attempt++) await fails(1006);
  offered = true;
  for (const code of [1011, 1012, 1013, 4401, 4429]) await fails(code);
  expect(ways.polling).toBe(false);
});

test("a WebSocket that was greeted in between clears what failed before", async () => {
  await fails(1006);
  ways.greeted();
  await fails(1006);
  expect(ways.polling).toBe(false);
});

test("goes back to a WebSocket when one opens, and only then", async () => {
  ways.failed(4406);
  offered = false;
  expect(await ways.retry()).toBe(false);
  expect(sockets).toHaveLength(0);

  offered = true;
  const blocked = ways.retry();
  await settled();
  sockets[0]!.onclose?.({ code: 1006 });
  expect(await blocked).toBe(false);

  const hanging = ways.retry();
  await settled();
  clock.advance(10_000);
  expect(await hanging).toBe(false);
  expect(ways.polling).toBe(true);

  const open = ways.retry();
  await settled();
  sockets[2]!.onopen?.();
  expect(await open).toBe(true);
  ways.open();
  expect(sockets).toHaveLength(4);
  expect(made().polling).toBe(false);
});
