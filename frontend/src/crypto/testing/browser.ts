/** One person's browser for the tests of crypto/: it does what realtime/ does, against a `FakeService`. */

import { openDB } from "idb";
import { randomBytes } from "../primitives/bytes";
import { msToTime, toBase64url } from "../primitives/encoding";
import { createCrypto } from "../protocol";
import { Room } from "../store/room";
import { Store } from "../store/storage";
import type { CryptoApi, MessageEntry, Problem, Received, TextType, TimelineEntry } from "../types";
import type { Id, WireCommit, WireRegistration, WireRow, WireVault } from "../wire";
import { ackOf, FakeService, type Sender } from "./fakeService";

export const PASSWORD = "correct horse battery staple";
let browsers = 0;

export class Browser {
  private constructor(
    readonly service: FakeService,
    readonly api: CryptoApi,
    readonly prefix: string,
    readonly username: string,
    readonly userId: Id,
    readonly deviceId: Id,
  ) {}

  get sender(): Sender {
    return { userId: this.userId, deviceId: this.deviceId };
  }

  /** Registers a person, with one browser. */
  static async register(service: FakeService, username: string): Promise<Browser> {
    const prefix = `test-${String(++browsers)}`;
    const api = createCrypto(prefix);
    const email = `${username}@example.com`;
    const { request } = await api.newAccount({ username, email, password: PASSWORD, serverName: service.serverName });
    service.register(request);
    return Browser.#enter(service, api, prefix, username, request.user_id);
  }

  /** Another browser of an account: password, vault, new device. */
  static async signIn(service: FakeService, username: string, userId: Id): Promise<Browser> {
    const prefix = `test-${String(++browsers)}`;
    const api = createCrypto(prefix);
    const { registration } = service.account(userId);
    await api.signInSecret({ username, password: PASSWORD, parameters: parametersOf(service, userId) });
    await api.unlock({
      userId,
      vault: vaultOf(registration),
      identityPublicKey: registration.identity_public_key,
    });
    return Browser.#enter(service, api, prefix, username, userId);
  }

