/**
 * The sealed store of one account on one browser: IndexedDB, AES-256-GCM (SP 800-38D) under a key that cannot be exported.
 *
 * Promises: nothing readable on disk but record names (ids, sequence numbers); a record cannot stand in another's place
 * (its name is the AAD); a unit of work is written whole or not at all, durably (`durability: "strict"`), and only by the
 * newest writer: an older one gets `superseded` in the same transaction (PROTOCOL.md 9.1); `store_full` when the browser has no
 * room. Does not protect against code that runs in this page, nor against an old copy of the whole profile: the log tells that
 * (`old_copy`).
 *
 *   database `<prefix>-<user id>`: `keys` (CryptoKeys), `records` (name → nonce ‖ ciphertext), `meta` (writer's number)
 *   database `<prefix>`: `accounts` (user id → user name, server name), the only thing known before the store is opened
 */

import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import { CryptoFailure } from "../failures";
import { openSealed, seal } from "../primitives/bytes";
import type { Id } from "../wire";

interface AccountSchema extends DBSchema {
  keys: { key: string; value: CryptoKey };
  records: { key: string; value: Uint8Array };
  meta: { key: string; value: number };
}

export interface KnownAccount {
  userId: Id;
  username: string;
  serverName: string;
}

interface IndexSchema extends DBSchema {
  accounts: { key: string; value: KnownAccount };
}

export type KeyName = "storage" | "pins" | "device-ecdsa";

const DAMAGED = "damaged";

const text = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** Which accounts have a store on this browser. */
export class AccountIndex {
  constructor(private readonly prefix: string) {}

  #open(): Promise<IDBPDatabase<IndexSchema>> {
    return openDB<IndexSchema>(this.prefix, 1, {
      upgrade: (database) => {
        database.createObjectStore("accounts", { keyPath: "userId" });
      },
    });
  }

  async all(): Promise<KnownAccount[]> {
    const database = await this.#open();
    const accounts = await database.getAll("accounts");
    database.close();
    return accounts;
  }

  async put(account: KnownAccount): Promise<void> {
    const database = await this.#open();
    await database.put("accounts", account);
    database.close();
  }

  async remove(userId: Id): Promise<void> {
    const database = await this.#open();
    await database.delete("accounts", userId);
    database.close();
  }
}

const PEOPLE = "person/";

export class Store {
  #gone = false;
  /** What was read of people: in a large room each message asks for all of them. Of the writer alone, who sees all changes. */
  readonly #people = new Map<string, Uint8Array>();
  #written = 0;

