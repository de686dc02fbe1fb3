/** Own messages and reading: outbox, order, states, drafts, pages (PROTOCOL.md 5.2, 5.6, 8.1, 8.4). */

import "fake-indexeddb/auto";
import { beforeEach, expect, test, vi } from "vitest";
import { failureCode } from "../failures";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const refusal = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: unknown) => failureCode(error),
  );

const outgoing = async (browser: Browser) => {
  const next = await browser.api.nextOutgoing(id);
  if (next.kind !== "message") throw new Error(next.kind);
  return next.message;
};

test("P8.1 the outbox survives a reload, in order, and holds plaintext until it is next to go", async () => {
  for (const text of ["one", "two", "three"]) await alice.api.enqueue(id, text);
  const again = await alice.reload();
  expect(await again.api.outboxes()).toEqual([id]);
  expect((await again.entries(id)).slice(-3)).toMatchObject([
    { text: "one", state: "waiting", seq: null },
    { text: "two", state: "waiting" },
    { text: "three", state: "waiting" },
  ]);
  await again.sync(id);
  for (let sent = 0; sent < 3; sent++) await again.api.acknowledged(id, ackOf(await again.post(id)));
  expect(await again.api.outboxes()).toEqual([]);
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one", "two", "three"]);
});

test("P5.2 the same bytes go out again until they are answered", async () => {
  await alice.api.enqueue(id, "once");
  const first = await outgoing(alice);
  const again = await alice.reload();
  await again.sync(id);
  expect(await outgoing(again)).toEqual(first);
  const row = await again.post(id);
  expect(await again.post(id)).toBe(row);
  await again.api.acknowledged(id, ackOf(row));
  await again.api.acknowledged(id, ackOf(row));
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["once"]);
  expect(await again.texts(id)).toEqual(["once"]);
});

test("P5.2 the row may come before the answer, and the answer before rows in between", async () => {
  await alice.api.enqueue(id, "row first");
  const first = await alice.post(id);
  await alice.sync(id);
  expect(await alice.api.acknowledged(id, ackOf(first))).toMatchObject([{ seq: first.seq }]);
  await bob.send(id, "in between");
  await alice.api.enqueue(id, "answer first");
  const second = await alice.post(id);
  expect(await alice.api.acknowledged(id, ackOf(second))).toMatchObject([{ state: "sent", seq: null }]);
  expect((await alice.api.nextOutgoing(id)).kind).toBe("empty");
  await alice.sync(id);
  expect(await alice.texts(id)).toEqual(["row first", "in between", "answer first"]);
  expect(await alice.problems(id)).toEqual([]);
});

test("a refused message stands as failed, blocks nothing, and can be tried again or deleted", async () => {
  await alice.api.enqueue(id, "refused");
  await alice.api.enqueue(id, "next");
  const { client_id } = await outgoing(alice);
  expect(await refusal(alice.api.discard(id, client_id))).toBe("out_of_order");
  expect(await alice.api.sendRefused(id, client_id, "blocked")).toMatchObject({ state: "failed", failure: "blocked" });
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  const retried = await alice.api.retry(id, client_id);
  expect(retried?.clientId).not.toBe(client_id);
  await alice.api.discard(id, retried!.clientId);
  expect(await alice.texts(id)).toEqual(["next"]);
  expect((await alice.api.nextOutgoing(id)).kind).toBe("empty");
});

test("a text beyond the largest bucket is refused before it is queued", async () => {
  expect(await refusal(alice.api.enqueue(id, "x".repeat(66_000)))).toBe("text_too_long");
  expect(await alice.api.outboxes()).toEqual([]);
  await alice.send(id, "x".repeat(60_000));
  await bob.sync(id);
  expect((await bob.texts(id))[0]).toHaveLength(60_000);
});

test("text of every kind arrives as it was written", async () => {
  const texts = ["", "שלום עולם", "👩‍🚀 na\u0308ive \u0000 \ufeff", "<b>&amp;</b>\n\tline", "\u{10ffff}"];
  for (const text of texts) await alice.send(id, text);
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(texts);
});

test("P5.6 delivered comes with the other's receipt", async () => {
  const entry = await alice.send(id, "are you there?");
  expect(entry.state).toBe("sent");
  expect(await alice.api.receipt(id, bob.userId, entry.seq!)).toMatchObject([{ state: "delivered" }]);
  expect(await alice.api.receipt(id, bob.userId, 1)).toEqual([]);
  expect((await alice.entries(id)).at(-1)).toMatchObject({ state: "delivered" });
});

test("unread counts others' messages, and only ever falls by reading", async () => {
  for (const text of ["one", "two", "three"]) await alice.send(id, text);
  await bob.sync(id);
  const conversation = await bob.api.conversation(id);
  expect(conversation).toMatchObject({ unread: 3, last: { text: "three" } });
  expect((await bob.api.markRead(id, 3)).unread).toBe(1);
  expect((await bob.api.markRead(id, 2)).unread).toBe(1);
  expect((await bob.api.markRead(id, 99)).unread).toBe(0);
  expect((await alice.api.conversation(id)).unread).toBe(0);
  await alice.send(id, "four");
  await bob.sync(id);
  expect((await bob.api.conversation(id)).unread).toBe(1);
});

