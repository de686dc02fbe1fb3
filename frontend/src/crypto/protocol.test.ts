/** What a caller, a server or a lost store may do to the vault room as a whole, and how it answers: by name, with nothing half done. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test, vi } from "vitest";
import { failureCode } from "./failures";
import { randomBytes, uuidv7 } from "./primitives/bytes";
import { toBase64url } from "./primitives/encoding";
import { createCrypto } from "./protocol";
import { Store } from "./store/storage";
import { type Browser, established, parametersOf, PASSWORD, twoPeople, vaultOf } from "./testing/browser";
import { ackOf, type FakeService } from "./testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

/** For tests that leave a store in ruins. */
const others = () => twoPeople(["anna", "ben"]);
const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

/** The password was typed again: the account may sign. */
async function unlock({ api, username, userId }: Browser): Promise<void> {
  const { registration } = service.account(userId);
  await api.signInSecret({ username, password: PASSWORD, parameters: parametersOf(service, userId) });
  await api.unlock({
    userId,
    vault: vaultOf(registration),
    identityPublicKey: registration.identity_public_key,
  });
}

test("a browser that nobody has used knows no account, and opens none", async () => {
  const api = createCrypto();
  expect(await api.localAccounts()).toEqual([]);
  expect(await refusal(api.open(uuidv7()))).toBe("locked");
  expect(await refusal(api.conversations())).toBe("not_open");
});

test("the refresh token is kept over a reload, and gone once it was taken away", async () => {
  expect(await alice.api.refreshToken()).toBeNull();
  await alice.api.keepRefreshToken("token");
  const again = await alice.reload();
  expect(await again.api.refreshToken()).toBe("token");
  await again.api.keepRefreshToken(null);
  expect(await again.api.refreshToken()).toBeNull();
});

test("what no server of ours makes is malformed, and changes nothing", async () => {
  const session = service.sessionFor(id, alice.userId);
  const stranger = { ...session, user1_id: uuidv7(), user2_id: uuidv7() };
  const lies = [
    { ...session, id: uuidv7(), chain_0: "not base64url!" },
    { ...session, id: "no uuid" },
    { ...stranger, id: uuidv7() },
    { ...session, id: uuidv7(), peer: { id: uuidv7(), username: "oscar" } },
    { ...session, id: uuidv7(), user2_id: alice.userId, user1_id: alice.userId },
  ];
  const before = await alice.api.conversations();
  for (const lie of lies) expect(await refusal(alice.api.learnSession(lie))).toBe("malformed");
  expect(await alice.api.conversations()).toEqual(before);
});

test("a defect comes out as internal, without a word of the inside, and the next call works", async () => {
  const broken = vi.spyOn(crypto, "getRandomValues").mockImplementation(() => {
    throw new Error("secret details");
  });
  const error: unknown = await alice.api.enqueue(id, "never sent").catch((found: unknown) => found);
  const beside: unknown = await alice.api
    .beginFile(id, { name: "a", type: "text/plain", size: 1, width: null, height: null, thumbnail: null })
    .catch((found: unknown) => found);
  broken.mockRestore();
  for (const found of [error, beside]) {
    expect(failureCode(found)).toBe("internal_error");
    expect((found as Error).message).toBe("internal_error");
  }
  await alice.send(id, "sent");
  expect(await alice.texts(id)).toEqual(["sent"]);
});

test("a file that is not being sent or read is nothing to go on with", async () => {
  expect(await refusal(alice.api.sealChunk(uuidv7(), 0, randomBytes(9)))).toBe("nothing_pending");
  expect(await refusal(alice.api.enqueueFile(uuidv7()))).toBe("nothing_pending");
  expect(await refusal(alice.api.openFile(id, "message/none"))).toBe("nothing_pending");
  expect(await refusal(alice.api.openChunk(uuidv7(), 0, randomBytes(9)))).toBe("nothing_pending");
});

