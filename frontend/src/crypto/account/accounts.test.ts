/** Rules of PROTOCOL.md 2 and 3.3: passwords, vault, the sealed store. */

import "fake-indexeddb/auto";
import { openDB } from "idb";
import { expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, toBase64url, uuidBytes } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { createCrypto } from "../protocol";
import { decodeCertificate } from "../statements/certificates";
import { Store } from "../store/storage";
import { Browser, parametersOf, PASSWORD, vaultOf } from "../testing/browser";
import { FakeService } from "../testing/fakeService";
import type { WireLoginParameters } from "../wire";

const service = new FakeService();
const alice = await Browser.register(service, "alice");
const { registration } = service.account(alice.userId);
const identityPublicKey = registration.identity_public_key;

const refusal = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: unknown) => failureCode(error),
  );

/** A fresh browser, in the middle of signing in to the account. */
async function signingIn(password = PASSWORD, parameters = parametersOf(service, alice.userId)) {
  const api = createCrypto(`fresh-${toBase64url(randomBytes(6))}`);
  const secret = await api.signInSecret({ username: " Alice ", password, parameters });
  return { api, secret: secret.auth_secret };
}

const vault = () => vaultOf(registration);
const unlocking = (changed: ReturnType<typeof vaultOf>) => ({
  userId: alice.userId,
  vault: changed,
  identityPublicKey,
});

test("P2.2 the derived secret is the one that was registered, and no password leaves", async () => {
  const { secret } = await signingIn();
  expect(secret).toBe(registration.auth_secret);
  expect(JSON.stringify(registration)).not.toContain(PASSWORD);
});

test("P2.5 the password opens the vault; another one does not", async () => {
  const right = await signingIn();
  await right.api.unlock(unlocking(vault()));
  expect((await right.api.open(alice.userId)).device).toBe("none");
  const wrong = await signingIn("Correct horse battery staple");
  expect(await refusal(wrong.api.unlock(unlocking(vault())))).toBe("wrong_password");
});

test("P2.5 wraps and vault are bound to server, person, version and kind", async () => {
  const { api } = await signingIn();
  const base = vault();
  const { password, recovery } = base.wraps;
  const wraps = (changed: typeof password) => ({ ...base, wraps: { password: changed, recovery } });
  expect(await refusal(api.unlock(unlocking(wraps({ ...password, version: 2 }))))).toBe("wrong_password");
  expect(await refusal(api.unlock(unlocking(wraps(recovery))))).toBe("wrong_password");
  expect(await refusal(api.unlock(unlocking({ ...base, version: 2 })))).toBe("vault_damaged");
  const { userId } = await Browser.register(service, "zoe");
  const theirs = vaultOf(service.account(userId).registration);
  expect(await refusal(api.unlock(unlocking(theirs)))).toBe("wrong_password");
});

test("P2.5 a public key that does not belong to the vault is refused", async () => {
  const { api } = await signingIn();
  const other = await Browser.register(service, "eve");
  const swapped = service.account(other.userId).registration.identity_public_key;
  expect(await refusal(api.unlock({ ...unlocking(vault()), identityPublicKey: swapped }))).toBe("vault_damaged");
});

test("P2.1 weaker parameters are refused", async () => {
  const parameters = parametersOf(service, alice.userId);
  const weaker = [
    { algorithm: "argon2i" },
    { memory_kib: 1024 },
    { iterations: 1 },
    { parallelism: 4 },
    { salt: toBase64url(new Uint8Array(8)) },
  ];
  for (const change of weaker) {
    expect(await refusal(signingIn(PASSWORD, { ...parameters, ...change }))).toBe("weak_parameters");
  }
});

test("P2.1 a second account of the same name on another server is signed in to there, and nowhere else", async () => {
  const { username, userId } = alice;
  const elsewhere = new FakeService();
  const here = createCrypto(alice.prefix);
  const input = { username, email: "alice@example.org", password: PASSWORD, serverName: elsewhere.serverName };
  elsewhere.register((await here.newAccount(input)).request);
  const [made] = [...elsewhere.accounts.keys()];
  await here.open(made!);
  const secret = (parameters: WireLoginParameters) => here.signInSecret({ username, password: PASSWORD, parameters });
  expect(await refusal(secret(parametersOf(elsewhere, made!)))).toBe("none");
  expect(await refusal(secret(parametersOf(service, userId)))).toBe("none");
  expect(await refusal(secret({ ...parametersOf(service, userId), server_name: "a third" }))).toBe(
    "server_name_changed",
  );
  await here.erase(made!);
  expect(await refusal(secret(parametersOf(elsewhere, made!)))).toBe("server_name_changed");
});

test("P2.1 a server that calls itself otherwise gets nothing from a browser that knows it", async () => {
  const parameters = { ...parametersOf(service, alice.userId), server_name: "another" };
  const call = alice.api.signInSecret({ username: "alice", password: PASSWORD, parameters });
  expect(await refusal(call)).toBe("server_name_changed");
  // Elsewhere it would: but the name is part of the salt, so the secret is another one.
  expect((await signingIn(PASSWORD, parameters)).secret).not.toBe(registration.auth_secret);
});

test("usernames have one form", async () => {
  const api = createCrypto("names");
  const input = { email: "a@example.com", password: PASSWORD, serverName: service.serverName };
  for (const username of ["ab", "-abc", "a b c", "ä-lice", "a".repeat(33)]) {
    expect(await refusal(api.newAccount({ ...input, username }))).toBe("invalid_username");
  }
});