test("drafts survive", async () => {
  await alice.api.setDraft(id, "half a sen");
  expect((await (await alice.reload()).api.conversation(id)).draft).toBe("half a sen");
});

test("pages go back to the first entry without gaps or repeats", async () => {
  for (let at = 0; at < 7; at++) {
    await alice.send(id, String(at));
    // Several entries at one place of the log.
    const session = { ...service.sessionFor(id, alice.userId), chain_0: service.conversation(id).rows[at]!.chain };
    if (at % 3 === 0) await alice.api.learnSession(session);
  }
  await alice.api.enqueue(id, "waiting");
  const seen: string[] = [];
  let before: number | undefined;
  for (let more = true; more;) {
    const page = await alice.api.timeline(id, before === undefined ? { limit: 3 } : { before, limit: 3 });
    seen.unshift(...page.entries.map((entry) => entry.key));
    before = page.entries[0]!.seq!;
    more = page.older;
  }
  const all = (await alice.entries(id)).map(({ key }) => key);
  expect(seen).toEqual(all);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length).toBeGreaterThan(8);
});

test("pages go down as well as up, and stand around a place or a message", async () => {
  const sent = [];
  for (let at = 0; at < 12; at++) sent.push(await alice.send(id, `number ${at}`));
  await alice.api.enqueue(id, "waiting");
  const all = (await alice.entries(id)).map(({ key }) => key);
  const first = await alice.api.timeline(id, { around: 1, limit: 4 });
  expect(first).toMatchObject({ from: 1, older: false, newer: true });
  const seen = first.entries.map(({ key }) => key);
  for (let page = first; page.newer;) {
    page = await alice.api.timeline(id, { after: page.to, limit: 3 });
    seen.push(...page.entries.map(({ key }) => key));
  }
  expect(seen).toEqual(all);

  const { senderDeviceId: deviceId, clientId } = sent[6]!;
  const around = await alice.api.timeline(id, { around: { deviceId, clientId }, limit: 4 });
  const texts = around.entries.flatMap((entry) => (entry.kind === "message" ? [entry.text] : []));
  expect(texts).toEqual(["number 4", "number 5", "number 6", "number 7"]);
  const nobody = { deviceId, clientId: alice.deviceId };
  expect(await alice.api.timeline(id, { around: nobody, limit: 4 }).then(() => null, failureCode)).toBe(
    "unknown_message",
  );
});

test("P8.4 rotation is due after 500 messages, and after 24 hours of use", async () => {
  expect(await alice.api.dueCommit(id)).toBeNull();
  await alice.send(id, "hello");
  const later = Date.now() + 25 * 3_600_000;
  vi.useFakeTimers({ now: later, toFake: ["Date"] });
  expect(await alice.api.dueCommit(id)).toBe("time");
  await alice.rotate(id);
  await alice.send(id, "a day ahead of everybody");
  expect(await alice.api.dueCommit(id)).toBeNull();
  vi.useRealTimers();
  await bob.sync(id);
  const busy = await alice.tampered(`conversation/${id}`, (record) => {
    record.messagesInEpoch = 500;
  });
  await busy.sync(id);
  expect(await busy.api.dueCommit(id)).toBe("messages");
  await busy.rotate(id);
  expect(await busy.api.dueCommit(id)).toBeNull();
  await bob.sync(id);
  expect(await bob.api.details(id)).toMatchObject({ messagesInEpoch: 0, conversation: { epoch: 3 } });
});

test("details tell what the key screen shows, alike on both sides", async () => {
  const [hers, his] = await Promise.all([alice, bob].map(({ api }) => api.details(id)));
  expect(hers!.safetyNumber).toBe(his!.safetyNumber);
  expect(hers!.epochAuthenticator).toBe(his!.epochAuthenticator);
  expect(hers!.contribution).toMatchObject({ receipt: { sources: ["os"] } });
  expect(hers!.members.filter(({ me }) => me)).toMatchObject([{ deviceId: alice.deviceId }]);
  expect(hers).toMatchObject({ verified: false, contributionMissing: false, lastRotation: { by: bob.userId } });
});

test("calls made at once run one after another", async () => {
  await Promise.all(["a", "b", "c", "d"].map((text) => alice.api.enqueue(id, text)));
  expect(await alice.texts(id)).toEqual(["a", "b", "c", "d"]);
  const next = await Promise.all([1, 2, 3].map(() => outgoing(alice)));
  expect(new Set(next.map(({ content }) => content)).size).toBe(1);
  expect(service.conversation(id).rows).toHaveLength(1);
});
