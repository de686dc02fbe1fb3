/** PROTOCOL.md 2.5, 3.1 and 3.2: what the browsers of one account tell each other, and what they do not let themselves be told. */

import "fake-indexeddb/auto";
import { beforeAll, expect, test } from "vitest";
import { failureCode } from "../failures";
import { toBase64url } from "../primitives/encoding";
import { hybridKeyPair } from "../primitives/hybrid";
import type { PersonRecord } from "../store/person";
import { Browser, parametersOf, PASSWORD, twoPeople, vaultOf } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";
import type { WireAccountKeys } from "../wire";

let alice: Browser;
let second: Browser;
let bob: Browser;
let service: FakeService;

beforeAll(async () => {
  ({ alice, bob, service } = await twoPeople());
  second = await Browser.signIn(service, alice.username, alice.userId);
  await second.meet(bob);
  await alice.learn(alice.userId);
  await pass(alice, second);
  await pass(second, alice);
});

/** `from` stores its pins, `to` merges them. */
async function pass(from: Browser, to: Browser) {
  const next = await from.api.pinsToStore();
  if (next === null) return [];
  await from.api.pinsStored(next.record.version);
  return to.api.mergePins(next.record);
}

const contact = async ({ api }: Browser) => (await api.contact(bob.userId))!;

const refusal = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: unknown) => failureCode(error),
  );

test("P3.2 an account key that the server swaps for one's own signs nothing and stops every sending", async () => {
  const impostor = await Browser.register(service, "oscar");
  const swapped = { ...service.keys(impostor.userId), user_id: alice.userId, username: alice.username };
  const { session } = await service.open(alice.userId, bob.userId);
  await bob.meet(alice);
  alice = await alice.reload();
  await alice.learn(bob.userId);
  await alice.sync(session.id);
  await alice.api.learnKeys(swapped);
  expect(await refusal(alice.api.newDevice({ keys: swapped, challenge: "challenge" }))).toBe("locked");
  expect(await refusal(alice.api.beginFounding(session.id, { items: [] }))).toBe("account_key_changed");
  expect(await refusal(alice.api.acceptAccountKey(alice.userId, ""))).toBe("nothing_pending");
  await alice.api.learnKeys(service.keys(alice.userId));
  expect(await refusal(alice.api.beginFounding(session.id, { items: [] }))).not.toBe("account_key_changed");
});

test("P3.2 the later decision counts, on whichever browser it was made", async () => {
  await alice.verify(bob);
  await pass(alice, second);
  expect((await contact(second)).verified).toBe(true);
  await second.api.markVerified(bob.userId, null);
  // Alice stores something else meanwhile, with her older decision in it.
  await alice.api.agree({ userId: alice.userId, username: alice.username });
  await pass(alice, second);
  expect((await contact(second)).verified).toBe(false);
  await pass(second, alice);
  expect((await contact(alice)).verified).toBe(false);
});

test("P3.2 what others may see is decided once for all browsers of the account, the later decision counts, and the server reads none of it", async () => {
  expect(await second.api.privacy()).toEqual({ receipts: true, typing: true, presence: true });
  await alice.api.setPrivacy({ receipts: false });
  const next = (await alice.api.pinsToStore())!;
  expect(Buffer.from(next.record.sealed, "base64url").toString("latin1")).not.toContain("receipts");
  await pass(alice, second);
  expect(await second.api.privacy()).toEqual({ receipts: false, typing: true, presence: true });
  await alice.api.setPrivacy({ typing: false });
  await second.api.setPrivacy({ receipts: true, presence: false });
  await pass(second, alice);
  await pass(alice, second);
  const both = { receipts: true, typing: false, presence: false };
  expect([await alice.api.privacy(), await second.api.privacy()]).toEqual([both, both]);
  expect(await alice.api.pinsToStore()).toBeNull();
  alice = await alice.reload();
  expect(await alice.api.privacy()).toEqual(both);
});

test("P3.2 a changed key that was accepted on one browser is accepted on the others, and not verified", async () => {
  await alice.verify(bob);
  await pass(alice, second);
  const impostor = await Browser.register(service, "mallory");
  const swapped: WireAccountKeys = {
    ...service.keys(impostor.userId),
    user_id: bob.userId,
    username: bob.username,
    lists: [],
    devices: [],
  };
  for (const browser of [alice, second]) {
    expect((await browser.api.learnKeys(swapped)).problems).toMatchObject([{ code: "account_key_changed" }]);
  }
  await alice.api.acceptAccountKey(bob.userId, (await contact(alice)).changedKeyHash!);
  const { keyHash } = await contact(alice);
  expect(await pass(alice, second)).toEqual([]);
  expect(await contact(second)).toMatchObject({ keyHash, changedKeyHash: null, verified: false, problems: [] });
});

test("P2.1 P3.2 a name that another browser pinned otherwise is named once, and the known one stays", async () => {
  const renamed = await second.tampered(`person/${bob.userId}`, (person) => {
    person.username = "oscar";
  });
  second = renamed;
  const found = { code: "username_changed", userId: bob.userId };
  expect(await pass(second, alice)).toContainEqual(expect.objectContaining(found));
  expect((await contact(alice)).username).toBe(bob.username);
  await second.api.agree({ userId: alice.userId, username: alice.username });
  expect(await pass(second, alice)).not.toContainEqual(expect.objectContaining(found));
  second = await second.tampered(`person/${bob.userId}`, (person) => {
    person.username = bob.username;
  });
  await pass(second, alice);
});