test("P2.2 an account made by curl is completed, with the old password or a new one", async () => {
  for (const newPassword of [null, "a better one than before"]) {
    const { api, secret } = await signingIn();
    const { request, recoveryCode } = await api.completeAccount({ userId: alice.userId, newPassword });
    expect(request.auth_secret).toBe(secret);
    expect(request.new_auth_secret === undefined).toBe(newPassword === null);
    expect(recoveryCode).toMatch(/^([0-9A-Z]{4}-){8}[0-9A-Z]{4}$/);
    expect((await api.open(alice.userId)).keyHash).not.toBe("");
    const salt = request.salt ?? registration.salt;
    const again = await signingIn(newPassword ?? PASSWORD, { ...parametersOf(service, alice.userId), salt });
    await again.api.unlock({
      userId: alice.userId,
      vault: vaultOf({ ...registration, ...request }),
      identityPublicKey: request.identity_public_key,
    });
  }
});

test("P3.1 P3.3 a new device comes certified, listed, with a signed ML-KEM key and challenge", async () => {
  const { api } = await signingIn();
  await api.unlock(unlocking(vault()));
  await api.open(alice.userId);
  const body = await api.newDevice({ keys: service.keys(alice.userId), challenge: "a challenge" });
  const certificate = decodeCertificate(fromBase64url(body.certificate));
  expect(certificate).toMatchObject({ userId: alice.userId, deviceId: body.device_id, listVersion: 2 });
  const statement = fields(
    LABEL.auth,
    service.serverName,
    uuidBytes(alice.userId),
    uuidBytes(body.device_id),
    "a challenge",
  );
  await verifyHybrid(certificate.publicKey, LABEL.auth, statement, fromBase64url(body.challenge_signature));
  // A lost answer: the same device asks again, on top of a newer list.
  const again = await api.newDevice({ keys: service.keys(alice.userId), challenge: "another" });
  expect(again.device_id).toBe(body.device_id);
  const bound = await api.deviceRegistered();
  expect(bound).toMatchObject({ device: "bound", deviceId: body.device_id });
  expect(await refusal(api.newDevice({ keys: service.keys(alice.userId), challenge: "" }))).toBe("locked");
});

test("P3.4 without the password nothing signs for the account", async () => {
  const again = await alice.reload();
  const keys = service.keys(alice.userId);
  expect(await refusal(again.api.newDevice({ keys, challenge: "" }))).toBe("locked");
  expect(await refusal(again.api.revokeDevice({ keys, deviceId: alice.deviceId }))).toBe("locked");
  expect((await again.api.signChallenge("still this device")).challenge_signature).not.toBe("");
});

test("a reload needs no password; a browser without a store needs it", async () => {
  const again = await alice.reload();
  expect(await again.api.localAccounts()).toMatchObject([
    { username: "alice", deviceId: alice.deviceId, device: "bound" },
  ]);
  const fresh = createCrypto("never seen");
  expect(await refusal(fresh.open(alice.userId))).toBe("locked");
  expect(await refusal(fresh.conversations())).toBe("not_open");
});

test("the store holds no readable secret, and keys that cannot be exported", async () => {
  const again = await alice.reload();
  await again.api.agree({ userId: alice.userId.replace(/^./, "1"), username: "a telling name" });
  const database = await openDB(`${alice.prefix}-${alice.userId}`);
  const records = (await database.getAll("records")) as Uint8Array[];
  expect(records.length).toBeGreaterThan(3);
  for (const record of records) {
    expect(Buffer.from(record).toString("latin1")).not.toMatch(/username|telling|publicKey|seed/);
  }
  for (const key of (await database.getAll("keys")) as CryptoKey[]) {
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  }
  database.close();
});

test("a record in another's place does not open", async () => {
  const database = await openDB(`${alice.prefix}-${alice.userId}`);
  const self = (await database.get("records", "self")) as Uint8Array;
  await database.put("records", self, "draft/elsewhere");
  database.close();
  const store = await Store.open(alice.prefix, alice.userId, "read");
  await expect(store.get("draft/elsewhere")).rejects.toThrow("store_damaged");
  expect(await store.get("self")).toBeDefined();
  store.close();
});

test("a unit of work is written whole or not at all", async () => {
  const store = await Store.open("units", alice.userId, "write");
  const unit = store.begin();
  unit.put("a", 1);
  unit.put("b", { deep: [1n.toString()] });
  expect(await unit.get("a")).toBe(1);
  expect(await store.get("a")).toBeUndefined();
  unit.delete("a");
  expect(await unit.get("a")).toBeUndefined();
  await unit.commit();
  expect(await store.all("")).toEqual([["b", { deep: ["1"] }]]);
  const newer = await Store.open("units", alice.userId, "write");
  const late = store.begin();
  late.put("b", "lost");
  await expect(late.commit()).rejects.toThrow("superseded");
  expect(await newer.get("b")).toEqual({ deep: ["1"] });
  const reader = await Store.open("units", alice.userId, "read");
  const forbidden = reader.begin();
  forbidden.put("c", 1);
  await expect(forbidden.commit()).rejects.toThrow("superseded");
});

test("erasing leaves nothing", async () => {
  const zed = await Browser.register(service, "zed");
  await zed.api.erase(zed.userId);
  expect(await zed.api.localAccounts()).toEqual([]);
  expect(await refusal(zed.api.conversations())).toBe("not_open");
  expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(`${zed.prefix}-${zed.userId}`);
});
