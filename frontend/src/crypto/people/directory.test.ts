/** Rules of PROTOCOL.md 3.1, 3.2 and 3.5: keys of accounts and devices, pins. */

import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes, sha256, uuidv7 } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import {
  type Certificate,
  type DeviceList,
  encodeCertificate,
  encodeDeviceList,
  encodeMlKemKey,
  type ListedDevice,
  listHash,
  NO_LIST,
} from "../statements/certificates";
import { mlKemPublicKey } from "../statements/contribution";
import { activeDevices, certified, newPerson, type PersonRecord, safetyNumber } from "../store/person";
import { another, Browser, established, twoPeople } from "../testing/browser";
import type { WireAccountKeys } from "../wire";
import { learn } from "./directory";

const serverName = "server";

async function newSigner(): Promise<HybridSigner> {
  const pair = await hybridKeyPair(false);
  return new HybridSigner(pair.publicKey, pair.secret);
}

/** An account that signs whatever a test wants. */
class Account {
  readonly userId = uuidv7();
  readonly keys: WireAccountKeys;
  readonly hashes: Uint8Array[] = [];
  listed: ListedDevice[] = [];

  constructor(readonly identity: HybridSigner) {
    const identity_public_key = toBase64url(identity.publicKey);
    this.keys = { user_id: this.userId, username: "carol", identity_public_key, lists: [], devices: [] };
  }

  async list(change: Partial<DeviceList> = {}, signer = this.identity): Promise<void> {
    const version = this.keys.lists.length + 1;
    const list = {
      serverName,
      userId: this.userId,
      version,
      previous: this.hashes.at(-1) ?? NO_LIST,
      timeMs: 1,
      devices: this.listed,
      ...change,
    };
    const statement = encodeDeviceList(list);
    this.hashes.push(await listHash(statement));
    const signature = toBase64url(await signer.sign(LABEL.deviceList, statement));
    this.keys.lists.push({ version: list.version, statement: toBase64url(statement), signature });
  }

  /** Adds a device to the next list and certifies it. */
  async device(change: Partial<Certificate> = {}, signer = this.identity) {
    const device = await newSigner();
    const deviceId = uuidv7();
    const added = this.keys.lists.length + 1;
    this.listed = [...this.listed, { deviceId, keyHash: await sha256(device.publicKey), added, revoked: 0 }];
    const scope = { serverName, userId: this.userId, deviceId };
    const certificate = encodeCertificate({
      ...scope,
      publicKey: device.publicKey,
      listVersion: added,
      timeMs: 1,
      ...change,
    });
    this.keys.devices.push({
      id: deviceId,
      certificate: toBase64url(certificate),
      certificate_signature: toBase64url(await signer.sign(LABEL.deviceCertificate, certificate)),
      ml_kem: null,
      replaced_ml_kem: [],
    });
    await this.list();
    return { deviceId, device, scope };
  }

  async mlKem(at: number, device: HybridSigner, deviceId: string, number: number, seed: Uint8Array): Promise<void> {
    const key = mlKemPublicKey(seed);
    const statement = encodeMlKemKey({ serverName, userId: this.userId, deviceId, number, key, timeMs: 1 });
    const signature = toBase64url(await device.sign(LABEL.mlKemKey, statement));
    this.keys.devices[at]!.ml_kem = { number, statement: toBase64url(statement), signature };
  }
}

let account: Account;
let person: PersonRecord;
const identity = await newSigner();

beforeEach(() => {
  account = new Account(identity);
  person = newPerson(account.userId, "carol");
});

const codes = async (keys = account.keys) =>
  (await learn(person, structuredClone(keys), serverName)).map(({ code }) => code);

const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