test("P3.2 pins that were never sent are not stored", async () => {
  expect(await refusal(alice.api.pinsStored(99))).toBe("nothing_pending");
});

test("P3.2 P11.2 two browsers that pinned different notary keys both name it, follow neither, and keep the record's first", async () => {
  const anna = await Browser.register(service, "anna");
  const other = await Browser.signIn(service, anna.username, anna.userId);
  const fake = toBase64url((await hybridKeyPair(false)).publicKey);
  const misled = await other.tampered("self", (record) => {
    record.notary = { number: 1, publicKey: fake };
  });
  await misled.meet(bob);
  expect(await pass(misled, anna)).toMatchObject([{ code: "notary_key_changed" }]);
  expect(await anna.api.contact(bob.userId)).toMatchObject({ username: bob.username });
  // What anna adds leaves the other's entry as it is: nobody would name what was overwritten.
  await anna.api.agree({ userId: alice.userId, username: alice.username });
  expect(await pass(anna, misled)).toEqual([]);
  expect(await misled.api.contact(alice.userId)).toMatchObject({ agreed: true });
  // Each goes on with its own, whatever the record says.
  const genuine = await service.config();
  expect(await anna.api.learnConfig(genuine)).toEqual([]);
  expect(await misled.api.learnConfig(genuine)).toMatchObject([{ code: "notary_key_changed" }]);
  // The other way round: the genuine one stood there first.
  const late = await Browser.signIn(service, alice.username, alice.userId);
  const wrong = await late.tampered("self", (record) => {
    record.notary = { number: 1, publicKey: fake };
  });
  await alice.api.agree({ userId: anna.userId, username: anna.username });
  expect(await pass(alice, wrong)).toMatchObject([{ code: "notary_key_changed" }]);
  await wrong.api.agree({ userId: misled.userId, username: misled.username });
  expect(await pass(wrong, alice)).toEqual([]);
});

test("P11.2 a notary key of another suite is named and not pinned", async () => {
  const config = await service.config();
  const fresh = await alice.tampered("self", (record) => {
    record.notary = null;
  });
  const weaker = { ...config.notary_keys.establish!, suite: "ecdsa-p256-sha256" };
  expect(await fresh.api.learnConfig({ ...config, notary_keys: { establish: weaker } })).toMatchObject([
    { code: "notary_key_changed" },
  ]);
  expect(await fresh.api.learnConfig(config)).toEqual([]);
  const room = await fresh.inside();
  expect(room.self.notary?.publicKey).toBe(config.notary_keys.establish!.public_key);
  room.store.close();
});

/** A browser that knows nothing of its account's list but what the pins say. */
async function withPinnedList(pinned: { version: number; hash: string }): Promise<Browser> {
  const fresh = await Browser.signIn(service, alice.username, alice.userId);
  return fresh.tampered(`person/${alice.userId}`, (record) => {
    Object.assign(record, {
      listVersion: 0,
      listHashes: {},
      listed: {},
      pinnedList: pinned,
    } satisfies Partial<PersonRecord>);
  });
}

test("P3.1 a list below the pinned one, or another than the pinned one, is named and nothing is signed on top", async () => {
  const { keys } = service.account(alice.userId);
  const other = toBase64url(new Uint8Array(32));
  for (const [pinned, code] of [
    [{ version: keys.lists.length + 5, hash: other }, "list_rollback"],
    [{ version: 2, hash: other }, "list_fork"],
  ] as const) {
    const browser = await withPinnedList(pinned);
    const { registration } = service.account(alice.userId);
    const parameters = parametersOf(service, alice.userId);
    await browser.api.signInSecret({ username: alice.username, password: PASSWORD, parameters });
    const identityPublicKey = registration.identity_public_key;
    await browser.api.unlock({ userId: alice.userId, vault: vaultOf(registration), identityPublicKey });
    const revoking = browser.api.revokeDevice({ keys: service.keys(alice.userId), deviceId: alice.deviceId });
    expect(await refusal(revoking)).toBe("bad_own_list");
    const { problems } = await browser.api.learnKeys(service.keys(alice.userId));
    expect(problems).toMatchObject([{ code }]);
  }
});

test("P2.5 an older vault, or one with another identity, does not open a store that knows better", async () => {
  const { registration } = service.account(alice.userId);
  const parameters = parametersOf(service, alice.userId);
  const identityPublicKey = registration.identity_public_key;
  const other = (await Browser.register(service, "trudy")).userId;
  for (const [change, code] of [
    [{ vaultVersion: 2 }, "vault_rollback"],
    [{ identityPublicKey: service.account(other).registration.identity_public_key }, "account_key_changed"],
  ] as const) {
    const before = await alice.inside();
    const genuine = { vaultVersion: before.self.vaultVersion, identityPublicKey: before.self.identityPublicKey };
    before.store.close();
    const browser = await alice.tampered("self", (record) => Object.assign(record, change));
    await browser.api.signInSecret({ username: alice.username, password: PASSWORD, parameters });
    await browser.api.unlock({ userId: alice.userId, vault: vaultOf(registration), identityPublicKey });
    expect(await refusal(browser.api.open(alice.userId))).toBe(code);
    await alice.tampered("self", (record) => Object.assign(record, genuine));
  }
});
