/** What moderators do to messages of others in a room (PROTOCOL.md 10.3): by the roles of the epoch in which they do it. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { mayDelete } from "../mls/roles";
import { newPolicy } from "../mls/roomState";
import { forgeMessage, postMessage } from "../testing/attacker";
import { another, type Browser, twoPeople } from "../testing/browser";
import { ackOf } from "../testing/fakeService";
import { TestRoom } from "../testing/rooms";
import type { MessageEntry } from "../types";

const people = await twoPeople();
let alice: Browser;
let bob: Browser;
let room: TestRoom;

beforeEach(async () => {
  const world = await another(people);
  ({ alice, bob } = world);
  room = await TestRoom.open(world);
});

const DELETE = { kind: "delete" } as const;

const ref = ({ senderDeviceId, clientId }: MessageEntry) => ({ deviceId: senderDeviceId, clientId });
const problems = async (browser: Browser) => (await browser.api.conversation(room.id)).problems.map(({ code }) => code);

const pins = async (browser: Browser) => (await browser.api.conversation(room.id)).pinned.map(({ text }) => text);

async function only(browser: Browser): Promise<MessageEntry> {
  const found = (await browser.entries(room.id)).filter((entry) => entry.kind === "message");
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** A message of this person, as both have it. */
async function said(author: Browser, text: string): Promise<MessageEntry> {
  await author.send(room.id, text);
  for (const browser of [alice, bob]) await room.sync(browser);
  return only(author);
}

async function post(browser: Browser): Promise<void> {
  await browser.api.acknowledged(room.id, ackOf(await browser.post(room.id)));
}

test("P10.3 a moderator deletes what those below wrote, everybody their own, and nobody anything in a session", () => {
  const policy = { ...newPolicy("owner"), moderators: ["mod", "other"] };
  const may = (actor: string) =>
    ["owner", "mod", "other", "member", "gone"].filter((author) => mayDelete(policy, actor, author));
  expect(may("owner")).toEqual(["owner", "mod", "other", "member", "gone"]);
  expect(may("mod")).toEqual(["mod", "member", "gone"]);
  expect(may("member")).toEqual(["member"]);
  expect(mayDelete(null, "owner", "member")).toBe(false);
  // The setting is about people.
  const strict = { ...policy, settings: { ...policy.settings, remove: 2 as const } };
  expect(mayDelete(strict, "mod", "member")).toBe(true);
});

test("P10.3 what somebody above deletes is gone for everybody, its author included, and says who did it as what", async () => {
  const message = await said(bob, "the code is 4711");
  await alice.api.enqueueChange(room.id, ref(message), { kind: "pin", on: true });
  await post(alice);
  await room.sync(bob);
  for (const browser of [alice, bob]) expect(await pins(browser)).toEqual(["the code is 4711"]);
  await alice.api.enqueueChange(room.id, ref(message), DELETE);
  // Its place beside the conversation goes at once, too.
  expect(await pins(alice)).toEqual([]);
  const deletedBy = { userId: alice.userId, role: "owner" };
  expect(await only(alice)).toMatchObject({ text: "", deletedBy, pending: { kind: "delete" } });
  await post(alice);
  await room.sync(bob);
  await room.act(alice, { act: "hand_over", userId: bob.userId });
  await room.sync(bob);
  for (const browser of [await alice.reload(), await bob.reload()]) {
    expect(await only(browser)).toMatchObject({ text: "", deletedBy, pending: null, hash: message.hash });
    expect(await pins(browser)).toEqual([]);
    expect((await browser.api.conversation(room.id)).problems).toEqual([]);
  }
});

test("P10.3 the file of such a message is its author's to delete from the server", async () => {
  const bytes = new Uint8Array(100);
  const about = { name: "a.bin", type: "", size: bytes.length, width: null, height: null, thumbnail: null };
  const { id } = await bob.api.beginFile(room.id, about);
  await bob.api.sealChunk(id, 0, bytes);
  await bob.api.enqueueFile(id);
  await post(bob);
  await room.sync(alice);
  await alice.api.enqueueChange(room.id, ref(await only(alice)), DELETE);
  await post(alice);
  await room.sync(bob);
  expect(await only(bob)).toMatchObject({ file: null });
  expect(await bob.api.filesToDelete()).toEqual([id]);
  expect(await alice.api.filesToDelete()).toEqual([]);
});

test.each(["member", "moderator"] as const)(
  "P10.3 a %s deletes nothing of the owner, and who tries is named",
  async (role) => {
    if (role === "moderator") await room.act(alice, { act: "role", userId: bob.userId, role });
    const message = await said(alice, "the harbour is closed");
    const code = await bob.api.enqueueChange(room.id, ref(message), DELETE).then(() => "none", failureCode);
    expect(code).toBe("not_changeable");
    const target = { device: message.senderDeviceId, id: message.clientId, hash: message.hash };
    await postMessage(bob, room.id, await forgeMessage(bob, room.id, { content: { kind: "delete", target } }));
    await room.sync(alice);
    expect(await only(alice)).toMatchObject({ text: "the harbour is closed", deletedAt: null });
    expect(await problems(alice)).toEqual(["change_forged"]);
  },
);

test("P10.3 the epoch in which it was sent decides, not the one in which others take it", async () => {
  const message = await said(bob, "I was a member");
  await alice.api.enqueueChange(room.id, ref(message), DELETE);
  await post(alice);
  await room.act(alice, { act: "hand_over", userId: bob.userId });
  await room.sync(bob);
  expect(await only(bob)).toMatchObject({ text: "", deletedBy: { userId: alice.userId, role: "owner" } });
  expect(await problems(bob)).toEqual([]);
});

test("P10.1 P10.3 whoever loses the right while the deletion waits does not send it, and sees that", async () => {
  const message = await said(bob, "I own this room now");
  await alice.api.enqueueChange(room.id, ref(message), DELETE);
  await alice.api.enqueue(room.id, "what waits behind it");
  await room.act(alice, { act: "hand_over", userId: bob.userId });
  const next = await alice.api.nextOutgoing(room.id);
  const pending = { kind: "delete", state: "failed", failure: "not_changeable" };
  expect(next).toMatchObject({ kind: "dropped", entry: { text: "I own this room now", deletedAt: null, pending } });
  await post(alice);
  await room.sync(bob);
  expect(await bob.texts(room.id)).toEqual(["I own this room now", "what waits behind it"]);
  expect(await problems(bob)).toEqual([]);
});
