import { expect, test } from "vitest";
import { Api } from "./client";
import type { ApiError } from "./errors";
import type { RefreshTokens } from "./tokens";

interface Call {
  url: string;
  headers: Headers;
  body: unknown;
}

const COOKIE: RefreshTokens = {
  transport: "cookie",
  read: () => Promise.resolve(null),
  keep: () => Promise.resolve(),
};

function server(answers: Record<string, (call: Call) => Response>, refreshTokens = COOKIE) {
  const calls: Call[] = [];
  const tails = new Map<string, Promise<unknown>>();
  const api = new Api({
    origin: "",
    fetch: (input, init = {}) => {
      const url = input as string;
      const body: unknown = typeof init.body === "string" ? JSON.parse(init.body) : null;
      const call = { url, headers: new Headers(init.headers), body };
      calls.push(call);
      const answer = answers[new URL(url, "http://x").pathname];
      return answer === undefined ? Promise.reject(new TypeError("no network")) : Promise.resolve(answer(call));
    },
    locks: {
      request: (name, work) => {
        const result = (tails.get(name) ?? Promise.resolve()).then(work);
        tails.set(name, result);
        return result;
      },
    },
    refreshTokens,
    now: () => Date.now(),
  });
  return { api, calls };
}

const user = { id: "0190", username: "alice", email: "a@example.org", created_at: "2026-01-01T00:00:00.000Z" };
let issued = 0;
const grant = (seconds = 900, refresh_token: string | null = null) =>
  Response.json({
    refresh_token,
    access_token: `token-${++issued}`,
    expires_in: seconds,
    user,
    sign_in_id: "1",
    token_type: "bearer",
  });
const refusal = (code: string, status: number, headers = {}) =>
  Response.json({ error: { code, message: "No.", details: { a: 1 }, request_id: "r" } }, { status, headers });

test("P2.7 a page of another origin brings the token along and keeps the successor before it goes on", async () => {
  const story: unknown[] = [];
  let kept: string | null = "first";
  const { api } = server(
    {
      "/api/token/refresh": ({ body, headers }) => {
        story.push(body, headers.get("X-QuantumChat"));
        return grant(900, "second");
      },
      "/api/devices": () => {
        story.push("the call itself");
        return Response.json({ items: [], list_version: 1 });
      },
    },
    {
      transport: "body",
      read: () => Promise.resolve(kept),
      keep: (token) => {
        story.push(`kept ${token}`);
        kept = token;
        return Promise.resolve();
      },
    },
  );
  await api.get("/api/devices", {});
  expect(story).toEqual([{ refresh_token: "first" }, null, "kept second", "the call itself"]);
  kept = null;
  api.token.clear();
  await expect(api.get("/api/devices", {})).rejects.toMatchObject({ code: "refresh_invalid" });
  expect(story).toHaveLength(4);
});

test("P2.7 many calls at once refresh once, with the header that a foreign page cannot send", async () => {
  const { api, calls } = server({
    "/api/token/refresh": () => grant(),
    "/api/devices": () => Response.json({ items: [], list_version: 1 }),
  });
  await Promise.all([1, 2, 3].map(() => api.get("/api/devices", {})));
  const refreshes = calls.filter(({ url }) => url === "/api/token/refresh");
  expect(refreshes).toHaveLength(1);
  expect(refreshes[0]!.headers.get("X-QuantumChat")).toBe("1");
  expect(calls.at(-1)!.headers.get("Authorization")).toMatch(/^Bearer token-/);
});

test("a token that expired on the way is renewed and the call made again, once", async () => {
  let refused = 0;
  const { api, calls } = server({
    "/api/token/refresh": () => grant(),
    "/api/devices": () => (refused++ < 9 ? refusal("token_expired", 401) : Response.json({})),
  });
  await expect(api.get("/api/devices", {})).rejects.toMatchObject({ code: "token_expired" });
  expect(calls.filter(({ url }) => url === "/api/devices")).toHaveLength(2);
});

test("another account's cookie is not taken for this one's", async () => {
  const { api } = server({ "/api/token/refresh": () => grant() });
  api.userId = "0191";
  await expect(api.token.get()).rejects.toMatchObject({ code: "refresh_invalid" });
});

test("every failure is one error with a code", async () => {
  const { api } = server({
    "/api/config": () => refusal("quantum_service_unavailable", 503, { "Retry-After": "7" }),
    "/api/login/parameters": () => new Response("<html>", { status: 502 }),
    "/api/health/live": () => new Response("not JSON"),
  });
  const failure = async (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error as ApiError);
  const waits = await failure(api.anonymous("get", "/api/config", {}));
  expect(waits).toMatchObject({ code: "quantum_service_unavailable", status: 503, retryAfter: 7, details: { a: 1 } });
  expect(waits?.transient).toBe(true);
  const query = { username: "x" };
  expect(await failure(api.anonymous("get", "/api/login/parameters", { query }))).toMatchObject({ code: "http_502" });
  expect(await failure(api.anonymous("get", "/api/health/live", {}))).toMatchObject({ code: "bad_answer" });
  const gone = await failure(api.anonymous("get", "/api/health", {}));
  expect(gone).toMatchObject({ code: "server_unreachable", status: 0 });
});

test("ids in paths and words in queries are escaped", async () => {
  const { api, calls } = server({ "/api/users/available": () => Response.json({ items: [], next: null }) });
  api.token.set({ access_token: "t", expires_in: 900 });
  await api.get("/api/users/available", { query: { q: "a b&c" } });
  expect(calls[0]!.url).toBe("/api/users/available?q=a+b%26c");
});

const inParts = (parts: Uint8Array[]) =>
  new ReadableStream({
    pull: (controller) => {
      const next = parts.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  });

test("an answer that is told line by line is heard as it comes, wherever it was cut", async () => {
  const text = '{"event":"started"}\n{"event":"progress","stage":"é"}\n\n{"event":"finished"}';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 7, bytes.length]) {
    const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.slice(n * size, (n + 1) * size),
    );
    const { api } = server({
      "/api/token/refresh": () => grant(),
      "/api/quantum/bb84": () => new Response(inParts(parts)),
    });
    const heard: unknown[] = [];
    await api.postForLines("/api/quantum/bb84", { body: {}, onLine: (line) => heard.push(line) });
    expect(heard).toEqual([{ event: "started" }, { event: "progress", stage: "é" }, { event: "finished" }]);
  }
});

test("an answer that breaks off, or is no JSON, is a failure", async () => {
  const broken = new ReadableStream({
    pull: (controller) => controller.error(new TypeError("gone")),
  });
  for (const [body, code] of [
    [broken, "server_unreachable"],
    ["{}\n{", "bad_answer"],
  ] as const) {
    const { api } = server({ "/api/token/refresh": () => grant(), "/api/quantum/bb84": () => new Response(body) });
    await expect(api.postForLines("/api/quantum/bb84", { body: {}, onLine: () => undefined })).rejects.toMatchObject({
      code,
    });
  }
});