describe("device lists and certificates", () => {
  test("P3.1 what is signed and listed is known", async () => {
    const first = await account.device();
    const second = await account.device();
    expect(await codes()).toEqual([]);
    expect(activeDevices(person).map(([id]) => id)).toEqual([first.deviceId, second.deviceId]);
    expect(certified(person, first.deviceId, first.device.publicKey)).toBe("certified");
    expect(certified(person, first.deviceId, second.device.publicKey)).toBe("refused");
    expect(certified(person, uuidv7(), first.device.publicKey)).toBe("unknown");
  });

  test("P3.1 two lists of one version are a fork", async () => {
    await account.device();
    expect(await codes()).toEqual([]);
    account.keys.lists = [];
    account.hashes.length = 0;
    await account.list({ timeMs: 2 });
    expect(await codes()).toEqual(["list_fork"]);
  });

  test("P3.1 a list on top of another one is a fork", async () => {
    await account.device();
    await account.list({ previous: randomBytes(32) });
    expect(await codes()).toEqual(["list_fork"]);
    expect(person.listVersion).toBe(1);
  });

  test("P3.1 an older list than one seen is a rollback", async () => {
    await account.device();
    await account.device();
    expect(await codes()).toEqual([]);
    account.keys.lists.pop();
    expect(await codes()).toEqual(["list_rollback"]);
    expect(person.listVersion).toBe(2);
  });

  test("P3.1 nothing newer than what is known is fine", async () => {
    await account.device();
    expect(await codes()).toEqual([]);
    expect(await codes({ ...account.keys, lists: [] })).toEqual([]);
  });

  test.each<[string, (device: ListedDevice) => ListedDevice[]]>([
    ["forgotten", () => []],
    ["given another key", (device) => [{ ...device, keyHash: randomBytes(32) }]],
    ["backdated", (device) => [{ ...device, added: 9 }]],
    ["revoked in another version", (device) => [{ ...device, revoked: 1 }]],
  ])("P3.1 a device that is %s breaks the list", async (_name, change) => {
    await account.device();
    account.listed = account.listed.flatMap(change);
    await account.list();
    expect(await codes()).toEqual(["bad_device_list"]);
    expect(person.listVersion).toBe(1);
  });

  test("P3.1 a list under another version than its own, or with a device from before it, is refused", async () => {
    await account.device();
    account.keys.lists[0]!.version = 2;
    expect(await codes()).toContain("bad_device_list");
    expect(person.listVersion).toBe(0);
    account.keys.lists[0]!.version = 1;
    person = newPerson(account.userId, "carol");
    account.listed.push({ deviceId: uuidv7(), keyHash: randomBytes(32), added: 1, revoked: 0 });
    await account.list();
    expect(await codes()).toEqual(["bad_device_list"]);
    expect(person.listVersion).toBe(1);
  });

  test("P3.1 a list that cannot be read is named, although the account signed it", async () => {
    const statement = randomBytes(60);
    const signature = toBase64url(await identity.sign(LABEL.deviceList, statement));
    account.keys.lists.push({ version: 1, statement: toBase64url(statement), signature });
    expect(await codes()).toEqual(["bad_device_list"]);
  });

  test("P3.1 a revoked device stays revoked, and its certificate stays known", async () => {
    const { deviceId, device } = await account.device();
    account.listed = account.listed.map((listed) => ({ ...listed, revoked: 2 }));
    await account.list();
    expect(await codes()).toEqual([]);
    expect(activeDevices(person)).toEqual([]);
    expect(certified(person, deviceId, device.publicKey)).toBe("certified");
    account.listed = account.listed.map((listed) => ({ ...listed, revoked: 0 }));
    await account.list();
    expect(await codes()).toEqual(["bad_device_list"]);
  });

  test("P3.1 lists of another server, person, version or signer are refused", async () => {
    const stranger = await newSigner();
    const lies: [Partial<DeviceList>, HybridSigner?][] = [
      [{ serverName: "another" }],
      [{ userId: uuidv7() }],
      [{ version: 2 }],
      [{}, stranger],
    ];
    for (const [change, signer] of lies) {
      account = new Account(identity);
      person = newPerson(account.userId, "carol");
      await account.list(change, signer);
      expect(await codes()).toEqual(["bad_device_list", "list_rollback"].slice(0, change.version === 2 ? 1 : 1));
    }
  });

  test("P3.1 certificates of another server, person, device, list or signer are refused", async () => {
    const stranger = await newSigner();
    const lies: [Partial<Certificate>, HybridSigner?][] = [
      [{ serverName: "another" }],
      [{ userId: uuidv7() }],
      [{ deviceId: uuidv7() }],
      [{ listVersion: 7 }],
      [{ publicKey: stranger.publicKey }],
      [{}, stranger],
    ];
    for (const [change, signer] of lies) {
      account = new Account(identity);
      person = newPerson(account.userId, "carol");
      const { deviceId } = await account.device(change, signer);
      expect(await codes()).toEqual(["bad_certificate"]);
      expect(person.devices[deviceId]).toBeUndefined();
    }
  });

  test("P3.1 a device that no list names is refused", async () => {
    await account.device();
    account.keys.lists = [];
    expect(await codes()).toEqual(["device_unlisted"]);
  });

  test("P3.5 ML-KEM keys are signed by the device, numbered upwards, one for each number", async () => {
    const { deviceId, device } = await account.device();
    const seed = randomBytes(64);
    await account.mlKem(0, device, deviceId, 1, seed);
    expect(await codes()).toEqual([]);
    await account.mlKem(0, device, deviceId, 2, randomBytes(64));
    expect(await codes()).toEqual([]);
    expect(person.devices[deviceId]?.mlKem.map(({ number }) => number)).toEqual([1, 2]);
    await account.mlKem(0, device, deviceId, 2, randomBytes(64));
    expect(await codes()).toEqual(["bad_ml_kem_key"]);
    person.problems = [];
    await account.mlKem(0, device, deviceId, 1, seed);
    expect(await codes()).toEqual(["ml_kem_rollback"]);
    person.problems = [];
    await account.mlKem(0, identity, deviceId, 3, seed);
    expect(await codes()).toEqual(["bad_ml_kem_key"]);
    expect(person.devices[deviceId]?.mlKem).toHaveLength(2);
  });

  test("P3.5 keys that were replaced before are learned beside the newest, by the same rules", async () => {
    const { deviceId, device } = await account.device();
    const numbers = () => person.devices[deviceId]?.mlKem.map(({ number }) => number);
    const published = account.keys.devices[0]!;
    await account.mlKem(0, device, deviceId, 1, randomBytes(64));
    const first = published.ml_kem!;
    await account.mlKem(0, identity, deviceId, 2, randomBytes(64));
    const forged = published.ml_kem!;
    await account.mlKem(0, device, deviceId, 3, randomBytes(64));
    expect(await codes()).toEqual([]);
    expect(numbers()).toEqual([3]);
    published.replaced_ml_kem = [first];
    expect(await codes()).toEqual([]);
    expect(numbers()).toEqual([1, 3]);
    published.replaced_ml_kem = [forged];
    expect(await codes()).toEqual(["bad_ml_kem_key"]);
    expect(numbers()).toEqual([1, 3]);
  });

  test("P3.2 another account key is named and nothing under it is taken", async () => {
    await account.device();
    expect(await codes()).toEqual([]);
    const { userId } = account;
    const impostor = new Account(await newSigner());
    Object.assign(impostor.keys, { user_id: userId });
    Object.assign(impostor, { userId });
    await impostor.device();
    expect(await codes(impostor.keys)).toEqual(["account_key_changed"]);
    expect(person.changed).not.toBeNull();
    expect(Object.keys(person.devices)).toHaveLength(1);
    // The same lie again is no news.
    expect(await codes(impostor.keys)).toEqual([]);
    expect(await codes({ ...account.keys, identity_public_key: null })).toEqual([]);
    expect(await codes()).toEqual([]);
    expect(person.changed).toBeNull();
  });
});

