/**
 * What the vault room offers to the rest of the client. `crypto/client.ts` exposes it over comlink.
 *
 * crypto/ knows no network: callers hand in the server's JSON as it came (wire.ts) and send what they get back as it
 * is. Everything that changes something is written to the sealed store, durably, before the promise resolves. Calls may
 * be made at any time and in parallel; they run one after another. A refused call rejects with a `CryptoFailure`
 * (read it with `failureCode(error)`) and changes nothing; what *others* did wrong comes back as problems.
 */

import type { FailureCode, ProblemCode } from "./failures";
import type { LostReason } from "./healing/lostState";
import type {
  Bytes,
  Id,
  Time,
  WireAccountKeys,
  WireAck,
  WireCommit,
  WireConfig,
  WireConnection,
  WireConnectionRequest,
  WireContribution,
  WireContributionRequest,
  WireKeyPackages,
  WireLoginParameters,
  WireLostState,
  WireNewDevice,
  WireOpening,
  WireOutgoing,
  WirePasswordChange,
  WirePins,
  WireRecoveryCodeChange,
  WireRegistration,
  WireRevocation,
  WireRow,
  WireSeenKeys,
  WireSession,
  WireTermination,
  WireVault,
  WireVaultCompletion,
} from "./wire";

/** A rule that somebody broke, or a state that was lost. */
export interface Problem {
  code: ProblemCode;
  /** Whom it concerns, when it is known. */
  userId: Id | null;
  /** Position in the conversation's log, when it has one. */
  seq: number | null;
  noticedAt: Time;
}

// ---------------------------------------------------------------- accounts

/** This browser's place in an account, as far as it is known without the network. */
export interface LocalAccount {
  userId: Id;
  username: string;
  serverName: string;
  deviceId: Id | null;
  /**
   * `none`: no device yet. `made`: its keys exist, the server may not know it. `bound`: registered. `damaged`: the store does
   * not open any more; only the names are known.
   */
  device: "none" | "made" | "bound" | "damaged";
  /** SHA-256 of the account key, as connection requests name it. */
  keyHash: Bytes;
}

export interface NewAccount {
  request: WireRegistration;
  /** Shown once, kept nowhere. */
  recoveryCode: string;
}

/** A code while it is typed; `wrong`: digits enough, but no code has this checksum. */
export type RecoveryCodeState = "incomplete" | "wrong" | "right";

/** The vault as the server shows it, and whose it is. */
export interface ServedVault {
  userId: Id;
  vault: WireVault;
  identityPublicKey: Bytes;
}

export interface CompletedAccount {
  /** For `PUT /api/vault` with `If-None-Match: *`; `open` after it. On 412 `vault_exists`: `GET /api/vault`, then `unlock`. */
  request: WireVaultCompletion;
  recoveryCode: string;
}

// ---------------------------------------------------------------- people

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
  /** This person and I agreed to talk. */
  agreed: boolean;
  devices: ContactDevice[];
  listVersion: number;
  problems: Problem[];
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

// ---------------------------------------------------------------- conversations

export type ConversationState =
  | "waiting_for_devices"
  | "establishing"
  | "active"
  /** The log goes on, but this browser was never in its group, and asks to be added (P9.2). */
  | "elsewhere"
  /** A member says that this device was removed; tentative (P6.8). */
  | "removed"
  /** This browser cannot follow the group, and asks to be added again (P9.2). */
  | "lost"
  /** The log went on in a new group that this browser refuses: nobody showed it a reason (P9.3). */
  | "refused"
  | "terminated";

export interface Conversation {
  id: Id;
  peer: { userId: Id; username: string };
  state: ConversationState;
  createdAt: Time;
  generation: number;
  epoch: number;
  /** Everything up to here is verified and stored: the cursor for the server and for `message_ack`. */
  verifiedSeq: number;
  /** The highest place that the server has given, verified or only acknowledged: its log cannot end before it. */
  loggedSeq: number;
  readSeq: number;
  unread: number;
  draft: string;
  last: TimelineEntry | null;
  problems: Problem[];
  /** Why nothing goes out at the moment, if so. */
  blocked: SendingBlocked | null;
}

