/** PROTOCOL.md 9.4: what a browser could not read comes back from its authors, and from nobody else. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ASK_KEY_BYTES, type AskAgainContent } from "../conversation/content";
import { headerOf, type MissedRow } from "../conversation/missedRows";
import { type AnswerContent, loadOutbox, type OutboxItem } from "../conversation/outbox";
import type { ConversationRecord } from "../conversation/record";
import type { SentRow } from "../conversation/sentRows";
import type { AuthenticatedData } from "../mls/message";
import { uuidv7 } from "../primitives/bytes";
import { msToTime } from "../primitives/encoding";
import { forgeMessage, postMessage } from "../testing/attacker";
import { another, Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";
import { TestRoom } from "../testing/rooms";
import type { Change, MessageEntry, MessageRef } from "../types";
import { nameable } from "./questions";
import { askedBefore, MAX_BYTES_PER_HOUR, MAX_ROWS_PER_HOUR } from "./quota";
import { type AnsweredRow, bytesOf, sealRows } from "./rows";
import { sealedAnswer } from "./sealing";

const DAY = 86_400_000;
/** Too long to come with its body. */
const LONG = "x".repeat(17_000);

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();
const carol = await Browser.register(world.service, "carol");
for (const one of [world.alice, world.bob]) {
  await one.meet(carol);
  await carol.meet(one);
}

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});
afterEach(() => {
  vi.useRealTimers();
});

/** A renewal of Alice's whose contribution never reaches this browser: it cannot follow it. */
async function lose(browser: Browser): Promise<void> {
  await alice.rotate(id);
  const row = service.conversation(id).rows.at(-1)!;
  const { contribution } = row;
  row.contribution = null;
  await browser.sync(id);
  row.contribution = contribution ?? null;
  expect((await browser.api.conversation(id)).state).toBe("lost");
}

async function comeBack(browser: Browser): Promise<void> {
  await browser.ask(id);
  await alice.heal(id);
  await browser.sync(id);
}

/** Sends what waits, until nothing does; answers how much it was. */
async function flush(browser: Browser): Promise<number> {
  for (let sent = 0; ;) {
    const next = await browser.api.nextOutgoing(id);
    if (next.kind === "dropped") continue;
    if (next.kind === "empty") return sent;
    if (next.kind === "blocked") throw new Error(next.blocked.reason);
    await browser.api.acknowledged(id, ackOf(await service.send(id, browser.sender, next.message)));
    sent += 1;
  }
}

/** Bob asks, and these answer; how many messages that took. */
async function again(...authors: Browser[]): Promise<number> {
  expect(await flush(bob)).toBe(1);
  let answers = 0;
  for (const author of authors) {
    await author.pull(id);
    answers += await flush(author);
  }
  await bob.pull(id);
  return answers;
}

async function change(author: Browser, message: MessageRef, made: Change): Promise<void> {
  await author.api.enqueueChange(id, message, made);
  await flush(author);
}

const refOf = ({ senderDeviceId: deviceId, clientId }: MessageEntry): MessageRef => ({ deviceId, clientId });

const messages = async (browser: Browser): Promise<MessageEntry[]> =>
  (await browser.entries(id)).filter((entry) => entry.kind === "message");

/** What the line says that it could not read. */
async function missed(browser: Browser): Promise<number[]> {
  const back = ["readded_here", "generation"];
  return (await browser.entries(id)).flatMap((entry) =>
    entry.kind === "system" && back.includes(entry.event) ? [entry.missed] : [],
  );
}

async function inside<T>(browser: Browser, name: string): Promise<T | undefined> {
  const { store } = await browser.inside();
  const found = await store.get<T>(name);
  store.close();
  return found;
}

test("P9.4 what was missed comes back at its place, marked, and the count shrinks", async () => {
  await alice.send(id, "before");
  await bob.sync(id);
  await lose(bob);
  const { seq, clientId, hash } = await alice.send(id, "while bob was lost");
  await bob.sync(id);
  await comeBack(bob);
  expect(await missed(bob)).toEqual([1]);
  await alice.send(id, "after");
  expect(await again(alice)).toBe(1);
  expect(await bob.texts(id)).toEqual(["before", "while bob was lost", "after"]);
  const [, back] = await messages(bob);
  const resent = { proven: true, deviceId: alice.deviceId };
  expect(back).toMatchObject({ seq, clientId, hash, senderId: alice.userId, state: null, resent });
  expect(await missed(bob)).toEqual([0]);
  expect((await bob.api.conversation(id)).unread).toBe(3);
  // Everybody else took no notice, and nothing is asked for again.
  expect(await alice.texts(id)).toEqual(["before", "while bob was lost", "after"]);
  expect(await flush(bob)).toBe(0);
  for (const browser of [alice, bob]) expect(await browser.problems(id)).toEqual([]);
});

