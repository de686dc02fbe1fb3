import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { established } from "./testing/browser";

test("two people found a group, read each other, rotate, and end it", async () => {
  const { alice, bob, id } = await established();
  expect(await alice.problems(id)).toEqual([]);
  expect(await bob.problems(id)).toEqual([]);
  expect((await alice.api.conversation(id)).state).toBe("active");
  const sent = await alice.send(id, "Hello Bob");
  expect(sent.state).toBe("sent");
  const received = await bob.sync(id);
  expect(received.entries).toMatchObject([{ kind: "message", text: "Hello Bob", own: false, senderId: alice.userId }]);
  await bob.send(id, "Hello Alice");
  await alice.sync(id);
  expect(await alice.texts(id)).toEqual(["Hello Bob", "Hello Alice"]);
  expect(await bob.texts(id)).toEqual(["Hello Bob", "Hello Alice"]);
});
