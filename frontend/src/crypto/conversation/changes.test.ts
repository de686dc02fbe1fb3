/** Replies, reactions, edits and deletions (PROTOCOL.md 10.3): alike for everybody, and only as their rules allow. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { toBase64url } from "../primitives/encoding";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { failureCode } from "../failures";
import { forgeMessage, postMessage } from "../testing/attacker";
import { Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";
import type { Change, MessageEntry } from "../types";

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

const ref = ({ senderDeviceId, clientId }: MessageEntry) => ({ deviceId: senderDeviceId, clientId });
const wire = ({ senderDeviceId, clientId, hash }: MessageEntry) => ({ device: senderDeviceId, id: clientId, hash });

const messages = async (browser: Browser): Promise<MessageEntry[]> =>
  (await browser.entries(id)).filter((entry) => entry.kind === "message");

const only = async (browser: Browser): Promise<MessageEntry> => {
  const [message, ...others] = await messages(browser);
  expect(others).toEqual([]);
  return message!;
};

/** Alice's message, as both have it. */
const said = async (text: string): Promise<MessageEntry> => {
  await alice.send(id, text);
  await bob.sync(id);
  return (await messages(alice)).at(-1)!;
};

const changes = async (browser: Browser, message: MessageEntry, change: Change): Promise<void> => {
  await browser.api.enqueueChange(id, ref(message), change);
  await browser.api.acknowledged(id, ackOf(await browser.post(id)));
};

/** Bob's client, modified: sends this as his. */
const forges = async (content: unknown): Promise<void> => {
  await postMessage(bob, id, await forgeMessage(bob, id, { content }));
  await alice.sync(id);
};

const reacts = (emoji: string, on = true): Change => ({ kind: "reaction", emoji, on });

test("reactions: several of a person, each counted once, taken back again", async () => {
  const message = await said("lemon cake");
  for (const emoji of ["👍", "🎉", "👍"]) await changes(bob, message, reacts(emoji));
  await alice.sync(id);
  await changes(alice, message, reacts("👍"));
  await bob.sync(id);
  const both = [
    { emoji: "👍", userIds: [bob.userId, alice.userId] },
    { emoji: "🎉", userIds: [bob.userId] },
  ];
  for (const browser of [alice, bob]) expect((await only(browser)).reactions).toEqual(both);
  await changes(bob, message, reacts("👍", false));
  await changes(bob, message, reacts("🎉", false));
  const again = await alice.reload();
  await again.sync(id);
  for (const browser of [again, bob]) {
    expect((await only(browser)).reactions).toEqual([{ emoji: "👍", userIds: [alice.userId] }]);
  }
});

test("reactions are no messages: nothing is unread because of them, and the newest message stays", async () => {
  const message = await said("lemon cake");
  await changes(bob, message, reacts("👩‍🚀"));
  await alice.sync(id);
  const conversation = await alice.api.conversation(id);
  expect(conversation).toMatchObject({ unread: 0, last: { text: "lemon cake", reactions: [{ emoji: "👩‍🚀" }] } });
});

test.each(["", "words", "👍👍", "a", `👍${"\u200d👍".repeat(40)}`, 7])(
  "a reaction is one emoji: not %j",
  async (emoji) => {
    const message = await said("lemon cake");
    await forges({ kind: "reaction", target: wire(message), emoji, on: true });
    expect((await only(alice)).reactions).toEqual([]);
    expect(await alice.problems(id)).toEqual(["bad_message"]);
  },
);

test("P10.3 an edit takes the text's place, and the earlier ones can be seen", async () => {
  const message = await said("lemmon cake");
  await changes(alice, message, { kind: "edit", text: "lemon cake" });
  await changes(alice, message, { kind: "edit", text: "lemon pie" });
  const again = await alice.reload();
  for (const browser of [again, bob]) {
    await browser.sync(id);
    const edited = await only(browser);
    expect(edited).toMatchObject({ text: "lemon pie", seq: message.seq, time: message.time, pending: null });
    expect(edited.earlier.map(({ text }) => text)).toEqual(["lemmon cake", "lemon cake"]);
    expect(edited.earlier[0]!.time).toBe(message.time);
    expect(edited.editedAt).toBe(service.conversation(id).rows.at(-1)!.timestamp);
    expect((await browser.api.conversation(id)).last).toMatchObject({ text: "lemon pie" });
  }
});