export type SendingBlocked =
  | { reason: "account_key_changed" | "account_conflict" | "account_key_swapped"; userId: Id }
  | {
      reason:
        "not_caught_up" | "no_group" | "commit_pending" | "lost" | "terminated" | "old_copy" | "generation_refused";
    }
  /** A device asked to be added, or the other person has none in the group: what is sent now it could not read. */
  | { reason: "device_asks" }
  /** A revoked device still sits in the group: commit first (`dueCommit`). */
  | { reason: "device_revoked"; deviceIds: Id[] };

export interface ConversationDetails {
  conversation: Conversation;
  safetyNumber: string | null;
  verified: boolean;
  /** The log's chain value at `conversation.verifiedSeq`. */
  chain: Bytes;
  /** MLS epoch authenticator, equal on all devices of the epoch. */
  epochAuthenticator: Bytes | null;
  suite: string;
  mlsSuite: string;
  members: { userId: Id; deviceId: Id; keyHash: Bytes; me: boolean }[];
  lastRotation: { at: Time; by: Id; seq: number } | null;
  contribution: {
    id: Bytes;
    /** The entropy receipt of quantum_service, verified with its signature. */
    receipt: unknown;
    at: Time;
  } | null;
  /** The last commit went out without the quantum service's contribution. */
  contributionMissing: boolean;
  messagesInEpoch: number;
}

/** States of one's own message. `waiting`: in the outbox; `sending`: handed out by `nextOutgoing`. */
export type DeliveryState = "waiting" | "sending" | "sent" | "delivered" | "failed";

interface EntryBase {
  /** Stable for the entry's life. */
  key: string;
  conversationId: Id;
  /** Null while it waits in the outbox: such entries stand at the end. */
  seq: number | null;
  time: Time;
}

/** What a person may send; `critical` carries a detached signature of its device (P8.2). */
export type TextType = "secured" | "critical";

export type HalfState = "valid" | "invalid" | "missing";

/** What this browser found when it checked a critical message itself (P8.2). */
export interface CriticalProof {
  /** Each half over this very message, with the certified key of its author's device. */
  falcon: HalfState;
  ecdsa: HalfState;
  /** The server's signed word that it took the message; null: one's own, which has none yet. */
  receipt: "valid" | "missing" | "foreign_key" | "other_message" | null;
  /** When the server took it, by the receipt. */
  receiptAt: Time | null;
  checkedAt: Time;
}

export interface MessageEntry extends EntryBase {
  kind: "message";
  clientId: Id;
  senderId: Id;
  senderDeviceId: Id;
  own: boolean;
  text: string;
  /** Null for messages of others. */
  state: DeliveryState | null;
  /** The server's code when `state` is `failed`. */
  failure: string | null;
  /** Critical messages only. */
  critical: CriticalProof | null;
  /** What is wrong with this very message; it is never shown as good then. */
  faults: ProblemCode[];
}

export interface SystemEntry extends EntryBase {
  kind: "system";
  event:
    | "founded"
    | "joined"
    | "rotated"
    | "device_added"
    | "device_removed"
    /** Removed because it asked to be added again, and added after that (P9.2). */
    | "device_lost"
    | "device_readded"
    /** The same of this very browser: `reason` says why, `missed` how much it could not read meanwhile. */
    | "lost_here"
    /** A new group was begun, since nobody could follow the old one (P9.3). */
    | "generation"
    | "readded_here"
    | "removed_me"
    | "terminated"
    | "account_key_changed"
    | "account_key_accepted";
  /** Who did it (or whom it concerns, for account keys). */
  userId: Id;
  /** Devices added or removed, with their accounts. */
  devices: { userId: Id; deviceId: Id }[];
  /** Commits only: carried a contribution of the quantum service. */
  contribution: boolean | null;
  reason: LostReason | null;
  missed: number;
}

export interface ProblemEntry extends EntryBase {
  kind: "problem";
  code: ProblemCode;
  userId: Id | null;
}

export type TimelineEntry = MessageEntry | SystemEntry | ProblemEntry;

export interface TimelinePage {
  /** Ascending. Outbox entries (`seq` null) stand last, on the newest page only. */
  entries: TimelineEntry[];
  /** There is more before the first entry. */
  more: boolean;
}

