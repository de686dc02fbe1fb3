/** P3.5: a device's ML-KEM key is replaced weekly, opens what was drawn for it for 30 days more, and is gone then. */

import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { established, type World } from "../testing/browser";
import { KEPT_MS, REPLACED_AFTER_MS } from "./mlKem";

const DAY_MS = 24 * 3_600_000;
let world: World | undefined;

beforeEach(async () => {
  world = await established(world);
});
afterEach(() => {
  vi.useRealTimers();
});

const at = (time: number) => vi.useFakeTimers({ now: time, toFake: ["Date"] });
const later = (ms: number) => at(Date.now() + ms);

/** What Bob's store has of his key. */
async function stored() {
  const inside = await world!.bob.inside();
  const { former, next } = (await inside.store.get<{ former: { number: number }[]; next: { number: number } | null }>(
    "ml-kem",
  ))!;
  inside.store.close();
  return { former: former.map(({ number }) => number), next: next?.number ?? null };
}

test("P3.5 a key is replaced after a week, and not before", async () => {
  const { bob } = world!;
  const { number } = (await bob.api.ownKeys()).mlKem;
  later(REPLACED_AFTER_MS - DAY_MS);
  expect(await bob.replaceMlKem()).toBeNull();
  later(2 * DAY_MS);
  expect(await bob.replaceMlKem()).toBe(number + 1);
  expect(await bob.replaceMlKem()).toBeNull();
  const shown = (await bob.api.ownKeys()).mlKem;
  expect(shown).toMatchObject({ number: number + 1, waiting: false, madeAt: Date.now() });
  expect(shown.replacedAt).toBe(Date.now() + REPLACED_AFTER_MS);
});

test("P3.5 it can be replaced at any time, and a clock that was set back does not keep a key in use", async () => {
  const { bob } = world!;
  const { number } = (await bob.api.ownKeys()).mlKem;
  expect(await bob.replaceMlKem(true)).toBe(number + 1);
  later(-30 * 60_000);
  expect(await bob.replaceMlKem()).toBeNull();
  later(-400 * DAY_MS);
  expect(await bob.replaceMlKem()).toBe(number + 2);
});

test("P3.5 a key whose answer got lost goes out again, also over a reload, and opens what was made for it meanwhile", async () => {
  const { alice, bob, service, id } = world!;
  const { number } = (await bob.api.ownKeys()).mlKem;
  const sent = (await bob.api.nextMlKemKey(true))!;
  service.replaceMlKem(bob.sender, sent);
  expect((await bob.api.ownKeys()).mlKem).toMatchObject({ number, waiting: true });
  await alice.learn(bob.userId);
  await alice.rotate(id);
  const again = await bob.reload();
  await again.sync(id);
  expect((await again.api.conversation(id)).epoch).toBe(2);
  expect(await again.problems(id)).toEqual([]);
  expect((await again.api.nextMlKemKey(false))?.statement.slice(0, 400)).toBe(sent.statement.slice(0, 400));
  expect(await again.replaceMlKem()).toBe(number + 1);
  expect((await again.api.ownKeys()).mlKem).toMatchObject({ number: number + 1, waiting: false });
});

test("P3.5 what was drawn for a key before it was replaced still opens, and nobody is blamed", async () => {
  const { alice, bob, id } = world!;
  await alice.rotate(id);
  await bob.replaceMlKem(true);
  later(KEPT_MS - DAY_MS);
  await bob.replaceMlKem();
  await bob.sync(id);
  expect((await bob.api.conversation(id)).epoch).toBe(2);
  expect(await bob.problems(id)).toEqual([]);
});

test("P3.5 the private half is erased 30 days after it was replaced; what comes for it later cannot be opened", async () => {
  later(0);
  const { alice, bob, id } = world!;
  const { number } = (await bob.api.ownKeys()).mlKem;
  await alice.rotate(id);
  await bob.replaceMlKem(true);
  expect((await stored()).former).toContain(number);
  expect((await bob.api.ownKeys()).mlKem.former.at(-1)).toEqual({ number, erasedAt: Date.now() + KEPT_MS });
  later(KEPT_MS);
  await bob.replaceMlKem();
  expect(await stored()).toEqual({ former: [number + 1], next: null });
  await bob.sync(id);
  expect(await bob.problems(id)).toContain("contribution_unreadable");
  expect((await bob.api.conversation(id)).state).toBe("lost");
});

test("P3.5 a draw for a key that its device had replaced is followed, and named", async () => {
  const { alice, bob, id } = world!;
  await bob.replaceMlKem(true);
  // The server tells Alice nothing of it.
  later(20 * 60_000);
  await alice.rotate(id);
  await bob.sync(id);
  expect((await bob.api.conversation(id)).epoch).toBe(2);
  expect(await bob.problems(id)).toEqual(["ml_kem_rollback"]);
  await bob.send(id, "still here");
  await alice.sync(id);
  expect(await alice.texts(id)).toContain("still here");
});

test("P3.5 after a copy of the store has gone on, the next number follows that one’s", async () => {
  const { bob, service } = world!;
  const { number } = (await bob.api.ownKeys()).mlKem;
  const waiting = (await bob.api.nextMlKemKey(true))!;
  const older = await bob.tampered("ml-kem", (record) => Object.assign(record, { next: null }));
  const other = (await older.api.nextMlKemKey(true))!;
  service.replaceMlKem(bob.sender, other);
  // This copy still holds the one that it made, under a number that is taken.
  const copy = await bob.tampered("ml-kem", (record) =>
    Object.assign(record, { next: { number: waiting.number, seed: "A".repeat(86), madeAt: Date.now() } }),
  );
  await copy.learn(bob.userId);
  expect(await copy.replaceMlKem()).toBe(number + 2);
});

test("P7.1 whoever was away for months checks old commits against the keys of that time", async () => {
  const { alice, bob, id } = world!;
  const reader = await alice.reload();
  for (let week = 0; week < 3; week++) {
    later(REPLACED_AFTER_MS);
    await bob.replaceMlKem();
    await bob.learn(alice.userId);
    await bob.rotate(id);
  }
  await reader.sync(id);
  expect((await reader.api.conversation(id)).epoch).toBe(4);
  expect(await reader.problems(id)).toEqual([]);
});