test("P9.4 of a log whose bodies never came, too: critical ones with their signature, edits and deletions made", async () => {
  const read = await alice.send(id, "read before");
  const other = await alice.send(id, "to be deleted");
  await bob.sync(id);
  await lose(bob);
  await alice.send(id, "signed", "critical");
  const edited = await alice.send(id, "with a mistake");
  await change(alice, refOf(edited), { kind: "edit", text: "without one" });
  await change(alice, refOf(read), { kind: "edit", text: "read before, and edited" });
  await change(alice, refOf(read), { kind: "reaction", emoji: "👍", on: true });
  await change(alice, refOf(other), { kind: "delete" });
  await comeBack(bob);
  expect(await missed(bob)).toEqual([6]);
  await again(alice);
  expect(await missed(bob)).toEqual([0]);
  expect(await messages(bob)).toMatchObject([
    { text: "read before, and edited", resent: null, earlier: [{ text: "read before" }] },
    { text: "", resent: null, deletedAt: expect.any(String) as string },
    {
      text: "signed",
      resent: { proven: true },
      critical: { falcon: "valid", ecdsa: "valid", receipt: "valid" },
      faults: [],
    },
    { text: "without one", resent: { proven: true }, earlier: [{ text: "with a mistake" }] },
  ]);
  expect(await bob.problems(id)).toEqual([]);
});

test("P9.4 what was changed, and could be read, before the message came back is made of it", async () => {
  await lose(bob);
  const edited = await alice.send(id, "first");
  const deleted = await alice.send(id, "regretted");
  await comeBack(bob);
  expect(await flush(bob)).toBe(1);
  await change(alice, refOf(edited), { kind: "edit", text: "second" });
  await change(alice, refOf(edited), { kind: "reaction", emoji: "👍", on: true });
  await alice.pull(id);
  // Its deletion waits behind the answer, which must not bring it all the same.
  await change(alice, refOf(deleted), { kind: "delete" });
  await bob.pull(id);
  expect(await messages(bob)).toMatchObject([
    { text: "second", earlier: [{ text: "first" }], reactions: [{ emoji: "👍" }], resent: { proven: true } },
  ]);
  expect(await missed(bob)).toEqual([0]);
});

test("P9.4 no edit of a missed message is kept beside its deletion", async () => {
  await lose(bob);
  const sent = await alice.send(id, "never read");
  await comeBack(bob);
  await change(alice, refOf(sent), { kind: "edit", text: "regretted" });
  await bob.pull(id);
  const kept = () => inside<MissedRow>(bob, sentName(sent).replace("sent/", "missed/"));
  expect((await kept())?.changes).toMatchObject([{ change: { kind: "edit", text: "regretted" } }]);
  await change(alice, refOf(sent), { kind: "delete" });
  await bob.pull(id);
  expect((await kept())?.changes).toMatchObject([{ change: { kind: "delete" } }]);
});

test("P9.4 what is deleted, with its edits, is kept by nobody to be sent again", async () => {
  const sent = await alice.send(id, "regretted");
  await change(alice, refOf(sent), { kind: "edit", text: "regretted too" });
  const { store } = await alice.inside();
  const kept = async () => JSON.stringify(await store.all<SentRow>(`sent/${id}/`));
  expect(await kept()).toMatch(/regretted.*regretted too/u);
  await change(alice, refOf(sent), { kind: "delete" });
  expect(await kept()).not.toContain("regretted");
  store.close();
});

test("P9.4 nothing is kept to be sent again for longer than thirty days", async () => {
  await alice.send(id, "old");
  await alice.api.forgetOld(msToTime(Date.now() + 29 * DAY));
  const name = sentName((await messages(alice))[0]!);
  expect(await inside<SentRow>(alice, name)).toMatchObject({ said: { type: "secured" } });
  await alice.api.forgetOld(msToTime(Date.now() + 31 * DAY));
  expect(await inside<SentRow>(alice, name)).toBeUndefined();
});

