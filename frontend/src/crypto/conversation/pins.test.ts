/** Messages that stand out (PROTOCOL.md 10.3): the same for everybody, and only by who may. */

import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes } from "../primitives/bytes";
import { toBase64url } from "../primitives/encoding";
import { forgeMessage, postMessage } from "../testing/attacker";
import { another, type Browser, established, twoPeople } from "../testing/browser";
import { ackOf } from "../testing/fakeService";
import { TestRoom } from "../testing/rooms";
import type { Change, MessageEntry } from "../types";

const people = await twoPeople();
let alice: Browser;
let bob: Browser;
let id: string;

const PIN = { kind: "pin", on: true } as const;
const UNPIN = { kind: "pin", on: false } as const;

const ref = ({ senderDeviceId, clientId }: MessageEntry) => ({ deviceId: senderDeviceId, clientId });
const wire = ({ senderDeviceId, clientId, hash }: MessageEntry) => ({ device: senderDeviceId, id: clientId, hash });
const pinned = async (browser: Browser) => (await browser.api.conversation(id)).pinned.map(({ text }) => text);
const problems = async (browser: Browser) => (await browser.api.conversation(id)).problems.map(({ code }) => code);

const told = async (browser: Browser) =>
  (await browser.entries(id)).flatMap((entry) =>
    entry.kind === "system" && ["pinned", "unpinned"].includes(entry.event) ? [[entry.event, entry.userId]] : [],
  );

const changes = async (browser: Browser, message: MessageEntry, change: Change) => {
  await browser.api.enqueueChange(id, ref(message), change);
  return browser.api.acknowledged(id, ackOf(await browser.post(id)));
};

const refusal = async (call: Promise<unknown>) => call.then(() => "none", failureCode);

test("P10.3 in a session both pin and unpin; what is pinned is shown as it is now, and goes with its deletion", async () => {
  ({ alice, bob, id } = await established(people));
  const [cake, code] = [await alice.send(id, "lemmon cake"), await alice.send(id, "the code is 4711")];
  await bob.sync(id);
  expect(await changes(bob, cake, PIN)).toMatchObject([
    { kind: "message", pinned: { userId: bob.userId } },
    { kind: "system", event: "pinned" },
  ]);
  await changes(bob, code, PIN);
  await alice.sync(id);
  await changes(alice, cake, { kind: "edit", text: "lemon cake" });
  // Once more: nothing happens, and nothing is told.
  await changes(alice, cake, PIN);
  await bob.sync(id);
  for (const browser of [await alice.reload(), await bob.reload()]) {
    expect(await pinned(browser)).toEqual(["the code is 4711", "lemon cake"]);
    expect(await told(browser)).toEqual([
      ["pinned", bob.userId],
      ["pinned", bob.userId],
    ]);
  }
  [alice, bob] = [await alice.reload(), await bob.reload()];
  for (const browser of [alice, bob]) await browser.sync(id);
  await changes(alice, code, { kind: "delete" });
  await changes(alice, cake, UNPIN);
  await bob.sync(id);
  for (const browser of [alice, bob]) {
    expect(await pinned(browser)).toEqual([]);
    expect((await told(browser)).at(-1)).toEqual(["unpinned", alice.userId]);
    expect(await problems(browser)).toEqual([]);
  }
});

test("P10.3 an own pin is seen at once, and only named when it is refused", async () => {
  ({ alice, bob, id } = await established(people));
  const cake = await alice.send(id, "lemon cake");
  const now = await alice.api.enqueueChange(id, ref(cake), PIN);
  expect(now).toMatchObject({ pinned: { userId: alice.userId }, pending: { kind: "pin", state: "waiting" } });
  expect(await pinned(alice)).toEqual(["lemon cake"]);
  const next = await alice.api.nextOutgoing(id);
  if (next.kind !== "message") throw new Error(next.kind);
  const refused = await alice.api.sendRefused(id, next.message.client_id, "blocked");
  expect(refused).toMatchObject({ pinned: null, pending: { kind: "pin", state: "failed" } });
  expect(await pinned(alice)).toEqual([]);
});

test("P10.3 a pin that names another hash is of another message, and is named", async () => {
  ({ alice, bob, id } = await established(people));
  const cake = await alice.send(id, "lemon cake");
  await bob.sync(id);
  const target = { ...wire(cake), hash: toBase64url(randomBytes(32)) };
  await postMessage(bob, id, await forgeMessage(bob, id, { content: { kind: "pin", target, on: true } }));
  await alice.sync(id);
  expect(await pinned(alice)).toEqual([]);
  expect(await problems(alice)).toEqual(["change_forged"]);
});

test("the newest 20 pins stay: the oldest makes room, for everybody the same one", async () => {
  ({ alice, bob, id } = await established(people));
  const texts = Array.from({ length: 21 }, (_, n) => `note ${n}`);
  for (const text of texts) await changes(alice, await alice.send(id, text), PIN);
  await bob.sync(id);
  for (const browser of [alice, bob]) {
    expect(await pinned(browser)).toEqual(texts.slice(1).reverse());
    const marked = (await browser.entries(id)).filter((entry) => entry.kind === "message" && entry.pinned !== null);
    expect(marked).toHaveLength(20);
  }
});

test("what is no pin is refused, and named", async () => {
  ({ alice, bob, id } = await established(people));
  const cake = await alice.send(id, "lemon cake");
  await bob.sync(id);
  await postMessage(bob, id, await forgeMessage(bob, id, { content: { kind: "pin", target: wire(cake) } }));
  await alice.sync(id);
  expect(await problems(alice)).toEqual(["bad_message"]);
});

/** A room of alice's, and what she wrote there. */
async function harbour(): Promise<[TestRoom, MessageEntry]> {
  const world = await another(people);
  ({ alice, bob } = world);
  const room = await TestRoom.open(world);
  ({ id } = room);
  const rules = await alice.send(id, "the rules of this harbour");
  await room.sync(bob);
  return [room, rules];
}

test("P10.3 in a room a member pins nothing, and who tries is named", async () => {
  const [room, rules] = await harbour();
  expect(await refusal(bob.api.enqueueChange(id, ref(rules), PIN))).toBe("not_changeable");
  const content = { kind: "pin", target: wire(rules), on: true };
  await postMessage(bob, id, await forgeMessage(bob, id, { content }));
  await room.sync(alice);
  expect(await pinned(alice)).toEqual([]);
  expect(await problems(alice)).toEqual(["change_forged"]);
});

test("P10.3 in a room moderators pin, also what the owner wrote, as long as they are moderators", async () => {
  const [room, rules] = await harbour();
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  await changes(bob, rules, PIN);
  // A right that is lost while it waits is not used.
  await bob.api.enqueueChange(id, ref(rules), UNPIN);
  await room.sync(alice);
  await room.act(alice, { act: "role", userId: bob.userId, role: "member" });
  await room.sync(bob);
  expect((await bob.api.nextOutgoing(id)).kind).toBe("dropped");
  for (const browser of [alice, bob]) {
    expect(await pinned(browser)).toEqual(["the rules of this harbour"]);
    expect(await told(browser)).toEqual([["pinned", bob.userId]]);
    expect(await problems(browser)).toEqual([]);
  }
});