test("P10.3 a deletion leaves a mark, and nothing of the text", async () => {
  const message = await said("the code is 4711");
  await changes(alice, message, { kind: "edit", text: "the code is 4712" });
  await bob.sync(id);
  await changes(bob, message, reacts("👍"));
  expect((await bob.api.conversation(id)).unread).toBe(1);
  await alice.sync(id);
  await changes(alice, message, { kind: "delete" });
  await bob.sync(id);
  expect((await bob.api.conversation(id)).unread).toBe(0);
  for (const browser of [alice, bob]) {
    const gone = await only(browser);
    expect(gone).toMatchObject({ text: "", earlier: [], reactions: [], editedAt: null, seq: message.seq });
    expect(gone.deletedAt).toBe(service.conversation(id).rows.at(-1)!.timestamp);
    const room = await browser.inside();
    const names = await room.store.names("");
    const left = await Promise.all(names.map((name) => room.store.bytes(name)));
    room.store.close();
    expect(left.length).toBeGreaterThan(10);
    for (const bytes of left) expect(Buffer.from(bytes!).toString("latin1")).not.toContain("the code is");
  }
});

const FOREIGN: Change[] = [{ kind: "edit", text: "I owe you 1000" }, { kind: "delete" }];

test.each(FOREIGN)("P10.3 nobody else makes this of a message, it is ignored and named: $kind", async (change) => {
  const message = await said("I owe you 10");
  expect(await refusal(bob.api.enqueueChange(id, ref(message), change))).toBe("not_changeable");
  await forges({ ...change, target: wire(message) });
  expect(await only(alice)).toMatchObject({ text: "I owe you 10", deletedAt: null, editedAt: null });
  expect(await alice.problems(id)).toEqual(["change_forged"]);
  expect((await alice.entries(id)).at(-1)).toMatchObject({ kind: "problem", userId: bob.userId });
});

const OWN: Change[] = [{ kind: "edit", text: "as it is said to have been" }, { kind: "delete" }, reacts("👍")];

test.each(OWN)("P10.3 a change that names another hash is of another message, and is named: $kind", async (change) => {
  await bob.send(id, "as it was");
  const target = { ...wire(await only(bob)), hash: toBase64url(randomBytes(32)) };
  await alice.sync(id);
  await forges({ ...change, target });
  expect(await only(alice)).toMatchObject({ text: "as it was", reactions: [], deletedAt: null });
  expect(await alice.problems(id)).toEqual(["change_forged"]);
});

test("P10.3 a critical message cannot be edited, only deleted", async () => {
  await bob.send(id, "the bridge is closed", "critical");
  const mine = await only(bob);
  await alice.sync(id);
  const edit = { kind: "edit", text: "the bridge is open" } as const;
  expect(await refusal(bob.api.enqueueChange(id, ref(mine), edit))).toBe("not_changeable");
  await forges({ ...edit, target: wire(mine) });
  expect(await only(alice)).toMatchObject({ text: "the bridge is closed", editedAt: null });
  expect(await alice.problems(id)).toEqual(["change_forged"]);
});

test("P10.3 only words are signed: a critical change is refused", async () => {
  const message = await said("lemon cake");
  const content = { kind: "reaction", target: wire(message), emoji: "👍", on: true };
  await postMessage(
    bob,
    id,
    await forgeMessage(bob, id, { content, insideType: "critical", data: { type: "critical" } }),
  );
  await alice.sync(id);
  expect((await only(alice)).reactions).toEqual([]);
  expect(await alice.problems(id)).toContain("bad_message");
});

test("P10.3 an edit that comes after the deletion is not followed, and told without blame", async () => {
  const message = await said("first");
  const other = await alice.reload();
  await other.sync(id);
  await changes(other, message, { kind: "delete" });
  await bob.sync(id);
  await postMessage(
    other,
    id,
    await forgeMessage(other, id, { content: { kind: "edit", target: wire(message), text: "second" } }),
  );
  await bob.sync(id);
  expect(await only(bob)).toMatchObject({ text: "", earlier: [] });
  expect((await bob.entries(id)).at(-1)).toMatchObject({ kind: "system", event: "late_edit", userId: alice.userId });
  expect(await bob.problems(id)).toEqual([]);
  expect(await refusal(bob.api.enqueueChange(id, ref(message), reacts("👍")))).toBe("not_changeable");
});

test("a reply shows this browser's own copy of what it answers, as that is now", async () => {
  const message = await said("lemmon cake");
  await bob.api.enqueue(id, "with nuts?", "secured", ref(message));
  expect((await messages(bob)).at(-1)!.quote?.original).toMatchObject({ text: "lemmon cake" });
  await bob.api.acknowledged(id, ackOf(await bob.post(id)));
  await alice.sync(id);
  const quoted = async (browser: Browser) => (await messages(browser)).at(-1)!.quote;
  const target = { ...ref(message), hash: message.hash };
  for (const browser of [alice, bob]) {
    const original = { senderId: alice.userId, text: "lemmon cake", deleted: false, newer: false };
    expect(await quoted(browser)).toEqual({ target, original });
  }
  await changes(alice, message, { kind: "edit", text: "lemon cake" });
  await bob.sync(id);
  for (const browser of [alice, bob]) expect((await quoted(browser))?.original).toMatchObject({ text: "lemon cake" });
  await changes(alice, message, { kind: "delete" });
  await bob.sync(id);
  for (const browser of [alice, bob]) {
    expect((await quoted(browser))?.original).toMatchObject({ text: "", deleted: true });
  }
});