test("P9.4 a question's key opens nothing after two days", async () => {
  await lose(bob);
  const sent = await alice.send(id, "said too late");
  await comeBack(bob);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2 * DAY });
  await answer(alice, [await genuine(alice, sent)]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P9.4 a question's key is erased after two days, whether or not another one follows", async () => {
  await lose(bob);
  await alice.send(id, "nobody answers");
  await comeBack(bob);
  const keys = async (now: number) => {
    vi.useFakeTimers({ toFake: ["Date"], now });
    await bob.api.forgetOld(msToTime(now));
    return inside<unknown[]>(bob, `asked-again/${id}`);
  };
  const began = Date.now();
  expect(await keys(began + DAY)).toHaveLength(1);
  expect(await keys(began + 2 * DAY)).toBeUndefined();
});

test("P9.4 a row is asked for once a day, and three times at most", async () => {
  await lose(bob);
  await alice.send(id, "nobody answers");
  await comeBack(bob);
  const began = Date.now();
  vi.useFakeTimers({ toFake: ["Date"] });
  const asked = [];
  for (let hours = 0; hours < 24 * 6; hours += 12) {
    vi.setSystemTime(began + 1000 + hours * 3_600_000);
    await bob.pull(id);
    asked.push(await flush(bob));
  }
  expect(asked).toEqual([1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect(await missed(bob)).toEqual([1]);
});

test("P9.4 what does not go into a question is not counted as asked for, and goes into the next", () => {
  const gaps = Array.from({ length: 100 }, (_, at) => ({ seq: 1 + 2 * at, asks: 1 }) as MissedRow);
  const first = nameable(gaps).map(({ seq }) => seq);
  expect(first).toEqual(gaps.slice(-64).map(({ seq }) => seq));
  const later = gaps.map((row) => (first.includes(row.seq) ? { ...row, asks: 2 } : row));
  expect(nameable(later).map(({ seq }) => seq)).toEqual(
    [...gaps.slice(0, 36), ...gaps.slice(-28)].map(({ seq }) => seq),
  );
  const filled = [...later, { seq: 150, asks: 3 } as MissedRow].sort((a, b) => a.seq - b.seq);
  expect(nameable(filled).map(({ seq }) => seq)).toContain(150);
});

test("P9.4 a device gets no more than so many rows in an hour", async () => {
  await lose(bob);
  await alice.send(id, "one");
  await alice.send(id, "two");
  await comeBack(bob);
  alice = await alice.tampered(`conversation/${id}`, (record) => {
    record.answered = { [bob.deviceId]: { since: Date.now(), rows: MAX_ROWS_PER_HOUR - 1 } };
  });
  await alice.sync(id);
  await again(alice);
  expect(await bob.texts(id)).toEqual(["one"]);
  expect(await missed(bob)).toEqual([1]);
});

test("P9.4 an account gets no more than so many bytes in an hour, by whichever device", async () => {
  await lose(bob);
  const first = await alice.send(id, "one");
  await alice.send(id, "two");
  await comeBack(bob);
  const size = bytesOf(await inside<SentRow>(alice, sentName(first)));
  alice = await alice.tampered(`conversation/${id}`, (record) => {
    record.answeredBytes = { [bob.userId]: { since: Date.now(), bytes: MAX_BYTES_PER_HOUR - size } };
  });
  await alice.sync(id);
  await again(alice);
  expect(await bob.texts(id)).toEqual(["one"]);
});

test("P9.4 a row is not sent again and again to a device that asks for it", async () => {
  const before = await alice.send(id, "read before");
  await bob.sync(id);
  await lose(bob);
  await alice.send(id, "while bob was lost");
  await comeBack(bob);
  expect(await again(alice)).toBe(1);
  await question([[1, service.conversation(id).rows.length]]);
  await alice.pull(id);
  const { seqs } = (await inside<OutboxItem[]>(alice, `outbox/${id}`))![0]!.content as AnswerContent;
  expect(seqs).toContain(before.seq);
  const { seq } = (await messages(bob)).find(({ text }) => text === "while bob was lost")!;
  expect(seqs).not.toContain(seq);
});

test("P9.4 that a device asks for the second time is what this browser saw, not what the device says", () => {
  const record = {} as ConversationRecord;
  const asks = (sender_device_id: string, hours: number) =>
    askedBefore(record, { sender_id: "account", sender_device_id, timestamp: msToTime(DAY + hours * 3_600_000) });
  expect([asks("a", 0), asks("a", 19), asks("b", 20), asks("a", 24), asks("b", 24), asks("b", 44)]).toEqual([
    false,
    false,
    false,
    true,
    false,
    true,
  ]);
  expect(asks("a", 24 * 8)).toBe(false);
});

/** Bob asks for these rows, with a modified client. */
async function question(rows: [number, number][], by = bob): Promise<AskAgainContent> {
  const room = await by.inside();
  const { hpke } = (await room.suite()).cs;
  const key = Buffer.from(await hpke.exportPublicKey((await hpke.generateKeyPair()).publicKey)).toString("base64url");
  room.store.close();
  const content: AskAgainContent = { kind: "ask_again", key, rows, all: true };
  await postMessage(by, id, await forgeMessage(by, id, { content }));
  return content;
}

/** The question of bob's that waits to be sent. */
async function asked(): Promise<{ ask: string; content: AskAgainContent }> {
  const items = (await inside<OutboxItem[]>(bob, `outbox/${id}`)) ?? [];
  const item = items.find(({ content }) => content.kind === "ask_again")!;
  return { ask: item.clientId, content: item.content as AskAgainContent };
}

/** An answer to bob's question, by a modified client. */
async function answer(
  by: Browser,
  rows: AnsweredRow[],
  { to = bob.deviceId, seen = bob.deviceId } = {},
): Promise<void> {
  const { ask, content } = await asked();
  await flush(bob);
  await by.pull(id);
  const room = await by.inside();
  const answerer = { userId: by.userId, deviceId: by.deviceId };
  const sealed = await sealRows(
    await room.suite(),
    content.key,
    { conversation: id, ask, answerer, asker: seen },
    rows,
  );
  room.store.close();
  await postMessage(by, id, await forgeMessage(by, id, { content: { kind: "sent_again", ask, to, sealed } }));
  await bob.pull(id);
}

/** The row of a message as its author would send it again. */
async function genuine(by: Browser, message: MessageEntry): Promise<AnsweredRow & { seq: number }> {
  const { seq, clientId } = message;
  const sent = (await inside<SentRow>(by, sentName(message)))!;
  return { seq: seq!, clientId, expiresAt: null, said: sent.said };
}

const sentName = ({ seq }: MessageEntry) => `sent/${id}/${String(seq).padStart(12, "0")}`;

test.each(["seen", "unseen"])("P9.4 an author cannot change what stood in the log (%s body)", async (body) => {
  await lose(bob);
  const sent = await alice.send(id, "as it was");
  if (body === "seen") await bob.sync(id);
  await comeBack(bob);
  const row = await genuine(alice, sent);
  const json = JSON.stringify({ text: "never said" });
  await answer(alice, [{ ...row, said: { ...row.said!, json } }]);
  expect(await bob.texts(id)).toEqual([]);
  expect(await bob.problems(id)).toEqual(["resend_forged"]);
  expect(await missed(bob)).toEqual([1]);
});

test("P9.4 a body that was not logged proves nothing", async () => {
  await lose(bob);
  const sent = await alice.send(id, "as it was");
  const later = await alice.send(id, "another one");
  await comeBack(bob);
  const [row, wrong] = [await genuine(alice, sent), await genuine(alice, later)];
  await answer(alice, [{ ...row, said: wrong.said }]);
  expect(await bob.problems(id)).toEqual(["resend_forged"]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P9.4 words that come without the body of the log are shown as not compared", async () => {
  await lose(bob);
  const sent = await alice.send(id, LONG);
  await comeBack(bob);
  await again(alice);
  expect(await messages(bob)).toMatchObject([{ text: LONG, hash: sent.hash, resent: { proven: false } }]);
});

test("P9.4 words that would have fitted with their body are not taken without it", async () => {
  await lose(bob);
  const sent = await alice.send(id, "as it was");
  await comeBack(bob);
  const row = await genuine(alice, sent);
  const json = JSON.stringify({ text: "never said" });
  await answer(alice, [{ ...row, said: { ...row.said!, json, body: null } }]);
  expect(await bob.texts(id)).toEqual([]);
  expect(await bob.problems(id)).toEqual(["resend_forged"]);
});

test("P9.4 nobody is blamed for what they say of a message that its author tells this browser otherwise", async () => {
  const second = LONG.replaceAll("x", "y");
  await lose(bob);
  const sent = await alice.send(id, LONG);
  await comeBack(bob);
  alice = await alice.tampered(sentName(sent), (row) => {
    row.said = { ...(row.said as NonNullable<SentRow["said"]>), json: JSON.stringify({ text: second }), body: null };
  });
  await alice.sync(id);
  await again(alice);
  expect(await bob.texts(id)).toEqual([second]);
  await change(alice, refOf(sent), { kind: "reaction", emoji: "👍", on: true });
  await bob.pull(id);
  expect(await messages(bob)).toMatchObject([{ text: second, reactions: [] }]);
  expect(await bob.problems(id)).toEqual([]);
  const own = bob.api.enqueueChange(id, refOf(sent), { kind: "reaction", emoji: "👍", on: true });
  await expect(own).rejects.toThrow("not_changeable");
  await bob.api.enqueue(id, "a reply", "secured", refOf(sent));
  await flush(bob);
  await alice.pull(id);
  expect((await messages(alice)).at(-1)).toMatchObject({ text: "a reply", quote: null });
});

test("P9.4 words in a row that nothing but the server says is of their author are shown as not compared", async () => {
  await lose(bob);
  const { seq } = await alice.send(id, "whose is it");
  await comeBack(bob);
  bob = await bob.tampered(`missed/${id}/${String(seq).padStart(12, "0")}`, (row) => {
    row.tag = Buffer.alloc(16, 1).toString("base64url");
  });
  await bob.sync(id);
  await again(alice);
  expect(await messages(bob)).toMatchObject([{ text: "whose is it", resent: { proven: false } }]);
});

test.each(["seen", "unseen"])("P9.4 P10.3 a time to disappear that is none stops no log (%s body)", async (body) => {
  await lose(bob);
  const lasting = (seconds: number) =>
    alice.tampered(`conversation/${id}`, (record) => {
      record.timer = seconds;
    });
  alice = await lasting(Number.MAX_SAFE_INTEGER);
  await alice.sync(id);
  await alice.api.enqueue(id, "for ever and a day");
  await alice.post(id);
  alice = await lasting(0);
  await alice.sync(id);
  if (body === "seen") await bob.sync(id);
  await comeBack(bob);
  await again(alice);
  expect(await bob.problems(id)).toEqual(["resend_forged"]);
  expect(await bob.texts(id)).toEqual([]);
  await alice.send(id, "goes on");
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["goes on"]);
});

test("P5.3 P9.4 a body counts for the row of its own place alone", async () => {
  const clientId = uuidv7();
  const { epoch } = service.conversation(id);
  const place = { generation: 0, epoch, clientId };
  const header = async (lie: Partial<AuthenticatedData>, at: Partial<typeof place> = {}) => {
    const { message } = await forgeMessage(alice, id, { data: { clientId, ...lie } });
    return headerOf(message, id, { ...place, ...at });
  };
  expect(await header({})).toMatchObject({ type: "secured", expiry: 0 });
  expect(await header({ expiry: 2 ** 32 - 1 })).toMatchObject({ expiry: 2 ** 32 - 1 });
  const lies = [
    { conversation: uuidv7() },
    { generation: 1 },
    { clientId: uuidv7() },
    { type: "terminate" },
    { commitment: new Uint8Array(31) },
    { details: new Uint8Array(1) },
    { expiry: 2 ** 32 },
  ];
  for (const lie of lies) expect(await header(lie)).toBeNull();
  expect(await header({}, { epoch: epoch + 1 })).toBeNull();
  expect(headerOf(new Uint8Array(3), id, place)).toBeNull();
  expect(await header({ generation: 1 }, { generation: 1 })).toBeNull();
});

test("P9.4 what is too long to be sent again is left out", async () => {
  await lose(bob);
  await alice.send(id, "z".repeat(60_000));
  await alice.send(id, "short enough");
  await comeBack(bob);
  await again(alice);
  expect(await messages(bob)).toMatchObject([{ text: "short enough", resent: { proven: true } }]);
  expect(await missed(bob)).toEqual([1]);
  expect(await bob.problems(id)).toEqual([]);
});

test("P9.4 a question whose key is erased by now is not answered", async () => {
  await lose(bob);
  await alice.send(id, "too late");
  await comeBack(bob);
  expect(await flush(bob)).toBe(1);
  vi.useFakeTimers({ now: Date.now() + 3 * 86_400_000, toFake: ["Date"] });
  await alice.pull(id);
  expect(await flush(alice)).toBe(0);
});

test("P9.4 who is out by the time of the answer gets none", async () => {
  await lose(bob);
  await alice.send(id, "for members");
  await comeBack(bob);
  await flush(bob);
  await alice.pull(id);
  const { store } = await alice.inside();
  const record = (await store.get<ConversationRecord>(`conversation/${id}`))!;
  const queue = await loadOutbox(store, id);
  store.close();
  const { content } = queue.find((item) => item.content.kind === "answer")!;
  const out = { ...record, members: record.members.filter(({ deviceId }) => deviceId !== bob.deviceId) };
  expect(await sealedAnswer(null as never, null as never, out, content as AnswerContent)).toBeNull();
});

test("P9.4 what came already is not taken a second time", async () => {
  await lose(bob);
  const sent = await alice.send(id, "once");
  await comeBack(bob);
  const row = await genuine(alice, sent);
  await answer(alice, [row, row]);
  expect(await bob.texts(id)).toEqual(["once"]);
  expect(await bob.problems(id)).toEqual([]);
});

test("P9.4 an answer for another device, or sealed as one, is not taken", async () => {
  await lose(bob);
  const sent = await alice.send(id, "for bob");
  await comeBack(bob);
  await answer(alice, [await genuine(alice, sent)], { to: alice.deviceId });
  expect(await bob.problems(id)).toEqual([]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P9.4 an answer that was sealed for another device's question does not open", async () => {
  await lose(bob);
  const sent = await alice.send(id, "for bob");
  await comeBack(bob);
  await answer(alice, [await genuine(alice, sent)], { seen: alice.deviceId });
  expect(await bob.problems(id)).toEqual(["bad_message"]);
  expect(await bob.texts(id)).toEqual([]);
});

test.each<[string, Partial<NonNullable<AnsweredRow["said"]>>]>([
  ["without a commitment's key", { k: "" }],
  [
    "with half a signature",
    { body: { content: "AAAA", signature_falcon: "AAAA", signature_ecdsa: null, receipt: null } },
  ],
  ["with content that is none", { json: "[".padEnd(LONG.length), body: null }],
])("P9.4 an answer %s is named, and the log goes on", async (_name, lie) => {
  await lose(bob);
  const sent = await alice.send(id, "as it was");
  await comeBack(bob);
  const row = await genuine(alice, sent);
  await answer(alice, [{ ...row, said: { ...row.said!, ...lie } }]);
  expect(await bob.problems(id)).toEqual([expect.stringMatching(/bad_message|resend_forged/u)]);
  await bob.send(id, "goes on");
  expect((await bob.api.conversation(id)).verifiedSeq).toBe(service.conversation(id).rows.length);
});

test("P9.4 a question with a key that is none stops nobody from sending", async () => {
  const sent = await alice.send(id, "before");
  await bob.sync(id);
  const key = Buffer.alloc(ASK_KEY_BYTES, 255).toString("base64url");
  const content: AskAgainContent = { kind: "ask_again", key, rows: [[sent.seq!, sent.seq!]], all: true };
  await postMessage(bob, id, await forgeMessage(bob, id, { content }));
  await alice.sync(id);
  expect(await inside<OutboxItem[]>(alice, `outbox/${id}`)).toHaveLength(1);
  expect(await flush(alice)).toBe(0);
  await alice.send(id, "goes on");
  expect(await alice.problems(id)).toEqual([]);
});

async function loseIn(room: TestRoom): Promise<void> {
  await alice.rotate(id);
  const row = service.conversation(id).rows.at(-1)!;
  const { contribution } = row;
  row.contribution = null;
  await room.sync(bob);
  row.contribution = contribution ?? null;
  expect((await bob.api.conversation(id)).state).toBe("lost");
}

/** Bob asks to be added, alice does it, and the others see it. */
async function comeBackIn(room: TestRoom, ...others: Browser[]): Promise<void> {
  await bob.ask(id);
  await alice.heal(id);
  for (const one of [bob, ...others]) await room.sync(one);
}

/** A room of alice, bob and carol. */
async function withCarol(): Promise<TestRoom> {
  const fresh = await another(world);
  ({ alice, bob } = fresh);
  const room = await TestRoom.open(fresh, carol);
  ({ id } = room);
  return room;
}

test("P9.4 only the author's account answers for a row, whatever else somebody in the room has read", async () => {
  const room = await withCarol();
  await loseIn(room);
  const sent = await alice.send(id, "by alice");
  await room.sync(carol);
  await comeBackIn(room, carol);
  const row = await genuine(alice, sent);
  await answer(carol, [row]);
  expect(await bob.problems(id)).toEqual(["resend_forged"]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P9.4 who was not in the room then gets nothing of it, whatever is asked for", async () => {
  const room = await withCarol();
  await alice.send(id, "while carol was there");
  await room.sync(carol);
  await room.act(alice, { act: "remove", userId: carol.userId, ban: false }, [], [carol]);
  await room.sync(carol);
  service.conversation(id).members.delete(carol.deviceId);
  await alice.send(id, "without carol");
  await room.invite(alice, carol);
  const back = (await alice.api.conversation(id)).verifiedSeq;
  await alice.send(id, "after carol came back");
  for (const one of [bob, carol]) await room.sync(one);
  await question([[1, back + 1]], carol);
  await room.sync(alice);
  const { seqs } = (await inside<OutboxItem[]>(alice, `outbox/${id}`))![0]!.content as AnswerContent;
  expect(seqs).toEqual([back + 1]);
});

test("P9.4 what has disappeared meanwhile does not come back", async () => {
  const room = await withCarol();
  vi.useFakeTimers({ toFake: ["Date"] });
  await room.act(alice, { act: "timer", seconds: 3_600 });
  for (const one of [bob, carol]) await room.sync(one);
  await loseIn(room);
  await alice.send(id, "for an hour");
  vi.setSystemTime(Date.now() + 3_000_000);
  await alice.send(id, "for an hour, and later");
  await comeBackIn(room, carol);
  expect(await flush(bob)).toBe(1);
  await room.sync(alice);
  vi.setSystemTime(Date.now() + 1_200_000);
  await flush(alice);
  await room.sync(bob);
  expect(await bob.texts(id)).toEqual(["for an hour, and later"]);
  const { store } = await bob.inside();
  expect(JSON.stringify(await store.all(`entry/${id}/`))).not.toContain('"for an hour"');
  store.close();
  expect(await missed(bob)).toEqual([0]);
});

// Last, since alice has two browsers from here on.
test("P9.4 a person's rows come from their other browser when the one that wrote them does not answer", async () => {
  const second = await Browser.signIn(service, alice.username, alice.userId);
  await second.meet(bob);
  for (const one of [alice, bob]) await one.learn(alice.userId);
  ({ alice, bob, id } = await established(world));
  await second.sync(id);
  await lose(bob);
  await alice.send(id, "written by the first browser");
  await comeBack(bob);
  // The first time the one that wrote it answers, and nobody else.
  expect(await again(second)).toBe(0);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + DAY + 1000 });
  await bob.pull(id);
  expect(await again(second)).toBe(1);
  expect(await messages(bob)).toMatchObject([
    { text: "written by the first browser", senderDeviceId: alice.deviceId, resent: { deviceId: second.deviceId } },
  ]);
});

test("P9.4 a file that was missed can be opened when its message was sent again", async () => {
  await lose(bob);
  const bytes = new Uint8Array(100);
  const about = { name: "a.bin", type: "", size: bytes.length, width: null, height: null, thumbnail: null };
  const file = await alice.api.beginFile(id, about);
  const sealed = await alice.api.sealChunk(file.id, 0, bytes);
  await alice.api.enqueueFile(file.id);
  await flush(alice);
  await comeBack(bob);
  await again(alice);
  const [entry] = await messages(bob);
  expect(entry).toMatchObject({ file: { id: file.id, name: "a.bin" }, resent: { proven: true } });
  const { reading } = await bob.api.openFile(id, entry!.key);
  expect(Buffer.from(await bob.api.openChunk(reading, 0, sealed.bytes)).equals(bytes)).toBe(true);
});