describe("safety numbers", () => {
  test("P3.2 both sides see the same sixty digits, and other keys give others", async () => {
    const [a, b, c] = [1, 2, 3].map(() => ({ userId: uuidv7(), keyHash: toBase64url(randomBytes(32)) }));
    const number = await safetyNumber(a!, b!);
    expect(number).toMatch(/^(\d{5} ){11}\d{5}$/);
    expect(await safetyNumber(b!, a!)).toBe(number);
    expect(await safetyNumber(a!, c!)).not.toBe(number);
    expect(await safetyNumber(a!, { ...b!, keyHash: c!.keyHash })).not.toBe(number);
  });
});

describe("people", () => {
  const world = twoPeople();

  test("P3.2 a swapped account key blocks sending, stands in the timeline, and goes on when accepted", async () => {
    const { alice, bob, service, id } = await established(await world);
    await alice.verify(bob);
    const genuine = service.account(bob.userId).keys;
    const impostor = await Browser.register(service, "impostor");
    const swapped = { ...service.keys(impostor.userId), user_id: bob.userId, username: bob.username };
    const learned = await alice.api.learnKeys(swapped);
    expect(learned.problems).toMatchObject([{ code: "account_key_changed", userId: bob.userId }]);
    expect(learned.entries).toContainEqual(expect.objectContaining({ kind: "problem", code: "account_key_changed" }));
    await alice.api.enqueue(id, "to whom?");
    expect(await alice.api.nextOutgoing(id)).toEqual({
      kind: "blocked",
      blocked: { reason: "account_key_changed", userId: bob.userId },
    });
    await alice.api.learnKeys(structuredClone(genuine));
    expect((await alice.api.nextOutgoing(id)).kind).toBe("message");
    await alice.api.learnKeys(swapped);
    const shown = (await alice.api.contact(bob.userId))!;
    expect(shown.changedSafetyNumber).not.toBe(shown.safetyNumber);
    const accepted = await alice.api.acceptAccountKey(bob.userId, shown.changedKeyHash!);
    expect(accepted.contact.safetyNumber).toBe(shown.changedSafetyNumber);
    expect(accepted.contact).toMatchObject({ verified: false, changedKeyHash: null });
    // The devices of the old key still sit in the group: they go before anything is sent.
    await alice.api.learnKeys(swapped);
    expect((await alice.api.conversation(id)).blocked).toMatchObject({ reason: "device_revoked" });
  });

  test("P3.2 what is accepted or verified is the key that the person saw: another one that came meanwhile is refused", async () => {
    const { alice, bob, service } = await another(await world);
    const swapFor = async (name: string) => {
      const impostor = await Browser.register(service, name);
      const keys = { ...service.keys(impostor.userId), user_id: bob.userId, username: bob.username };
      return (await alice.api.learnKeys(keys)).contact;
    };
    const first = (await alice.api.contact(bob.userId))!.keyHash!;
    const seen = (await swapFor("trudy")).changedKeyHash!;
    const now = (await swapFor("trent")).changedKeyHash!;
    expect(await refusal(alice.api.acceptAccountKey(bob.userId, seen))).toBe("key_changed_meanwhile");
    expect(await refusal(alice.api.acceptAccountKey(bob.userId, first))).toBe("key_changed_meanwhile");
    for (const hash of [first, seen, now]) {
      expect(await refusal(alice.api.markVerified(bob.userId, hash))).toBe("key_changed_meanwhile");
    }
    expect(await alice.api.contact(bob.userId)).toMatchObject({ keyHash: first, changedKeyHash: now });
    await alice.api.acceptAccountKey(bob.userId, now);
    expect(await refusal(alice.api.markVerified(bob.userId, first))).toBe("key_changed_meanwhile");
    expect(await alice.api.markVerified(bob.userId, now)).toMatchObject({ keyHash: now, verified: true });
    expect(await alice.api.markVerified(bob.userId, null)).toMatchObject({ verified: false });
  });

  test("P3.2 requests name both keys as seen; none to a key is no change", async () => {
    const { alice, bob } = await another(await world);
    const seen = await bob.api.seenKeys(alice.userId);
    const request = { id: uuidv7(), direction: "in", peer: { id: bob.userId, username: "bob" } };
    // Alice reads what Bob saw of her as her own; his key was swapped for her further up.
    const named = { ...request, own_key_hash: seen.peer_key_hash, peer_key_hash: null };
    expect(await alice.api.checkRequest(named)).toEqual([]);
    const none = { ...request, own_key_hash: null, peer_key_hash: null };
    expect(await alice.api.checkRequest(none)).toEqual([]);
    const other = { ...none, own_key_hash: toBase64url(randomBytes(32)) };
    expect(await alice.api.checkRequest(other)).toMatchObject([{ code: "account_key_changed", userId: alice.userId }]);
    const swapped = { ...none, peer_key_hash: toBase64url(randomBytes(32)) };
    expect(await alice.api.checkRequest(swapped)).toMatchObject([{ code: "account_key_changed", userId: bob.userId }]);
    // One's own says what one's own browser saw: nothing to hold against it.
    expect(await alice.api.checkRequest({ ...swapped, direction: "out" })).toEqual([]);
  });

  test("P3.2 nothing is decided about, or shown of, a person whom this browser does not know", async () => {
    const { alice } = await another(await world);
    const stranger = uuidv7();
    const hash = toBase64url(randomBytes(32));
    expect(await refusal(alice.api.acceptAccountKey(stranger, hash))).toBe("unknown_account");
    expect(await refusal(alice.api.markVerified(stranger, hash))).toBe("unknown_account");
    expect(await alice.api.withdraw(stranger)).toBeNull();
    expect(await alice.api.contact(stranger)).toBeNull();
    expect((await alice.api.seenKeys(stranger)).peer_key_hash).toBeNull();
    const peer = { id: stranger, username: "oscar" };
    const connection = { id: uuidv7(), peer, own_key_hash: hash, peer_key_hash: hash };
    expect(await alice.api.checkConnection(connection as never)).toEqual([]);
    await alice.api.agree({ userId: stranger, username: "oscar" });
    expect(await refusal(alice.api.markVerified(stranger, hash))).toBe("keys_missing");
    expect(await alice.api.withdraw(stranger)).toMatchObject({ agreed: false });
    expect(await alice.api.withdraw(stranger)).toMatchObject({ agreed: false });
  });

  test("P3.2 a connection in which the other side named other keys blocks sending until the numbers were compared", async () => {
    const { alice, bob, id } = await established();
    const contact = async () => (await alice.api.contact(bob.userId))!;
    const { keyHash } = await contact();
    const own = (await bob.api.contact(alice.userId))!.keyHash;
    const other = toBase64url(randomBytes(32));
    const peer = { id: bob.userId, username: "bob" };
    const none = { peer, own_key_hash: null, peer_key_hash: null };
    for (const honest of [none, { ...none, own_key_hash: own, peer_key_hash: keyHash }]) {
      expect(await alice.api.checkConnection(honest)).toEqual([]);
    }
    await alice.api.enqueue(id, "to whom?");
    expect((await alice.api.nextOutgoing(id)).kind).toBe("message");
    for (const swapped of [
      { ...none, peer_key_hash: other },
      { ...none, own_key_hash: other },
    ]) {
      const entries = await alice.api.checkConnection(swapped);
      // Told once.
      expect(entries).toMatchObject(swapped.peer_key_hash === null ? [] : [{ code: "account_key_swapped" }]);
    }
    const blocked = { reason: "account_key_swapped", userId: bob.userId };
    expect(await alice.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked });
    await expect(alice.api.beginRotation(id)).rejects.toThrow("account_key_swapped");
    await alice.api.markVerified(bob.userId, keyHash);
    expect((await alice.api.nextOutgoing(id)).kind).toBe("message");
    expect((await contact()).problems).toMatchObject([{ code: "account_key_swapped" }]);
    await alice.api.markVerified(bob.userId, null);
    expect(await alice.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked });
  });

  test("P3.2 what was named before an accepted change of key is no swap; one's own key under another hash is", async () => {
    const { alice, bob, service } = await another(await world);
    const named = { peer: { id: bob.userId, username: "bob" }, own_key_hash: null };
    const codes = async () => (await alice.api.contact(bob.userId))!.problems.map(({ code }) => code);
    const first = (await alice.api.contact(bob.userId))!.keyHash;
    const impostor = await Browser.register(service, "peggy");
    await alice.api.learnKeys({ ...service.keys(impostor.userId), user_id: bob.userId, username: bob.username });
    const second = (await alice.api.contact(bob.userId))!.changedKeyHash!;
    await alice.api.acceptAccountKey(bob.userId, second);
    for (const peer_key_hash of [first, second]) {
      expect(await alice.api.checkConnection({ ...named, peer_key_hash })).toEqual([]);
    }
    expect(await codes()).not.toContain("account_key_swapped");
    await alice.api.checkConnection({ ...named, peer_key_hash: null, own_key_hash: first });
    expect(await codes()).toContain("account_key_swapped");
  });

  test("P11.2 another notary key or server name is named and never followed", async () => {
    const { alice, service } = await another(await world);
    const config = await service.config();
    expect(await alice.api.learnConfig(config)).toEqual([]);
    const other = structuredClone(config);
    other.notary_keys.establish!.public_key = toBase64url((await newSigner()).publicKey);
    expect(await alice.api.learnConfig(other)).toMatchObject([{ code: "notary_key_changed" }]);
    expect(await alice.api.learnConfig({ ...config, server_name: "another" })).toMatchObject([
      { code: "server_name_changed" },
    ]);
    expect(await alice.api.learnConfig(config)).toEqual([]);
  });
});

