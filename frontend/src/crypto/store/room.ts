/** One account's open store, with what every part of the vault room needs of it. */

import { CryptoFailure } from "../failures";
import { type ClientState, loadGroup, saveGroup } from "../mls/group";
import type { Authority } from "../mls/policy";
import type { SharedState } from "../mls/sharedState";
import type { Admission, Evidence } from "../mls/roomState";
import { type DeviceRef, deviceSuite, type DeviceSuite } from "../mls/suite";
import { fromBase64url } from "../primitives/encoding";
import { HybridSigner } from "../primitives/hybrid";
import type { Recipient } from "../statements/contribution";
import type { LocalAccount } from "../types";
import type { Bytes, Id, WireOpening } from "../wire";
import { certified, newPerson, personName, type PersonRecord } from "./person";
import type { Store, UnitOfWork } from "./storage";

export interface MlKemKey {
  number: number;
  seed: Bytes;
}

export interface OwnDevice {
  deviceId: Id;
  state: "made" | "bound";
  publicKey: Bytes;
  falcon: Bytes;
  mlKem: MlKemKey;
}

export interface NotaryPin {
  number: number;
  publicKey: Bytes;
}

export interface SelfRecord {
  userId: Id;
  username: string;
  serverName: string;
  identityPublicKey: Bytes;
  keyHash: Bytes;
  vaultVersion: number;
  device: OwnDevice | null;
  /** Pinned notary keys, by purpose: contributions, and receipts of critical messages. */
  notary: NotaryPin | null;
  receiptNotary: NotaryPin | null;
}

/** A commit that has been begun; lives in memory only, since nothing was promised yet. */
export interface CommitPlan {
  purpose: "found" | "rotate";
  generation: number;
  epoch: number;
  nonce: Uint8Array;
  recipients: (Recipient & DeviceRef)[];
  /** Its contribution comes from quantum hardware, or there is none. */
  hardwareOnly: boolean;
  /** Encoded key packages of the devices that the commit adds. */
  adds: (DeviceRef & { keyPackage: Uint8Array; publicKey: Uint8Array })[];
  removed: DeviceRef[];
  /** The state behind it; of a room also why it takes devices out that nobody has the right to, and who comes by a link. Null: it stays. */
  state: { after: SharedState; evidence: Evidence[]; admissions: Admission[] } | null;
  /** What begins a later generation: its statement on top of the row `seq`, by hash and as it is sent. */
  opening: { seq: number; hash: Uint8Array; wire: WireOpening } | null;
}

const SELF = "self";

export class Room {
  /** Conversations whose log has been taken up to the head since the store was opened (P9.1). */
  readonly caughtUp = new Set<Id>();
  readonly plans = new Map<Id, CommitPlan>();
  /** Who asked to come into a room and cannot be let in, as long as they ask. */
  readonly turnedAway = new Map<Id, Set<Id>>();
  /** How often the keys of an account were learned since the store was opened. */
  readonly learned = new Map<Id, number>();
  /** The row that waits for keys in each conversation, with `learned` of those accounts when it was first held back. */
  readonly held = new Map<Id, { seq: number; since: Map<Id, number> }>();
  /** So many milliseconds the server's clock is ahead of this browser's; null: it has not told its time yet. */
  serverAhead: number | null = null;
  /** A receipt came before its notary key was known, and the key has been asked for. */
  askedForNotary = false;
  /** Contents of pins records on their way to the server, by version. */
  readonly pinsSent = new Map<number, string>();
  readonly #groups = new Map<Id, ClientState>();
  #suite: DeviceSuite | null = null;

  private constructor(
    readonly store: Store,
    private record: SelfRecord,
  ) {}

  static async open(store: Store): Promise<Room | null> {
    const record = await store.get<SelfRecord>(SELF);
    return record === undefined ? null : new Room(store, record);
  }

  /** The first record of a new store. */
  static async create(store: Store, record: SelfRecord): Promise<Room> {
    const unit = store.begin();
    unit.put(SELF, record);
    const me = newPerson(record.userId, record.username);
    unit.put(personName(record.userId), { ...me, keyHash: record.keyHash, publicKey: record.identityPublicKey });
    await unit.commit();
    return new Room(store, record);
  }

  get self(): Readonly<SelfRecord> {
    return this.record;
  }

  updateSelf(unit: UnitOfWork, change: Partial<SelfRecord>): void {
    const record = { ...this.record, ...change };
    unit.put(SELF, record);
    unit.afterwards(() => {
      this.record = record;
    });
  }

  get account(): LocalAccount {
    const { userId, username, serverName, device, keyHash } = this.record;
    return {
      userId,
      username,
      serverName,
      keyHash,
      deviceId: device?.deviceId ?? null,
      device: device?.state ?? "none",
    };
  }

  get device(): DeviceRef & OwnDevice {
    const { device, userId } = this.record;
    if (device === null) throw new CryptoFailure("not_bound");
    return { userId, ...device };
  }

  async suite(): Promise<DeviceSuite> {
    if (this.#suite !== null) return this.#suite;
    const { publicKey, falcon } = this.device;
    const ecdsa = await this.store.cryptoKey("device-ecdsa");
    if (ecdsa === undefined) throw new CryptoFailure("store_damaged");
    const signer = new HybridSigner(fromBase64url(publicKey), { falcon: fromBase64url(falcon), ecdsa });
    this.#suite = await deviceSuite(signer);
    return this.#suite;
  }

  async person(unit: UnitOfWork | Store, userId: Id): Promise<PersonRecord | undefined> {
    return unit.get<PersonRecord>(personName(userId));
  }

  /** What all members share about these accounts (P6.9). `open`: others may be in the group too, if a room's rules say so. */
  async authority(unit: UnitOfWork, accounts: readonly Id[], open: boolean): Promise<Authority> {
    const people = new Map<Id, PersonRecord | undefined>();
    for (const id of accounts) people.set(id, await this.person(unit, id));
    return {
      accounts: open ? null : new Set(accounts),
      certified: (userId, deviceId, publicKey) => certified(people.get(userId), deviceId, publicKey),
    };
  }

  async group(unit: UnitOfWork, conversation: Id): Promise<ClientState | null> {
    const cached = this.#groups.get(conversation);
    if (cached !== undefined) return cached;
    const bytes = await unit.bytes(groupName(conversation));
    return bytes === undefined ? null : loadGroup(bytes);
  }

  putGroup(unit: UnitOfWork, conversation: Id, state: ClientState): void {
    unit.putBytes(groupName(conversation), () => saveGroup(state));
    // Not usable before it is on disk: a lost write must not leave a state ahead of it.
    this.#groups.delete(conversation);
    unit.afterwards(() => {
      this.#groups.set(conversation, state);
    });
  }

  dropGroup(unit: UnitOfWork, conversation: Id): void {
    unit.delete(groupName(conversation));
    this.#groups.delete(conversation);
  }
}

const groupName = (conversation: Id) => `mls/${conversation}`;
