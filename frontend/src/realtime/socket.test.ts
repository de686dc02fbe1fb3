import { beforeEach, expect, test } from "vitest";
import { TestClock } from "../testing/clock";
import type { Network, RawSocket } from "./environment";
import { Socket, type SocketState } from "./socket";

class FakeSocket implements RawSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  sent: { type: string }[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string });
  }
  close(): void {
    this.closed = true;
  }
  /** One frame, or several in one. */
  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const HELLO_OK = {
  type: "hello_ok",
  user_id: "u",
  device_id: "d",
  heartbeat_seconds: 25,
  event_cursor: 0,
  resync: false,
  online: [],
};

let clock: TestClock;
let opened: FakeSocket[];
let states: SocketState[];
let renewals: boolean[];
let online: boolean;
let networkChanged: () => void;
let ways: (number | null | "greeted")[];
let otherWay: boolean;
let taken: string[];
let socket: Socket;

const network: Network = {
  isOnline: () => online,
  onChange: (listener) => {
    networkChanged = listener;
    return () => undefined;
  },
};

beforeEach(() => {
  clock = new TestClock();
  opened = [];
  states = [];
  renewals = [];
  ways = [];
  taken = [];
  otherWay = false;
  online = true;
  socket = new Socket({
    ways: {
      open: () => {
        const raw = new FakeSocket();
        opened.push(raw);
        return raw;
      },
      greeted: () => ways.push("greeted"),
      failed: (code) => {
        ways.push(code);
        return otherWay;
      },
    },
    clock,
    network,
    random: () => 1,
    hello: (renew) => {
      renewals.push(renew);
      return Promise.resolve({ type: "hello", token: "t", cursors: {}, event_cursor: null });
    },
    onFrame: (frame) => taken.push(frame.type),
    onState: (state) => states.push(state),
  });
});

const newest = () => opened.at(-1)!;
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

async function connected() {
  newest().onopen?.();
  await settled();
  newest().says(HELLO_OK);
}

test("greets first and is online only after hello_ok", async () => {
  socket.start();
  expect(socket.send({ type: "ping" })).toBe(false);
  await connected();
  expect(newest().sent.map((frame) => frame.type)).toEqual(["hello"]);
  expect(states.map((state) => state.status)).toEqual(["connecting", "online"]);
  expect(socket.send({ type: "ping" })).toBe(true);
});

test("reconnects after a loss with growing waits, and at once when told to", async () => {
  socket.start();
  newest().onclose?.({ code: 1006 });
  expect(socket.state).toEqual({ status: "offline", cause: "server", retryAt: clock.now() + 1000 });
  clock.advance(999);
  expect(opened).toHaveLength(1);
  clock.advance(1);
  expect(opened).toHaveLength(2);
  newest().onclose?.({ code: 1001 });
  expect(socket.state).toMatchObject({ retryAt: clock.now() + 2000 });
  socket.reconnectNow();
  expect(opened).toHaveLength(3);
  await connected();
  expect(socket.state.status).toBe("online");
});

test("4401 renews the token for the next hello", async () => {
  socket.start();
  newest().onopen?.();
  newest().onclose?.({ code: 4401 });
  clock.advance(1000);
  newest().onopen?.();
  await settled();
  expect(renewals).toEqual([false, true]);
});

test.each([
  [4403, { reason: "signed_out", because: null }],
  [4409, { reason: "replaced" }],
] as const)("%i is final: %o", async (code, how) => {
  socket.start();
  await connected();
  newest().onclose?.({ code });
  expect(socket.state).toEqual({ status: "ended", ...how });
  clock.advance(120_000);
  expect(opened).toHaveLength(1);
});

test("several frames in one are taken one by one, and none after the line has ended", async () => {
  socket.start();
  newest().onopen?.();
  await settled();
  newest().says([HELLO_OK, { type: "pong" }]);
  expect(socket.state.status).toBe("online");
  newest().says([{ type: "token_ok" }, { type: "signed_out", reason: null }, { type: "pong" }]);
  expect(taken).toEqual(["hello_ok", "pong", "token_ok"]);
  expect(socket.state).toEqual({ status: "ended", reason: "signed_out", because: null });
});

test("a sign-in that ended says why", async () => {
  socket.start();
  await connected();
  newest().onmessage?.({ data: JSON.stringify({ type: "signed_out", reason: "password_changed" }) });
  expect(socket.state).toEqual({ status: "ended", reason: "signed_out", because: "password_changed" });
});

test("4429 waits as long as the last error said", async () => {
  socket.start();
  await connected();
  newest().says({
    type: "error",
    code: "too_many_requests",
    message: "",
    details: {},
    client_id: null,
    retry_after: 7,
  });
  newest().onclose?.({ code: 4429 });
  clock.advance(6999);
  expect(opened).toHaveLength(1);
  clock.advance(1);
  expect(opened).toHaveLength(2);
});

test("pings in silence and gives up when nothing comes for two heartbeats", async () => {
  socket.start();
  await connected();
  clock.advance(13_000);
  expect(newest().sent.at(-1)).toEqual({ type: "ping" });
  clock.advance(60_000);
  expect(opened[0]!.closed).toBe(true);
  expect(opened.length).toBeGreaterThan(1);
});

test("a clock that is set back by a day hides no silence", async () => {
  socket.start();
  await connected();
  clock.shift(-24 * 3_600_000);
  clock.advance(30_000);
  expect(newest().sent.at(-1)).toEqual({ type: "ping" });
  clock.advance(60_000);
  expect(opened[0]!.closed).toBe(true);
});

test("a server that takes the connection and says nothing does not hold the client for ever", async () => {
  socket.start();
  newest().onopen?.();
  await settled();
  clock.advance(10_000);
  expect(opened[0]!.closed).toBe(true);
});

test("the browser's word about its network is asked after, not believed", async () => {
  socket.start();
  await connected();
  online = false;
  networkChanged();
  expect(newest().sent.at(-1)).toEqual({ type: "ping" });
  newest().says({ type: "pong" });
  clock.advance(5000);
  expect(socket.state.status).toBe("online");
  networkChanged();
  clock.advance(5001);
  expect(socket.state).toMatchObject({ status: "offline", cause: "browser" });
  online = true;
  networkChanged();
  expect(opened).toHaveLength(2);
});

test("an attempt that ended before the greeting is told, with its code; one that was greeted is not", async () => {
  socket.start();
  newest().onclose?.({ code: 4406 });
  newest().onerror?.();
  clock.advance(1000);
  newest().onerror?.();
  clock.advance(2000);
  await connected();
  newest().onclose?.({ code: 1006 });
  expect(ways).toEqual([4406, null, "greeted"]);
});

test("another way is taken at once", () => {
  otherWay = true;
  socket.start();
  newest().onclose?.({ code: 4406 });
  expect(opened).toHaveLength(2);
  expect(states.map(({ status }) => status)).toEqual(["connecting", "connecting"]);
});

test("a better way replaces a line that stands, and only that", async () => {
  socket.start();
  socket.reopen();
  expect(opened).toHaveLength(1);
  await connected();
  socket.reopen();
  expect(opened[0]!.closed).toBe(true);
  expect(opened).toHaveLength(2);
  await connected();
  expect(socket.state.status).toBe("online");
});

test("stop is silent and final", async () => {
  socket.start();
  await connected();
  socket.stop();
  expect(newest().closed).toBe(true);
  clock.advance(60_000);
  expect(opened).toHaveLength(1);
});