export type Need =
  /** `GET /api/users/{userId}/keys?since=`, then `learnKeys`, then the rows after `verifiedSeq` again. */
  | { kind: "account_keys"; userId: Id; since: number }
  /** Rows after this seq are missing: pull them. */
  | { kind: "rows"; after: number }
  /** A welcome to a conversation that is not agreed to here: pull the pins, or let the person decide. */
  | { kind: "agreement"; userId: Id }
  /** `GET /api/config`, then `learnConfig`: a receipt came before the key that it is checked with. */
  | { kind: "config" };

export interface Received {
  conversation: Conversation;
  /** New and changed entries, in order. */
  entries: TimelineEntry[];
  /** What is needed to go on; empty when everything given was taken. */
  needs: Need[];
}

// ---------------------------------------------------------------- commits

/** `device_lost`: remove it (`beginRotation`). `device_asks`: add it (`beginAdding`). */
export type CommitReason = "founding" | "device_revoked" | "device_lost" | "device_asks" | "messages" | "time";

export type CommitStep =
  /** Fetch these accounts' keys (`learnKeys`), then begin again. */
  | { step: "account_keys"; needs: { userId: Id; since: number }[] }
  /** Ask `POST …/contributions` with this, then `finishCommit`. Not founding: after 2 s without, `finishCommit(id, null)`. */
  | { step: "contribution"; request: WireContributionRequest };

export interface CommitToSend {
  /** For `POST …/commits`; repeat the same one after a lost answer. */
  request: WireCommit;
  /** With it for `POST …/generations` instead, when it founds a new one. */
  opening: WireOpening | null;
}

// ---------------------------------------------------------------- sending

export type Outgoing =
  { kind: "message"; message: WireOutgoing } | { kind: "empty" } | { kind: "blocked"; blocked: SendingBlocked };

export interface CryptoApi {
  // ------------------------------------------------------------ accounts and passwords
  /** Accounts with a store on this browser, so that a reload needs no password. */
  localAccounts(): Promise<LocalAccount[]>;

  /** Everything for a registration. The new vault stays unlocked until `deviceRegistered` or `lock`. */
  newAccount(input: { username: string; email: string; password: string; serverName: string }): Promise<NewAccount>;

  /**
   * Derives the password's two branches (Argon2id, about half a second). Answers the one for `POST /api/login` and keeps
   * the other for `unlock`. `weak_parameters`, `server_name_changed`.
   */
  signInSecret(input: {
    username: string;
    password: string;
    parameters: WireLoginParameters;
  }): Promise<{ auth_secret: Bytes }>;

  /** Opens the vault with the password of the last `signInSecret`. `wrong_password`, `vault_damaged`, `vault_rollback`. */
  unlock(input: { userId: Id; vault: WireVault; identityPublicKey: Bytes }): Promise<void>;

  /**
   * Makes identity and vault for an account that was made by `curl`, after `signInSecret`. With `newPassword` (suggested,
   * since the server has seen the old one) that one opens it from then on.
   */
  completeAccount(input: { userId: Id; newPassword: string | null }): Promise<CompletedAccount>;

  /**
   * Body of `PUT /api/users/me/password` on top of this vault, opened with the password of the last `signInSecret`; from
   * then on the new password is the one for `unlock`. `wrong_password`, `vault_damaged`.
   */
  changePassword(input: ServedVault & { newPassword: string }): Promise<WirePasswordChange>;

  /** The server took the next version: an older one is a rollback from now on. Only ever after its answer. */
  vaultWritten(version: number): Promise<void>;

  recoveryCodeState(typed: string): Promise<RecoveryCodeState>;

  /** Answers the code's branch for `POST /api/recover` and keeps the other for `recover`. `wrong_recovery_code`. */
  recoverySecret(typed: string): Promise<{ recovery_auth_secret: Bytes }>;

  /**
   * The same as `changePassword`, opened with the code of the last `recoverySecret`. `wrong_recovery_code`,
   * `vault_damaged`, `server_name_changed`.
   */
  recover(
    input: ServedVault & { username: string; serverName: string; newPassword: string },
  ): Promise<WirePasswordChange>;

  /** Another recovery code, and the body of `PUT /api/users/me/recovery-code` that makes it count. After `signInSecret`. */
  newRecoveryCode(input: ServedVault): Promise<{ request: WireRecoveryCodeChange; recoveryCode: string }>;

