import "fake-indexeddb/auto";
import { deleteDB, openDB } from "idb";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { AccountState } from "../../realtime/state";
import type { TestPerson } from "./person";
import { twoConnected } from "./person";
import { Services } from "./services";

let services: Services;
const present: TestPerson[] = [];

beforeAll(async () => {
  services = await Services.start();
});
afterEach(() => {
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

type SignedOut = Extract<AccountState, { phase: "signed_out" }>;

async function pair(): Promise<[TestPerson, TestPerson, string]> {
  const [alice, bob] = await twoConnected(services);
  present.push(alice, bob);
  return [alice, bob, `${alice.browser.prefix}-${alice.id}`];
}

async function signedOut(person: TestPerson): Promise<SignedOut> {
  const seen = await person.sees("the sign-in page", ({ auth }) =>
    auth.account.phase === "signed_out" ? auth.account : null,
  );
  return seen;
}

/** Signed in again, the browser is a new device, knows the people, and the conversation says what it can. */
async function startsAnew(alice: TestPerson, bob: TestPerson): Promise<void> {
  await alice.signIn();
  await alice.sees("the conversation", () => alice.conversation(bob));
  expect(alice.conversation(bob)!.findings).toEqual([]);
  expect((await alice.publishedKeys()).devices).toHaveLength(2);
}

test("P9 a store that is deleted while it is open is told in words, and the browser starts anew", async () => {
  const [alice, bob, name] = await pair();
  await deleteDB(name);
  await expect(alice.writes(bob, "into nothing")).rejects.toThrow("store_gone");
  expect(await signedOut(alice)).toMatchObject({ reason: "store_gone", kept: null });
  await startsAnew(alice, bob);
});

test("P9 a store that was deleted meanwhile is told at the next start", async () => {
  const [alice, bob, name] = await pair();
  alice.browser.crash();
  await deleteDB(name);
  await alice.crashAndReload();
  expect(await signedOut(alice)).toMatchObject({ reason: "store_gone", kept: null });
  expect((await indexedDB.databases()).map((database) => database.name)).not.toContain(name);
  await startsAnew(alice, bob);
});

test("P9 a store without its key is told in words, and the browser starts anew", async () => {
  const [alice, bob, name] = await pair();
  await alter(name, async (database) => database.delete("keys", "storage"));
  await alice.crashAndReload();
  expect(await signedOut(alice)).toMatchObject({ reason: "store_damaged", kept: null });
  await startsAnew(alice, bob);
});

test("P9 a record that does not open is told in words, also after a reload, and the browser starts anew", async () => {
  const [alice, bob, name] = await pair();
  // Nobody is at work on the store meanwhile: what is still being written would mend the record, or be named too early.
  alice.browser.crash();
  await alter(name, async (database) => {
    const [record] = await database.getAllKeys("records", IDBKeyRange.bound("conversation/", "conversation0"));
    const sealed = (await database.get("records", record!)) as Uint8Array;
    sealed[20]! ^= 1;
    await database.put("records", sealed, record);
  });
  await alice.browser.crashAndReload().catch(() => undefined);
  expect(await signedOut(alice)).toMatchObject({ reason: "store_damaged", kept: null });
  await alice.crashAndReload();
  expect(await signedOut(alice)).toMatchObject({ reason: "store_damaged", kept: null });
  await startsAnew(alice, bob);
});

test("P9 a store that is found damaged while it is being opened is told in words", async () => {
  const [alice, bob, name] = await pair();
  alice.browser.crash();
  const tab = (alice.browser.tab = alice.browser.openTab());
  const looked = vi.spyOn(tab.crypto, "localAccounts").mockImplementationOnce(async () => {
    looked.mockRestore();
    const all = await tab.crypto.localAccounts();
    await alter(name, async (database) => database.put("meta", 1, "damaged"));
    return all;
  });
  await expect(tab.engine.start()).rejects.toThrow("store_damaged");
  expect(await signedOut(alice)).toMatchObject({ reason: "store_damaged", kept: null });
  await startsAnew(alice, bob);
});

async function alter(name: string, change: (database: Awaited<ReturnType<typeof openDB>>) => Promise<unknown>) {
  const database = await openDB(name);
  await change(database);
  database.close();
}
