/** Mentions (PROTOCOL.md 10.3): ids inside the encryption, which count for people of the conversation only. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { toBase64url } from "../primitives/encoding";
import { forgeMessage, postMessage } from "../testing/attacker";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf } from "../testing/fakeService";
import { TestRoom } from "../testing/rooms";
import type { MessageEntry } from "../types";
import { decodeContent } from "./content";

let alice: Browser;
let bob: Browser;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, id } = await established(world));
});

async function mention(by: Browser, conversation: string, text: string, mentions: string[]): Promise<void> {
  await by.api.enqueue(conversation, text, "secured", null, mentions);
  await by.api.acknowledged(conversation, ackOf(await by.post(conversation)));
}

const newest = async (browser: Browser, conversation = id): Promise<MessageEntry> =>
  (await browser.entries(conversation)).findLast((entry) => entry.kind === "message")!;

const counts = async (browser: Browser) => {
  const { unread, mentioned } = await browser.api.conversation(id);
  return { unread, mentioned };
};

test("P10.3 whoever is meant is told until they have read it, and nobody else", async () => {
  await mention(alice, id, "@bob come", [bob.userId]);
  await alice.send(id, "and bring the cake");
  await alice.pull(id);
  await bob.pull(id);
  expect((await bob.entries(id)).flatMap((entry) => (entry.kind === "message" ? [entry.mentions] : []))).toEqual([
    [bob.userId],
    [],
  ]);
  expect(await counts(bob)).toEqual({ unread: 2, mentioned: 1 });
  expect(await counts(alice)).toEqual({ unread: 0, mentioned: 0 });
  await bob.api.markRead(id, (await newest(bob)).seq!);
  expect(await counts(bob)).toEqual({ unread: 0, mentioned: 0 });
});

test("P10.3 a deletion takes the mention with it, an edit says anew who is meant and calls nobody twice", async () => {
  await mention(alice, id, "@bob come", [bob.userId]);
  await alice.pull(id);
  const { senderDeviceId: deviceId, clientId } = await newest(alice);
  const ref = { deviceId, clientId };
  await alice.api.enqueueChange(id, ref, {
    kind: "edit",
    text: "@bob and @alice",
    mentions: [bob.userId, alice.userId],
  });
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  await bob.pull(id);
  expect((await newest(bob)).mentions).toEqual([bob.userId, alice.userId]);
  expect(await counts(bob)).toEqual({ unread: 1, mentioned: 1 });
  await alice.pull(id);
  await alice.api.enqueueChange(id, ref, { kind: "delete" });
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  await bob.pull(id);
  expect((await newest(bob)).mentions).toEqual([]);
  expect(await counts(bob)).toEqual({ unread: 0, mentioned: 0 });
});

test("P10.3 in a room only members are meant", async () => {
  const people = await twoPeople();
  const room = await TestRoom.open(people);
  await mention(people.alice, room.id, "@bob @carol", [people.bob.userId, uuidv7()]);
  for (const person of [people.alice, people.bob]) {
    await room.sync(person);
    expect((await newest(person, room.id)).mentions).toEqual([people.bob.userId]);
  }
});

const many = Array.from({ length: 51 }, () => uuidv7());
const twice = uuidv7();

test.each([
  ["no list", "bob"],
  ["no ids", ["bob"]],
  ["no text", [7]],
  ["one twice", [twice, twice]],
  ["more than fifty", many],
])("P5.3 mentions that no client writes are refused and named: %s", async (_what, mentions) => {
  await postMessage(alice, id, await forgeMessage(alice, id, { content: { text: "hello", mentions } }));
  await bob.pull(id);
  expect(await bob.problems(id)).toEqual(["bad_message"]);
  const target = { device: uuidv7(), id: uuidv7(), hash: toBase64url(randomBytes(32)) };
  expect(() => decodeContent({ kind: "edit", target, text: "hello", mentions })).toThrow("bad_message");
});
