/** P10.3: messages that disappear, as a browser keeps them. Only the calendar is moved: nobody waits. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgeMessage, postMessage } from "../testing/attacker";
import { another, type Browser, twoPeople, type World } from "../testing/browser";
import { TestRoom } from "../testing/rooms";
import { msToTime } from "../primitives/encoding";
import type { MessageRef } from "../types";

const HOUR = 3_600;
const people = await twoPeople();
let world: World;
let alice: Browser;
let bob: Browser;
let room: TestRoom;
let began: number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  began = Date.now();
  world = await another(people);
  ({ alice, bob } = world);
  room = await TestRoom.open(world);
  await room.act(alice, { act: "timer", seconds: HOUR });
  await room.sync(bob);
});

afterEach(() => {
  vi.useRealTimers();
});

/** So many seconds after the beginning, by the clock of the browsers and by the server's. */
async function at(seconds: number, server = seconds, ...browsers: Browser[]): Promise<void> {
  vi.setSystemTime(began + seconds * 1000);
  for (const browser of browsers) await browser.api.learnTime(msToTime(began + server * 1000));
}

const events = async (browser: Browser) =>
  (await browser.entries(room.id)).flatMap((entry) => (entry.kind === "system" ? [entry.event] : []));

/** Bob has it, and has read it unless said otherwise. */
async function told(text: string, read = true): Promise<MessageRef> {
  const { senderDeviceId: deviceId, clientId } = await alice.send(room.id, text);
  await room.sync(bob);
  const { verifiedSeq } = await bob.api.conversation(room.id);
  if (read) await bob.api.markRead(room.id, verifiedSeq);
  return { deviceId, clientId };
}

async function onDisk(browser: Browser): Promise<string> {
  const { store } = await browser.inside();
  const kept = ["conversation/", "draft/", "editing/", "entry/", "file/", "missed/", "outbox/", "sent/"];
  const found = await Promise.all(kept.map((prefix) => store.all<unknown>(prefix)));
  store.close();
  return JSON.stringify(found);
}

/** The people have other rooms, of the tests before. */
async function faded(browser: Browser) {
  const { gone, entries, next } = await browser.api.fade();
  const here = ({ conversationId }: { conversationId: string }) => conversationId === room.id;
  return { gone: gone.filter(here).length, entries: entries.filter(here), next };
}

test("P10.3 the timer is told with who set it, and counts for new messages only", async () => {
  expect(await events(bob)).toContain("timer_changed");
  const [told] = (await bob.entries(room.id)).filter(
    (entry) => entry.kind === "system" && entry.event === "timer_changed",
  );
  expect(told).toMatchObject({ userId: alice.userId, text: String(HOUR) });
  expect((await bob.api.conversation(room.id)).room?.settings.timer).toBe(HOUR);
  const fading = await alice.send(room.id, "for an hour");
  await room.act(alice, { act: "timer", seconds: 0 });
  await room.sync(bob);
  const lasting = await bob.send(room.id, "for ever");
  expect([Date.parse(fading.expiresAt ?? "") - Date.parse(fading.time), lasting.expiresAt]).toEqual([
    HOUR * 1000,
    null,
  ]);
});

test("P10.3 a member without the right does not set it, and no message lasts another time than the members agreed", async () => {
  await expect(bob.api.beginRoomAct(room.id, { act: "timer", seconds: 0 })).rejects.toThrow("not_allowed");
  for (const expiry of [0, HOUR + 1]) {
    await postMessage(bob, room.id, await forgeMessage(bob, room.id, { data: { expiry } }));
  }
  await room.sync(alice);
  expect(await alice.problems(room.id)).toEqual(["wrong_expiry", "wrong_expiry"]);
  expect(await alice.texts(room.id)).toEqual([]);
  // Its next one, that lasts as long as all, is read.
  await postMessage(bob, room.id, await forgeMessage(bob, room.id, { data: { expiry: HOUR } }));
  await room.sync(alice);
  expect(await alice.texts(room.id)).toEqual(["forged"]);
});

test("P10.3 hidden at the earlier, erased at the later of both clocks", async () => {
  await told("the key is under the mat");
  // By the server's clock it is over, by this one's not yet.
  await at(HOUR - 60, HOUR + 1, bob);
  expect(await bob.texts(room.id)).toEqual([]);
  expect((await bob.api.conversation(room.id)).last).toBeNull();
  expect(await faded(bob)).toMatchObject({ gone: 1, entries: [] });
  expect(await onDisk(bob)).toContain("under the mat");
  // By this one's, but not by the server's.
  await at(HOUR + 1, HOUR - 60, bob);
  expect(await bob.texts(room.id)).toEqual([]);
  const { next } = await bob.api.fade();
  expect(await onDisk(bob)).toContain("under the mat");
  expect(next).toBeGreaterThan(0);
  expect(next).toBeLessThanOrEqual(61_000);

  await at(HOUR + 62, HOUR + 1, bob);
  expect(await faded(bob)).toEqual({ gone: 1, entries: [], next: null });
  expect(await onDisk(bob)).not.toContain("under the mat");
  expect(await faded(bob)).toEqual({ gone: 0, entries: [], next: null });
});

test("P10.3 a browser that was closed hides at once, and erases when the server has told its time", async () => {
  await told("the key is under the mat");
  await at(2 * HOUR);
  bob = await bob.reload();
  expect(await bob.texts(room.id)).toEqual([]);
  await bob.api.fade();
  expect(await onDisk(bob)).toContain("under the mat");
  await at(2 * HOUR, 2 * HOUR, bob);
  await bob.api.fade();
  expect(await onDisk(bob)).not.toContain("under the mat");
});