  static async #enter(
    service: FakeService,
    api: CryptoApi,
    prefix: string,
    username: string,
    userId: Id,
  ): Promise<Browser> {
    await api.open(userId);
    const body = await api.newDevice({ keys: service.keys(userId), challenge: toBase64url(randomBytes(16)) });
    service.addDevice(userId, body);
    await api.deviceRegistered();
    await api.learnConfig(await service.config());
    const browser = new Browser(service, api, prefix, username, userId, body.device_id);
    await browser.restock();
    await browser.learn(userId);
    return browser;
  }

  /** The same browser after a reload: another worker over the same store. */
  async reload(): Promise<Browser> {
    const api = createCrypto(this.prefix);
    await api.open(this.userId);
    return new Browser(this.service, api, this.prefix, this.username, this.userId, this.deviceId);
  }

  /** Another browser with a copy of this one's store: what happens to either leaves the other as it is. */
  async copy(): Promise<Browser> {
    const prefix = `test-${String(++browsers)}`;
    const from = await openDB(`${this.prefix}-${this.userId}`);
    const stores = [...from.objectStoreNames];
    const to = await openDB(`${prefix}-${this.userId}`, from.version, {
      upgrade: (fresh) => stores.forEach((name) => fresh.createObjectStore(name)),
    });
    for (const name of stores) {
      const [keys, values] = await Promise.all([from.getAllKeys(name), from.getAll(name)]);
      const { store, done } = to.transaction(name, "readwrite");
      await Promise.all([...keys.map((key, at) => store.put(values[at], key)), done]);
    }
    from.close();
    to.close();
    const api = createCrypto(prefix);
    await api.open(this.userId);
    return new Browser(this.service, api, prefix, this.username, this.userId, this.deviceId);
  }

  /** Compares safety numbers with somebody, as this browser shows them now. */
  async verify(other: Browser): Promise<void> {
    const contact = await this.api.contact(other.userId);
    await this.api.markVerified(other.userId, contact?.keyHash ?? null);
  }

  /** Uploads fresh key packages. */
  async restock(): Promise<void> {
    const { key_packages } = await this.api.keyPackages({ count: 2, lastResort: false, time: msToTime(Date.now()) });
    const { packages } = this.service.account(this.userId);
    packages.set(this.deviceId, [...(packages.get(this.deviceId) ?? []), ...key_packages]);
  }

  /** The same browser after somebody changed a record in its store; `change` gets a copy. */
  async tampered(name: string, change: (record: Record<string, unknown>) => void): Promise<Browser> {
    const store = await Store.open(this.prefix, this.userId, "write");
    const record = await store.get<Record<string, unknown>>(name);
    if (record === undefined) throw new Error("no such record");
    change(record);
    const unit = store.begin();
    unit.put(name, record);
    await unit.commit();
    store.close();
    return this.reload();
  }

  /** Revokes another device of the account, with the password. */
  async revoke(deviceId: Id): Promise<void> {
    const { registration, keys } = this.service.account(this.userId);
    const parameters = parametersOf(this.service, this.userId);
    await this.api.signInSecret({ username: this.username, password: PASSWORD, parameters });
    await this.api.unlock({
      userId: this.userId,
      vault: vaultOf(registration),
      identityPublicKey: registration.identity_public_key,
    });
    const body = await this.api.revokeDevice({ keys: this.service.keys(this.userId), deviceId });
    await this.api.lock();
    keys.lists.push({ version: keys.lists.length + 1, statement: body.list, signature: body.list_signature });
    this.service.account(this.userId).packages.delete(deviceId);
  }

  async learn(userId: Id, replaced = false): Promise<Problem[]> {
    const since = (await this.api.contact(userId))?.listVersion ?? 0;
    return (await this.api.learnKeys(this.service.keys(userId, since, replaced))).problems;
  }

  /** Replaces its ML-KEM key when it is time, or was asked for; answers the number of the new one. */
  async replaceMlKem(asked = false): Promise<number | null> {
    const key = await this.api.nextMlKemKey(asked);
    if (key === null) return null;
    await this.api.mlKemKeyTaken(this.service.replaceMlKem(this.sender, key));
    return key.number;
  }

  /** Agrees to talk with the other, and knows its keys. */
  async meet(other: Browser): Promise<void> {
    await this.api.agree({ userId: other.userId, username: other.username });
    await this.learn(other.userId);
    await this.learn(this.userId);
  }

  /** Pulls and takes rows until nothing more is needed; fetches missing keys once. */
  async sync(id: Id): Promise<Received> {
    await this.api.learnSession(this.service.sessionFor(id, this.userId));
    let received = await this.pull(id);
    const missing = received.needs.flatMap((need) => (need.kind === "account_keys" ? [need.userId] : []));
    if (missing.length > 0) {
      const { entries } = received;
      for (const userId of missing) await this.learn(userId, true);
      received = await this.pull(id);
      received.entries.unshift(...entries);
    }
    return received;
  }

  async pull(id: Id): Promise<Received> {
    const { verifiedSeq } = await this.api.conversation(id);
    const rows = this.service.rowsFor(id, this.sender, verifiedSeq);
    return this.api.receive(id, rows, this.service.conversation(id).rows.length, true);
  }

  /** Makes the founding commit without sending it. */
  async prepareFounding(id: Id): Promise<WireCommit> {
    const step = await this.api.beginFounding(id, this.service.claim(id, this.sender));
    if (step.step !== "contribution") throw new Error("keys are missing");
    const contribution = await this.service.establish(id, step.request);
    return (await this.api.finishCommit(id, contribution)).request;
  }

  async found(id: Id): Promise<void> {
    await this.sync(id);
    const request = await this.prepareFounding(id);
    await this.api.commitAccepted(id, await this.service.commit(id, this.sender, request));
    await this.sync(id);
  }

  async prepareRotation(id: Id, withContribution = true): Promise<WireCommit> {
    const step = await this.api.beginRotation(id);
    if (step.step !== "contribution") throw new Error("keys are missing");
    const contribution = withContribution ? await this.service.establish(id, step.request) : null;
    return (await this.api.finishCommit(id, contribution)).request;
  }

  async rotate(id: Id, withContribution = true): Promise<void> {
    const request = await this.prepareRotation(id, withContribution);
    await this.api.commitAccepted(id, await this.service.commit(id, this.sender, request));
  }

  /** Asks to be added, if this device needs it; false if not. */
  async ask(id: Id): Promise<boolean> {
    const request = await this.api.askToBeAdded(id);
    if (request === null) return false;
    this.service.conversation(id).lost.set(this.deviceId, { ...request, userId: this.userId });
    return true;
  }

  /** Removes and adds whoever asked, as a member's client does. */
  async heal(id: Id): Promise<void> {
    for (;;) {
      await this.sync(id);
      const reason = await this.api.dueCommit(id);
      if (reason !== "device_lost" && reason !== "device_asks") return;
      const step =
        reason === "device_lost"
          ? await this.api.beginRotation(id)
          : await this.api.beginAdding(id, this.service.claimForAdding(id));
      if (step.step !== "contribution") throw new Error("keys are missing");
      const { request } = await this.api.finishCommit(id, await this.service.establish(id, step.request));
      const asked = this.service.conversation(id).lost;
      const changes =
        reason === "device_lost"
          ? { removed: [...asked.keys()] }
          : { added: [...asked].map(([deviceId, { userId }]) => ({ deviceId, userId })) };
      await this.api.commitAccepted(id, await this.service.commit(id, this.sender, request, changes));
    }
  }

  /** Begins the next group. */
  async beginAnew(id: Id): Promise<void> {
    const step = await this.api.beginGeneration(id, this.service.claimForGeneration(id, this.sender));
    if (step.step !== "contribution") throw new Error("keys are missing");
    const commit = await this.api.finishCommit(id, await this.service.establish(id, step.request));
    await this.api.commitAccepted(id, await this.service.begin(id, this.sender, commit));
    await this.sync(id);
  }

  /** Into the log, without taking the answer. */
  async post(id: Id, type?: TextType): Promise<WireRow> {
    const next = await this.api.nextOutgoing(id, type);
    if (next.kind !== "message") throw new Error(JSON.stringify(next));
    return this.service.send(id, this.sender, next.message);
  }

  /** With whatever waits before it: a browser asks for what it missed by itself (P9.4). */
  async send(id: Id, text: string, type?: TextType): Promise<MessageEntry> {
    const { clientId } = await this.api.enqueue(id, text, type);
    for (;;) {
      const row = await this.post(id, type);
      const [entry] = await this.api.acknowledged(id, ackOf(row));
      if (row.client_id !== clientId) continue;
      if (entry?.kind !== "message") throw new Error("not a message");
      return entry;
    }
  }

  async texts(id: Id): Promise<string[]> {
    const { entries } = await this.api.timeline(id, { limit: 200 });
    return entries.flatMap((entry) => (entry.kind === "message" ? [entry.text] : []));
  }

  async problems(id: Id): Promise<string[]> {
    return (await this.api.conversation(id)).problems.map(({ code }) => code);
  }

  async entries(id: Id): Promise<TimelineEntry[]> {
    return (await this.api.timeline(id, { limit: 200 })).entries;
  }

  /** What a modified client of this person could use: its open store. For reading only. */
  async inside(): Promise<Room> {
    const room = await Room.open(await Store.open(this.prefix, this.userId, "read"));
    if (room === null) throw new Error("no store");
    return room;
  }
}