  /** Forgets everything that needs the password or the recovery code. */
  lock(): Promise<void>;

  /**
   * Opens this browser's store of the account for writing; makes it after `newAccount`, `unlock` or `completeAccount`.
   * Only the tab that holds the lock may call it; an older writer then gets `superseded`. After a reload it needs no password.
   */
  open(userId: Id): Promise<LocalAccount>;

  /** Rejects with `superseded` when another tab has opened the store for writing since. */
  checkWriter(): Promise<void>;

  /** The refresh token in the open store, where no cookie can hold it (a page of another origin than the server's). */
  refreshToken(): Promise<string | null>;
  keepRefreshToken(token: string | null): Promise<void>;

  /** Forgets the open store and everything that needs the password. */
  close(): Promise<void>;

  /** Deletes this browser's store of the account: keys, history, outbox. */
  erase(userId: Id): Promise<void>;

  // ------------------------------------------------------------ this device
  /**
   * Body of `POST /api/devices`, signed by the account key (the vault must be unlocked). Repeat after 409
   * `device_list_changed` with the newer list: the device's keys stay the same.
   */
  newDevice(input: { keys: WireAccountKeys; challenge: string }): Promise<WireNewDevice>;

  /** The server took the device. Forgets the unlocked vault. */
  deviceRegistered(): Promise<LocalAccount>;

  /** For `POST /api/devices/{deviceId}/bind`. */
  signChallenge(challenge: string): Promise<{ challenge: string; challenge_signature: Bytes }>;

  /**
   * Fresh key packages, and a last resort when asked for, whose lifetimes count from `time`: the server's, since this
   * browser's clock may be wrong. Their private halves are stored before this resolves.
   */
  keyPackages(input: {
    count: number;
    lastResort: boolean;
    time: Time;
  }): Promise<{ key_packages: Bytes[]; last_resort: Bytes | null }>;

  /** Deletes the private halves of those that no welcome can be for any more. */
  purgeKeyPackages(time: Time): Promise<void>;

  /** Body of `DELETE /api/devices/{deviceId}`; the vault must be unlocked (`signInSecret`, `unlock`). */
  revokeDevice(input: { keys: WireAccountKeys; deviceId: Id }): Promise<WireRevocation>;

  // ------------------------------------------------------------ server, people, pins
  /** Pins the server's name and its notary key, or names a change. Call with every `GET /api/config`. */
  learnConfig(config: WireConfig): Promise<Problem[]>;

  /** Verifies and pins the keys of an account, one's own included. Ask with `?since=` the known `listVersion`. */
  learnKeys(keys: WireAccountKeys): Promise<LearnedKeys>;

  contacts(): Promise<Contact[]>;
  contact(userId: Id): Promise<Contact | null>;

  /**
   * The person saw that the key changed to this one, and goes on. Not verified any more. Fetch the keys again (since 0)
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

  /** The pins record, when it has changed since it was last stored. `ifMatch` null: send `If-None-Match: *`. */
  pinsToStore(): Promise<{ ifMatch: number | null; record: WirePins } | null>;

  /** The server took that version. */
  pinsStored(version: number): Promise<void>;

  /** Merges the server's record, entry by entry. After a 412 too; then `pinsToStore` again. */
  mergePins(record: WirePins): Promise<Problem[]>;

  // ------------------------------------------------------------ conversations
  /** Tells crypto about a session, whenever the server shows it (list, event, answer). Idempotent. */
  learnSession(session: WireSession): Promise<Received>;

  conversations(): Promise<Conversation[]>;
  conversation(id: Id): Promise<Conversation>;
  details(id: Id): Promise<ConversationDetails>;