test("P10.3 its edits, quotes, own changes on their way and file go with it; what stays is not touched", async () => {
  const first = await told("the key is under the mat");
  await alice.api.enqueueChange(room.id, first, { kind: "edit", text: "the key is under the stone" });
  await alice.api.acknowledged(room.id, await acked());
  await at(HOUR / 2);
  await bob.pull(room.id);
  await bob.api.enqueue(room.id, "which one?", "secured", first);
  await bob.api.postponed(room.id, (await nextOf(bob)).client_id);
  await bob.api.enqueueChange(room.id, first, { kind: "reaction", emoji: "👍", on: true });
  await alice.api.setEditing(room.id, { ...first, text: "the key is gone" });
  await at(HOUR + 1, HOUR + 1, alice, bob);
  await Promise.all([alice.api.fade(), bob.api.fade()]);
  for (const browser of [alice, bob]) {
    expect(await onDisk(browser)).not.toMatch(/under the|gone|👍/u);
  }
  expect((await alice.api.conversation(room.id)).editing).toBeNull();
  const [reply] = (await bob.entries(room.id)).filter(({ kind }) => kind === "message");
  expect(reply).toMatchObject({ text: "which one?", quote: { original: null } });
  expect(await bob.api.outboxes()).toEqual([room.id]);
});

async function acked() {
  const row = await alice.post(room.id);
  const { client_id, seq, previous_chain, chain, timestamp, generation, epoch } = row;
  return { client_id, seq, previous_chain, chain, time: timestamp, generation, epoch, receipt: null };
}

async function nextOf(browser: Browser) {
  const next = await browser.api.nextOutgoing(room.id);
  if (next.kind !== "message") throw new Error(next.kind);
  return next.message;
}

test("P10.3 a pinned message is no pin any more from the moment on that it is hidden, and a pin that comes then is none", async () => {
  const first = await told("the key is under the mat");
  const late = await told("the gate is open");
  await alice.api.enqueueChange(room.id, first, { kind: "pin", on: true });
  await alice.api.acknowledged(room.id, await acked());
  await room.sync(bob);
  const pins = async (browser: Browser) => (await browser.api.conversation(room.id)).pinned.map(({ text }) => text);
  for (const browser of [alice, bob]) expect(await pins(browser)).toEqual(["the key is under the mat"]);
  await alice.api.enqueueChange(room.id, late, { kind: "pin", on: true });
  await alice.post(room.id);
  // Hidden by the server's clock, and not erased yet.
  await at(HOUR - 60, HOUR + 1, alice, bob);
  await room.sync(bob);
  for (const browser of [alice, bob]) expect(await pins(browser)).toEqual([]);
  await at(HOUR + 62, HOUR + 62, alice, bob);
  for (const browser of [alice, bob]) {
    await browser.api.fade();
    expect(await pins(browser)).toEqual([]);
  }
  const { store } = await bob.inside();
  const kept = JSON.stringify(await store.all<unknown>("conversation/"));
  store.close();
  for (const { clientId } of [first, late]) expect(kept).not.toContain(clientId);
});

test("P10.3 what nobody has read here leaves a line, what was read leaves nothing", async () => {
  await told("read");
  await told("not read", false);
  expect((await bob.api.conversation(room.id)).unread).toBe(1);
  await at(HOUR + 1, HOUR + 1, bob);
  const { gone, entries } = await faded(bob);
  expect(gone).toBe(2);
  expect(entries).toMatchObject([{ event: "disappeared", userId: alice.userId }]);
  expect(await bob.texts(room.id)).toEqual([]);
  expect((await events(bob)).filter((event) => event === "disappeared")).toHaveLength(1);
  const shown = await bob.api.conversation(room.id);
  expect([shown.unread, shown.last]).toEqual([0, entries[0]]);
});

test("P10.3 a message whose body the server erased before this browser fetched it is told, and the log goes on", async () => {
  await alice.send(room.id, "too late");
  const { rows } = world.service.conversation(room.id);
  const gone = rows.at(-1)!;
  gone.content = null;
  await at(HOUR + 1, HOUR + 1, alice, bob);
  await alice.api.fade();
  await alice.send(room.id, "in time");
  await room.sync(bob);
  expect((await events(bob)).at(-1)).toBe("disappeared");
  expect(await bob.texts(room.id)).toEqual(["in time"]);
  expect(await bob.problems(room.id)).toEqual([]);
});

test("P10.3 a body that is withheld before its time is named", async () => {
  await alice.send(room.id, "held back");
  world.service.conversation(room.id).rows.at(-1)!.content = null;
  await at(HOUR / 2, HOUR / 2, bob);
  await room.sync(bob);
  expect(await bob.problems(room.id)).toEqual(["body_missing"]);
  expect(await events(bob)).not.toContain("disappeared");
});

test("P9.1 a row of this very device whose body has disappeared counts as written by a newer copy of its store", async () => {
  const { rows } = world.service.conversation(room.id);
  await postMessage(bob, room.id, await forgeMessage(bob, room.id, { data: { expiry: HOUR } }));
  rows.at(-1)!.content = null;
  await at(HOUR + 1, HOUR + 1, bob);
  await room.sync(bob);
  expect(await bob.problems(room.id)).toEqual(["old_copy"]);
  expect((await bob.api.conversation(room.id)).state).toBe("lost");
});