/** The stored vault, as `GET /api/vault` shows it. */
export function vaultOf({ vault, wraps }: WireRegistration): WireVault {
  const wrap = (sealed: string) => ({ version: 1, sealed });
  return { version: 1, vault, wraps: { password: wrap(wraps.password), recovery: wrap(wraps.recovery) } };
}

export function parametersOf(service: FakeService, userId: Id) {
  const { salt } = service.account(userId).registration;
  const cost = { algorithm: "argon2id", memory_kib: 65_536, iterations: 3, parallelism: 1 };
  return { ...cost, salt, server_name: service.serverName };
}

export interface World {
  service: FakeService;
  alice: Browser;
  bob: Browser;
  id: Id;
}

/** Two people who agreed to talk, and a session without a group. */
export async function twoPeople(names: [string, string] = ["alice", "bob"]): Promise<World> {
  const service = new FakeService();
  const alice = await Browser.register(service, names[0]);
  const bob = await Browser.register(service, names[1]);
  await alice.meet(bob);
  await bob.meet(alice);
  const { session } = await service.open(alice.userId, bob.userId);
  return { service, alice, bob, id: session.id };
}

/** The same people (deriving passwords takes its time), a new session. */
export async function another(world: World): Promise<World> {
  const { service } = world;
  const alice = await world.alice.reload();
  const bob = await world.bob.reload();
  await alice.restock();
  await bob.restock();
  const { session } = await service.open(alice.userId, bob.userId);
  return { service, alice, bob, id: session.id };
}

/** Bob, who accepted, makes the group; both have it. */
export async function established(world?: World): Promise<World> {
  const ready = world === undefined ? await twoPeople() : await another(world);
  await ready.bob.found(ready.id);
  await ready.alice.sync(ready.id);
  return ready;
}
