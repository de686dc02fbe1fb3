import { beforeEach, expect, test, vi } from "vitest";
import { Api } from "../api/client";
import { TestClock } from "../testing/clock";
import { PolledSocket } from "./polled";
import { Socket, type SocketState } from "./socket";

const GREETING = {
  frames: [
    {
      type: "hello_ok",
      user_id: "u",
      device_id: "d",
      heartbeat_seconds: 25,
      event_cursor: 0,
      resync: false,
      online: [],
    },
  ],
  more: false,
};

interface Refusal {
  code: string;
  status: number;
  retryAfter?: number;
  details?: object;
}

let clock: TestClock;
let socket: Socket;
/** How the server answers questions, and the question for a token; null: as it should. */
let refusal: Refusal | null;
let noToken: Refusal | null;

function refused({ code, status, retryAfter, details = {} }: Refusal): Response {
  const headers = retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) };
  return Response.json({ error: { code, message: "", details, request_id: "r" } }, { status, headers });
}

function answer(url: string): Response {
  if (url.endsWith("/api/token/refresh")) {
    if (noToken !== null) return refused(noToken);
    return Response.json({ access_token: "t", refresh_token: null, expires_in: 900, user: { id: "u" } });
  }
  return refusal === null ? Response.json(GREETING) : refused(refusal);
}

beforeEach(() => {
  clock = new TestClock();
  refusal = noToken = null;
  const api = new Api({
    origin: "http://server",
    fetch: (url) => Promise.resolve(answer(url as string)),
    locks: { request: (_, work) => work() },
    refreshTokens: { transport: "cookie", read: () => Promise.resolve(null), keep: () => Promise.resolve() },
    now: () => clock.now(),
  });
  socket = new Socket({
    ways: { open: () => new PolledSocket(api, clock), greeted: () => undefined, failed: () => false },
    clock,
    network: { isOnline: () => true, onChange: () => () => undefined },
    random: () => 0,
    hello: async () => ({ type: "hello", token: await api.token.get(), cursors: {}, event_cursor: null }),
    onFrame: () => undefined,
    onState: () => undefined,
  });
});

const until = (status: SocketState["status"]) =>
  vi.waitFor(() => expect(socket.state.status).toBe(status), { timeout: 120_000 });

async function connected(): Promise<void> {
  socket.start();
  clock.advance(0);
  await until("online");
}

test("a sign-in that was ended says why, as a socket does", async () => {
  await connected();
  refusal = { code: "signed_out", status: 401, details: { reason: "device_removed" } };
  clock.advance(10_000);
  await until("ended");
  expect(socket.state).toEqual({ status: "ended", reason: "signed_out", because: "device_removed" });
});

test("a server that has no time is asked again when it said, not sooner", async () => {
  await connected();
  refusal = { code: "database_unavailable", status: 503, retryAfter: 9 };
  clock.advance(10_000);
  await until("offline");
  expect(socket.state).toMatchObject({ retryAt: clock.now() + 9_000 });
  refusal = null;
  clock.advance(8_999);
  expect(socket.state.status).toBe("offline");
  clock.advance(1);
  expect(socket.state.status).toBe("connecting");
  await until("online");
});

test("a line whose token cannot be had waits as long as the server said, too", async () => {
  noToken = { code: "too_many_requests", status: 429, retryAfter: 30 };
  socket.start();
  clock.advance(0);
  await until("offline");
  expect(socket.state).toMatchObject({ retryAt: clock.now() + 30_000 });
  noToken = null;
  clock.advance(30_000);
  await until("online");
});