test("P6.2 the answer to a commit whose row came first changes nothing", async () => {
  const request = await alice.prepareRotation(id);
  const ack = await service.commit(id, alice.sender, request);
  await alice.sync(id);
  const before = await alice.api.details(id);
  await alice.api.commitAccepted(id, ack);
  expect(await alice.api.details(id)).toEqual(before);
  expect(await alice.api.pendingCommit(id)).toBeNull();
});

test("removing another account's store leaves the open one open; removing one's own closes it", async () => {
  ({ bob, id } = await established(await others()));
  const again = await bob.reload();
  await again.api.erase(uuidv7());
  expect((await again.api.conversation(id)).state).toBe("active");
  const copy = await again.reload();
  await copy.api.erase(bob.userId);
  expect(await refusal(copy.api.conversation(id))).toBe("not_open");
  expect(await copy.api.localAccounts()).toEqual([]);
  // The other tab's store went under its feet.
  expect(await refusal(again.api.conversation(id))).toBe("store_gone");
});

test("P9.1 a store whose group is gone, or cut off, is damaged, and stays so", async () => {
  ({ alice, id } = await established(await others()));
  const store = await Store.open(alice.prefix, alice.userId, "write");
  const whole = await store.bytes(`mls/${id}`);
  const unit = store.begin();
  unit.putBytes(`mls/${id}`, () => whole!.slice(0, -1));
  await unit.commit();
  store.close();
  const broken = await alice.reload();
  await broken.sync(id).catch(() => null);
  expect(await refusal(broken.api.details(id))).toBe("store_damaged");
  expect(await refusal(broken.reload())).toBe("store_damaged");
});

test("P3.1 a server that shows others' keys, or none, as one's own gets no device of this account", async () => {
  await unlock(alice);
  const own = service.keys(alice.userId);
  const foreign = service.keys(bob.userId);
  const body = (keys: typeof own) => alice.api.newDevice({ keys, challenge: toBase64url(randomBytes(16)) });
  expect(await refusal(body(foreign))).toBe("malformed");
  expect(await refusal(body({ ...own, identity_public_key: null }))).toBe("no_identity");
  expect(await refusal(body({ ...own, identity_public_key: foreign.identity_public_key }))).toBe("account_key_changed");
  expect(await refusal(body({ ...own, username: "oscar" }))).toBe("bad_own_list");
  // It is listed already.
  expect(await refusal(body(own))).toBe("out_of_order");
  expect(await refusal(alice.api.revokeDevice({ keys: own, deviceId: uuidv7() }))).toBe("out_of_order");
  await alice.api.lock();
  expect(await refusal(alice.api.revokeDevice({ keys: own, deviceId: alice.deviceId }))).toBe("locked");
});

test("P3.2 an account without a device signs no challenge, registers none, and has shown nobody its key", async () => {
  const api = createCrypto(`fresh-${uuidv7()}`);
  const { request } = await api.newAccount({
    username: "erna",
    email: "erna@example.com",
    password: PASSWORD,
    serverName: service.serverName,
  });
  await api.open(request.user_id);
  expect(await refusal(api.signChallenge("challenge"))).toBe("not_bound");
  expect(await refusal(api.deviceRegistered())).toBe("not_bound");
  expect(await api.seenKeys(alice.userId)).toEqual({ own_key_hash: null, peer_key_hash: null });
});

test("an acknowledgement or an answer for something that was never sent is refused", async () => {
  const row = await bob.api.enqueue(id, "from Bob").then(() => bob.post(id));
  expect(await refusal(alice.api.acknowledged(id, ackOf(row)))).toBe("nothing_pending");
  for (const call of ["retry", "discard", "epochStale", "postponed"] as const) {
    expect(await refusal(alice.api[call](id, uuidv7()))).toBe("nothing_pending");
  }
  expect(await refusal(alice.api.conversation(uuidv7()))).toBe("unknown_conversation");
  const { clientId } = await alice.api.enqueue(id, "waits");
  expect(await refusal(alice.api.retry(id, clientId))).toBe("out_of_order");
});