test("P10.3 a reply puts no words into anybody's mouth: what it names by another hash is not quoted", async () => {
  const message = await said("I never said that");
  await forges({ text: "indeed", reply_to: { ...wire(message), hash: toBase64url(randomBytes(32)) } });
  expect((await messages(alice)).at(-1)).toMatchObject({ text: "indeed", quote: { original: null } });
  const unknown = { deviceId: bob.deviceId, clientId: uuidv7() };
  expect(await refusal(alice.api.enqueue(id, "to what?", "secured", unknown))).toBe("unknown_message");
});

test("own changes are seen at once, wait in the outbox, and stand as failed when they are refused", async () => {
  const message = await said("lemmon cake");
  const now = await alice.api.enqueueChange(id, ref(message), { kind: "edit", text: "lemon cake" });
  expect(now).toMatchObject({ text: "lemon cake", pending: { kind: "edit", state: "waiting" } });
  const again = await alice.reload();
  expect(await only(again)).toMatchObject({ text: "lemon cake", pending: { state: "waiting" } });
  await again.sync(id);
  const next = await again.api.nextOutgoing(id);
  if (next.kind !== "message") throw new Error(next.kind);
  const refused = await again.api.sendRefused(id, next.message.client_id, "blocked");
  expect(refused).toMatchObject({ text: "lemmon cake", pending: { state: "failed", failure: "blocked" } });
  const retried = await again.api.retry(id, refused!.pending!.clientId);
  expect(retried).toMatchObject({ text: "lemon cake", pending: { state: "waiting" } });
  expect(await again.api.discard(id, retried!.pending!.clientId)).toMatchObject({ text: "lemmon cake", pending: null });
  expect((await again.api.nextOutgoing(id)).kind).toBe("empty");
});

test("P5.2 the row of a change may come before the answer, and the answer before rows in between", async () => {
  const message = await said("lemon cake");
  await alice.api.enqueueChange(id, ref(message), reacts("👍"));
  const first = await alice.post(id);
  await alice.sync(id);
  expect(await alice.api.acknowledged(id, ackOf(first))).toEqual([]);
  await bob.sync(id);
  await bob.send(id, "in between");
  await alice.api.enqueueChange(id, ref(message), reacts("🎉"));
  const second = await alice.post(id);
  expect(await alice.api.acknowledged(id, ackOf(second))).toMatchObject([{ pending: { state: "waiting" } }]);
  await alice.sync(id);
  await bob.sync(id);
  for (const browser of [alice, bob]) {
    const { reactions, pending } = (await messages(browser))[0]!;
    expect([reactions.map(({ emoji }) => emoji), pending]).toEqual([["👍", "🎉"], null]);
  }
  expect(await alice.problems(id)).toEqual([]);
});

test("P5.5 a message that was encrypted twice is named by what the log holds", async () => {
  const { clientId } = await alice.api.enqueue(id, "first");
  await alice.api.nextOutgoing(id);
  await bob.rotate(id);
  await alice.sync(id);
  await alice.api.epochStale(id, clientId);
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  await changes(alice, await only(alice), { kind: "edit", text: "second" });
  // The message and its edit in one piece of the log.
  await bob.sync(id);
  for (const browser of [alice, bob]) expect((await only(browser)).text).toBe("second");
  expect(await bob.problems(id)).toEqual([]);
});

test("a message that a newer version wrote is shown as that, and counted", async () => {
  await bob.send(id, "before");
  await forges({ kind: "poll", question: "cake?" });
  const [, newer] = await messages(alice);
  expect(newer).toMatchObject({ text: "", newer: { payload: { kind: "poll", question: "cake?" } } });
  expect(await alice.api.conversation(id)).toMatchObject({ unread: 2, problems: [] });
});

const MALFORMED: unknown[] = [
  [],
  "text",
  { text: 1 },
  { kind: 1 },
  { kind: "edit", text: "x" },
  { kind: "delete", target: { device: "x", id: "y", hash: "z" } },
  { kind: "delete", target: { device: uuidv7(), id: uuidv7(), hash: "AAAA" } },
  { text: "x", reply_to: null },
];

test.each(MALFORMED)("what no version writes is refused, and named: %#", async (content) => {
  await postMessage(bob, id, await forgeMessage(bob, id, { content }));
  await alice.sync(id);
  expect(await messages(alice)).toEqual([]);
  expect(await alice.problems(id)).toEqual(["bad_message"]);
});

test("changes of what was written before this browser came are no fault of anybody", async () => {
  const message = await said("before");
  const second = await Browser.signIn(service, "alice", alice.userId);
  await second.meet(bob);
  await second.sync(id);
  expect(await refusal(second.api.enqueueChange(id, ref(message), reacts("👍")))).toBe("unknown_message");
  await changes(bob, message, reacts("👍"));
  await second.sync(id);
  expect(await second.problems(id)).toEqual([]);
});