describe("names", () => {
  test("P2.1 a person's name never changes: another one is named, and the known one stays", async () => {
    const { alice, bob, service, id } = await established();
    const learned = await alice.api.learnKeys({ ...service.keys(bob.userId), username: "carol" });
    expect(learned.problems).toMatchObject([{ code: "username_changed", userId: bob.userId }]);
    const session = service.sessionFor(id, alice.userId);
    const shown = await alice.api.learnSession({ ...session, peer: { ...session.peer, username: "dave" } });
    expect(shown.conversation).toMatchObject({ peer: { username: "bob" }, problems: [{ code: "username_changed" }] });
    expect((await alice.api.agree({ userId: bob.userId, username: "erin" })).username).toBe("bob");
    const peer = { id: bob.userId, username: "frank" };
    const request = { id: uuidv7(), direction: "in", peer, own_key_hash: null, peer_key_hash: null };
    expect(await alice.api.checkRequest(request)).toMatchObject([{ code: "username_changed" }]);
    expect((await alice.api.contact(bob.userId))?.username).toBe("bob");
    const second = await Browser.signIn(service, "alice", alice.userId);
    await second.api.learnKeys({ ...service.keys(bob.userId), username: "mallory" });
    const { record } = (await second.api.pinsToStore())!;
    await alice.api.learnKeys({ ...service.keys(bob.userId) });
    expect(await alice.api.mergePins(record)).toEqual([]);
    expect((await alice.api.contact(bob.userId))?.username).toBe("bob");
  });
});