  /** `contribution.request` of a founding needs the answer of `POST …/key-packages`. */
  beginFounding(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** Why a commit is due now, if one is. Ask after `receive`, after sending, and every few minutes. */
  dueCommit(conversationId: Id): Promise<CommitReason | null>;

  /**
   * This device's request to be added, for `POST …/lost-state`; null when there is nothing to ask for, or the server shows it
   * already. Ask after `receive` and `learnSession`.
   */
  askToBeAdded(conversationId: Id): Promise<WireLostState | null>;

  /** Adds devices that asked, with the answer of `POST …/key-packages`. */
  beginAdding(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** Whether nobody is left who could add this browser to the group, so that it is to be begun anew (P9.3). */
  generationDue(conversationId: Id): Promise<boolean>;

  /** Begins the conversation's next group, with the answer of `POST …/key-packages` for it; `finishCommit` then answers both. */
  beginGeneration(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** Rotation; removes revoked devices on the way, and those that asked to be added again. */
  beginRotation(conversationId: Id): Promise<CommitStep>;

  /** Checks the contribution against the recipients that were asked for, makes the commit, stores it as pending. */
  finishCommit(conversationId: Id, contribution: WireContribution | null): Promise<CommitToSend>;

  /** The commit that waits for its answer, to be sent again after a restart or a lost answer; null if none does. */
  pendingCommit(conversationId: Id): Promise<CommitToSend | null>;

  /** 201. The new epoch is adopted. */
  commitAccepted(conversationId: Id, ack: WireAck): Promise<Received>;

  /**
   * A definite refusal: 409 `epoch_conflict` with the rows it missed (one's own commit among them is adopted), or another
   * 4xx with none. Never for a lost answer or a 5xx.
   */
  commitRefused(conversationId: Id, missed: WireRow[]): Promise<Received>;

  /**
   * Takes rows of the log, in order, from after `verifiedSeq`. `headSeq` is the log's head as the server tells it with
   * them (or null): sending waits until it is reached once after `open`. `pulled` is true when the rows are the answer to a
   * pull after `verifiedSeq`: then a gap is named, else it only asks for a pull. `atLeast` is the `loggedSeq` from before
   * the pull: a head below it is named.
   */
  receive(
    conversationId: Id,
    rows: WireRow[],
    headSeq: number | null,
    pulled: boolean,
    atLeast?: number,
  ): Promise<Received>;

  /** A `receipt` frame. Answers the entries that changed. */
  receipt(conversationId: Id, userId: Id, seq: number): Promise<TimelineEntry[]>;

  // ------------------------------------------------------------ sending
  /** Into the sealed outbox, as `secured` unless said otherwise; the entry stands in the timeline at once. */
  enqueue(conversationId: Id, text: string, type?: TextType): Promise<MessageEntry>;

  /**
   * The next message of this type to send, encrypted and signed now and stored before this resolves: one at a time for a
   * conversation and type. The same bytes come again until it is acknowledged, refused, stale or overtaken by too many others.
   */
  nextOutgoing(conversationId: Id, type?: TextType): Promise<Outgoing>;

  /** 503 of quantum_service: nothing was stored, it waits (P8.1). Until it is handed out again it can be discarded. */
  postponed(conversationId: Id, clientId: Id): Promise<void>;

  /** Conversations with something in the outbox. */
  outboxes(): Promise<Id[]>;

  /** Checks the acknowledged chain step against what was sent. `bad_ack`. */
  acknowledged(conversationId: Id, ack: WireAck): Promise<MessageEntry>;

  /** 409 `epoch_stale`: it will be encrypted again under the same id, once the missed commit has been received. */
  epochStale(conversationId: Id, clientId: Id): Promise<void>;

  /** The server refused it for good, with its code. It stands as failed and blocks nothing. */
  sendRefused(conversationId: Id, clientId: Id, code: string): Promise<MessageEntry>;

  /** Tries a failed message again, at the end of the queue, under a new id. */
  retry(conversationId: Id, clientId: Id): Promise<MessageEntry>;

  /** Deletes a message that has not been sent. */
  discard(conversationId: Id, clientId: Id): Promise<void>;

  /** The member's message that ends the conversation; the log's row of it then erases the MLS state. Call again when stale. */
  terminate(conversationId: Id): Promise<WireTermination>;

  // ------------------------------------------------------------ reading
  /** Newest page without `before`; `before` is the seq of the first entry one has. */
  timeline(conversationId: Id, page: { before?: number; limit: number }): Promise<TimelinePage>;

  /** Only ever forward. Answers the conversation with its unread count. */
  markRead(conversationId: Id, seq: number): Promise<Conversation>;

  setDraft(conversationId: Id, text: string): Promise<void>;
}

export type { FailureCode, LostReason, ProblemCode };