  private constructor(
    private readonly database: IDBPDatabase<AccountSchema>,
    private readonly key: CryptoKey,
    /** Null: for reading only. */
    private readonly writer: number | null,
  ) {
    // Another tab deletes the store ("Remove this browser"), or the person this site's data: do not stand in the way.
    database.addEventListener("versionchange", () => this.#lose());
    database.addEventListener("close", () => this.#lose());
  }

  /** `store_damaged` when it was found to be so before, or its key is missing. */
  static async open(prefix: string, userId: Id, mode: "write" | "read"): Promise<Store> {
    const database = await openDB<AccountSchema>(`${prefix}-${userId}`, 1, {
      upgrade: (fresh) => {
        for (const name of ["keys", "records", "meta"] as const) fresh.createObjectStore(name);
      },
    }).catch((error: unknown) => {
      throw new CryptoFailure("store_unavailable", error);
    });
    try {
      if ((await database.get("meta", DAMAGED)) !== undefined) throw new CryptoFailure("store_damaged");
      const key = await storageKey(database);
      return new Store(database, key, mode === "write" ? await takeOver(database) : null);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether there is anything to open; opening makes it. */
  static async exists(prefix: string, userId: Id): Promise<boolean> {
    return (await indexedDB.databases()).some(({ name }) => name === `${prefix}-${userId}`);
  }

  /** It was deleted while it was open. */
  get gone(): boolean {
    return this.#gone;
  }

  #lose(): void {
    this.#gone = true;
    this.database.close();
  }

  /** What does not open once is not relied on again: the person signs in, and this browser starts anew. */
  async markDamaged(): Promise<void> {
    await this.database.put("meta", 1, DAMAGED);
  }

  static erase(prefix: string, userId: Id): Promise<void> {
    return deleteDB(`${prefix}-${userId}`);
  }

  close(): void {
    this.database.close();
  }

  async cryptoKey(name: KeyName): Promise<CryptoKey | undefined> {
    return this.database.get("keys", name);
  }

  async putCryptoKey(name: KeyName, key: CryptoKey): Promise<void> {
    const transaction = this.database.transaction(["keys", "meta"], "readwrite", { durability: "strict" });
    await this.#checkWriter(transaction.objectStore("meta").get("writer"));
    await transaction.objectStore("keys").put(key, name);
    await transaction.done;
  }

  async bytes(name: string): Promise<Uint8Array | undefined> {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const written = this.#written;
    const sealed = await this.database.get("records", name);
    if (sealed === undefined) return undefined;
    const data = await this.#unsealed(name, sealed);
    if (this.writer !== null && written === this.#written && name.startsWith(PEOPLE)) this.#people.set(name, data);
    return data;
  }

  async get<T>(name: string): Promise<T | undefined> {
    const data = await this.bytes(name);
    return data === undefined ? undefined : (parse(data) as T);
  }

  /** Names from `first` to `last`, both included, that exist; at most `limit`, from the end when `backwards`. */
  async scan<T>(first: string, last: string, limit = Infinity, backwards = false): Promise<[string, T][]> {
    const found: [string, Uint8Array][] = [];
    const transaction = this.database.transaction("records", "readonly");
    const range = IDBKeyRange.bound(first, last);
    let cursor = await transaction.store.openCursor(range, backwards ? "prev" : "next");
    while (cursor !== null && found.length < limit) {
      found.push([cursor.key, cursor.value]);
      cursor = await cursor.continue();
    }
    return Promise.all(
      found.map(async ([name, sealed]): Promise<[string, T]> => [name, parse(await this.#unsealed(name, sealed)) as T]),
    );
  }

  /** Every record whose name begins so, in order. */
  all<T>(prefix: string): Promise<[string, T][]> {
    return this.scan<T>(prefix, `${prefix}\uffff`);
  }

  async names(prefix: string): Promise<string[]> {
    return this.database.getAllKeys("records", IDBKeyRange.bound(prefix, `${prefix}\uffff`));
  }

  begin(): UnitOfWork {
    return new UnitOfWork(this);
  }

  /** Seals first, then writes all in one transaction: IndexedDB transactions end while WebCrypto works. */
  async write(puts: ReadonlyMap<string, Uint8Array>, deletes: ReadonlySet<string>): Promise<void> {
    const sealed = await Promise.all(
      [...puts].map(async ([name, data]) => [name, await seal(this.key, text.encode(name), data)] as const),
    );
    this.#forget([...puts.keys(), ...deletes]);
    const transaction = this.database.transaction(["records", "meta"], "readwrite", { durability: "strict" });
    await this.#checkWriter(transaction.objectStore("meta").get("writer"));
    const records = transaction.objectStore("records");
    try {
      await Promise.all([
        ...sealed.map(([name, data]) => records.put(data, name)),
        ...[...deletes].map((name) => records.delete(name)),
        transaction.done,
      ]);
    } catch (error) {
      // A request may fail before its transaction tells why.
      const reason: unknown = await transaction.done.catch((ended: unknown) => ended);
      throw isFull(error) || isFull(reason) ? new CryptoFailure("store_full", error) : error;
    }
    this.#forget([...puts.keys(), ...deletes]);
  }

  /** Before and after a write, so that a read which overlaps it is not kept. */
  #forget(names: readonly string[]): void {
    this.#written += 1;
    for (const name of names) this.#people.delete(name);
  }

  /** `superseded` when another writer has opened the store since. */
  async checkWriter(): Promise<void> {
    await this.#checkWriter(this.database.get("meta", "writer"));
  }

  async #checkWriter(stored: Promise<number | undefined>): Promise<void> {
    if (this.writer === null || (await stored) !== this.writer) throw new CryptoFailure("superseded");
  }

  async #unsealed(name: string, sealed: Uint8Array): Promise<Uint8Array> {
    return openSealed(this.key, text.encode(name), sealed).catch((error: unknown) => {
      throw new CryptoFailure("store_damaged", error);
    });
  }
}

async function storageKey(database: IDBPDatabase<AccountSchema>): Promise<CryptoKey> {
  const existing = await database.get("keys", "storage");
  if (existing !== undefined) return existing;
  if ((await database.count("records")) > 0) throw new CryptoFailure("store_damaged");
  const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const transaction = database.transaction("keys", "readwrite", { durability: "strict" });
  // Another tab may have been faster: the first one stays.
  const winner = (await transaction.store.get("storage")) ?? fresh;
  await transaction.store.put(winner, "storage");
  await transaction.done;
  return winner;
}

async function takeOver(database: IDBPDatabase<AccountSchema>): Promise<number> {
  const transaction = database.transaction("meta", "readwrite", { durability: "strict" });
  const writer = ((await transaction.store.get("writer")) ?? 0) + 1;
  await transaction.store.put(writer, "writer");
  await transaction.done;
  return writer;
}

const isFull = (error: unknown) => error instanceof DOMException && error.name === "QuotaExceededError";

function parse(data: Uint8Array): unknown {
  return JSON.parse(fromUtf8.decode(data));
}

/** Changes that are seen by its own reads at once, and written together by `commit`. */
export class UnitOfWork {
  readonly #puts = new Map<string, () => Uint8Array>();
  readonly #deletes = new Set<string>();
  readonly #afterwards: (() => void)[] = [];

  constructor(readonly store: Store) {}

  async get<T>(name: string): Promise<T | undefined> {
    const data = await this.bytes(name);
    return data === undefined ? undefined : (parse(data) as T);
  }

  async bytes(name: string): Promise<Uint8Array | undefined> {
    if (this.#deletes.has(name)) return undefined;
    return this.#puts.get(name)?.() ?? this.store.bytes(name);
  }

  put(name: string, value: unknown): void {
    // Serialised now: later changes of the object must not slip in.
    const data = text.encode(JSON.stringify(value));
    this.putBytes(name, () => data);
  }

  /** `make` is called when the unit is written (encoding a group's state is worth doing once). */
  putBytes(name: string, make: () => Uint8Array): void {
    this.#deletes.delete(name);
    this.#puts.set(name, make);
  }

  delete(name: string): void {
    this.#puts.delete(name);
    this.#deletes.add(name);
  }

  /** Called once the unit is on disk. */
  afterwards(hook: () => void): void {
    this.#afterwards.push(hook);
  }

  async commit(): Promise<void> {
    if (this.#puts.size + this.#deletes.size > 0) {
      await this.store.write(new Map([...this.#puts].map(([name, make]) => [name, make()])), this.#deletes);
    }
    for (const hook of this.#afterwards) hook();
  }
}
