/** Other people: what is known of their keys, and what the person decided about them (PROTOCOL.md 3). */

import type {
  Bytes,
  Id,
  WireAccountKeys,
  WireConfig,
  WireConnection,
  WireConnectionRequest,
  WireDraw,
  WirePins,
  WireSeenKeys,
} from "../wire";
import type { Problem, TimelineEntry } from "./timeline";

export interface Contact {
  userId: Id;
  username: string;
  /** Null: the person has no browser yet. */
  keyHash: Bytes | null;
  /** Sixty digits in twelve groups of five; null until both have account keys. */
  safetyNumber: string | null;
  /** Safety numbers were compared. False means "not verified", not "wrong". */
  verified: boolean;
  /** The key that the server serves now, when it is not the accepted one: sending is blocked until `acceptAccountKey`. */
  changedKeyHash: Bytes | null;
  /** The safety number with that key, for the person to compare before accepting it. */
  changedSafetyNumber: string | null;
  /** The first key that another browser of this account saw, when it is not this one's: sending is blocked until one is accepted. */
  otherKeyHash: Bytes | null;
  otherSafetyNumber: string | null;
  /** This person and I agreed to talk. */
  agreed: boolean;
  devices: ContactDevice[];
  listVersion: number;
  problems: Problem[];
}

/** What others may see of this person; true: they may. */
export interface Privacy {
  /** How far one has read; who does not tell is not told either. */
  receipts: boolean;
  /** That one is writing; the same. */
  typing: boolean;
  /** That one is there. */
  presence: boolean;
}

export interface ContactDevice {
  deviceId: Id;
  keyHash: Bytes;
  revoked: boolean;
}

export interface LearnedKeys {
  contact: Contact;
  /** New ones only; `contact.problems` has all. */
  problems: Problem[];
  /** Timeline entries that came of it ("Alice's keys changed"). */
  entries: TimelineEntry[];
}

/** The server, people, and the pins that hold both. */
export interface PeopleCalls {
  /** Pins the server's name and its notary key, or names a change. Call with every `GET /api/config`. */
  learnConfig(config: WireConfig): Promise<Problem[]>;

  /** The entropy receipt of a draw; null unless the pinned notary key of receipts signed it. */
  verifiedReceipt(draw: WireDraw): Promise<unknown>;

  /** Verifies and pins the keys of an account, one's own included. Ask with `?since=` the known `listVersion`. */
  learnKeys(keys: WireAccountKeys): Promise<LearnedKeys>;

  contacts(): Promise<Contact[]>;
  contact(userId: Id): Promise<Contact | null>;

  /**
   * The person saw that the key changed to this one, and goes on. Of two first keys: either one, and the other is put aside. Not verified any more. Fetch the keys again (since 0)
   * afterwards. `key_changed_meanwhile` when another key than the one seen waits to be accepted.
   */
  acceptAccountKey(userId: Id, keyHash: Bytes): Promise<{ contact: Contact; entries: TimelineEntry[] }>;

  /** The person compared the safety number with this key; null takes it back. `key_changed_meanwhile` as above. */
  markVerified(userId: Id, keyHash: Bytes | null): Promise<Contact>;

  /** What a connection request or answer to this person must name. */
  seenKeys(peer: Id): Promise<WireSeenKeys>;

  /** Compares what the other side saw with what one has and is told. */
  checkRequest(request: WireConnectionRequest): Promise<Problem[]>;

  /** The same for what the other side of a connection named, asking or answering; a swap blocks sending until `markVerified`. */
  checkConnection(connection: WireConnection): Promise<TimelineEntry[]>;

  /** The person asked for, or accepted, a conversation with this one. Without it no welcome is taken (P6.7). */
  agree(peer: { userId: Id; username: string }): Promise<Contact>;

  /** The person removed the connection: no new conversation with this one is taken. */
  withdraw(userId: Id): Promise<Contact | null>;

  privacy(): Promise<Privacy>;

  /** Moves switches, for all browsers of the account: the pins record has them. */
  setPrivacy(change: Partial<Privacy>): Promise<Privacy>;

  /** The pins record, when it has changed since it was last stored. `ifMatch` null: send `If-None-Match: *`. */
  pinsToStore(): Promise<{ ifMatch: number | null; record: WirePins } | null>;

  /** The server took that version. */
  pinsStored(version: number): Promise<void>;

  /** Merges the server's record, entry by entry. After a 412 too; then `pinsToStore` again. */
  mergePins(record: WirePins): Promise<Problem[]>;
}