describe("pins", () => {
  test("P3.2 a new browser starts with what the others pinned", async () => {
    const { alice, bob, service } = await twoPeople();
    await alice.verify(bob);
    const first = (await alice.api.pinsToStore())!;
    expect(first).toMatchObject({ ifMatch: null, record: { version: 1 } });
    await alice.api.pinsStored(1);
    expect(await alice.api.pinsToStore()).toBeNull();
    const second = await Browser.signIn(service, "alice", alice.userId);
    expect(await second.api.mergePins(first.record)).toEqual([]);
    const contact = await second.api.contact(bob.userId);
    expect(contact).toMatchObject({ verified: true, agreed: true, username: "bob" });
    const impostor = await Browser.register(service, "mallory");
    const swapped = { ...service.keys(impostor.userId), user_id: bob.userId, username: "bob" };
    const learned = await second.api.learnKeys(swapped);
    expect(learned.problems).toMatchObject([{ code: "account_key_changed" }]);
  });

  test("P3.2 a lower version, a foreign or a changed record is named and not taken", async () => {
    const { alice, bob } = await twoPeople();
    const first = (await alice.api.pinsToStore())!.record;
    await alice.api.pinsStored(1);
    await alice.verify(bob);
    const second = (await alice.api.pinsToStore())!;
    expect(second).toMatchObject({ ifMatch: 1, record: { version: 2 } });
    await alice.api.pinsStored(2);
    expect(await alice.api.mergePins(first)).toMatchObject([{ code: "pins_rollback" }]);
    // An old record under a new number: the version is authenticated.
    expect(await alice.api.mergePins({ ...first, version: 3 })).toMatchObject([{ code: "pins_damaged" }]);
    expect(await alice.api.mergePins({ version: 3, sealed: "no base64url" })).toMatchObject([{ code: "pins_damaged" }]);
    const bytes = fromBase64url(second.record.sealed);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    expect(await alice.api.mergePins({ version: 3, sealed: toBase64url(bytes) })).toMatchObject([
      { code: "pins_damaged" },
    ]);
    expect((await alice.api.contact(bob.userId))?.verified).toBe(true);
  });

  test("P3.2 two different first keys of one person are named and block sending", async () => {
    const { alice, bob, service, id } = await established();
    const second = await Browser.signIn(service, "alice", alice.userId);
    const impostor = await Browser.register(service, "mallory");
    await second.api.agree({ userId: bob.userId, username: "bob" });
    await second.api.learnKeys({ ...service.keys(impostor.userId), user_id: bob.userId });
    const record = (await second.api.pinsToStore())!.record;
    expect(await alice.api.mergePins(record)).toMatchObject([{ code: "account_conflict", userId: bob.userId }]);
    await alice.api.enqueue(id, "to whom?");
    expect(await alice.api.nextOutgoing(id)).toMatchObject({ blocked: { reason: "account_conflict" } });
  });

  test("P3.2 a conflict of first keys that was settled on one browser is settled on the others", async () => {
    const { alice, bob, service } = await established();
    const second = await Browser.signIn(service, "alice", alice.userId);
    const impostor = await Browser.register(service, "mallory");
    await second.api.agree({ userId: bob.userId, username: "bob" });
    await second.api.learnKeys({ ...service.keys(impostor.userId), user_id: bob.userId, username: "bob" });
    const pass = async (from: Browser, to: Browser) => {
      const { record } = (await from.api.pinsToStore())!;
      await from.api.pinsStored(record.version);
      return to.api.mergePins(record);
    };
    const genuine = (await alice.api.contact(bob.userId))!.keyHash;
    await second.verify(bob);
    expect(await pass(second, alice)).toMatchObject([{ code: "account_conflict" }]);
    // Another key was verified there.
    expect((await alice.api.contact(bob.userId))?.verified).toBe(false);
    expect(await pass(alice, second)).toMatchObject([{ code: "account_conflict" }]);
    await second.api.acceptAccountKey(bob.userId, genuine!);
    expect(await pass(second, alice)).toEqual([]);
    expect(await alice.api.contact(bob.userId)).toMatchObject({ keyHash: genuine, problems: [] });
    const error: unknown = await alice.api.acceptAccountKey(bob.userId, genuine!).catch((refused: unknown) => refused);
    expect(failureCode(error)).toBe("nothing_pending");
    expect(await pass(alice, second)).toEqual([]);
    expect((await second.api.contact(bob.userId))?.keyHash).toBe(genuine);
  });

  test("P3.2 of two first keys the person may keep the one that this browser saw, and the others follow", async () => {
    const { alice, bob, service, id } = await established();
    const second = await Browser.signIn(service, "alice", alice.userId);
    const impostor = await Browser.register(service, "mallory");
    await second.api.agree({ userId: bob.userId, username: "bob" });
    await second.api.learnKeys({ ...service.keys(impostor.userId), user_id: bob.userId, username: "bob" });
    const pass = async (from: Browser, to: Browser) => {
      const { record } = (await from.api.pinsToStore())!;
      await from.api.pinsStored(record.version);
      return to.api.mergePins(record);
    };
    expect(await pass(second, alice)).toMatchObject([{ code: "account_conflict" }]);
    const { keyHash, safetyNumber, otherKeyHash, otherSafetyNumber } = (await alice.api.contact(bob.userId))!;
    expect(otherKeyHash).toBe((await second.api.contact(bob.userId))?.keyHash);
    expect(otherSafetyNumber).toBe((await second.api.contact(bob.userId))?.safetyNumber);
    expect(safetyNumber).toBe((await bob.api.contact(alice.userId))?.safetyNumber);
    const third = await alice.api.acceptAccountKey(bob.userId, "of nobody").catch((refused: unknown) => refused);
    expect(failureCode(third)).toBe("key_changed_meanwhile");
    const { contact, entries } = await alice.api.acceptAccountKey(bob.userId, keyHash!);
    expect(contact).toMatchObject({ keyHash, otherKeyHash: null, otherSafetyNumber: null, problems: [] });
    expect(entries).toEqual([]);
    await alice.api.markVerified(bob.userId, keyHash);
    expect(await pass(alice, second)).toEqual([]);
    const settled = (await second.api.contact(bob.userId))!;
    expect(settled).toMatchObject({ keyHash, otherKeyHash: null });
    expect(settled.problems.map(({ code }) => code)).not.toContain("account_conflict");
    await alice.send(id, "to whom it should go");
    await bob.sync(id);
    expect(await bob.texts(id)).toEqual(["to whom it should go"]);
  });
});
