/**
 * What the user interface knows: plain, serialisable data, made by the realtime engine and held in the store.
 *
 * Promises: no key, token, password or recovery code is ever in here. Words for people are made in the components; this file
 * carries codes, ids, numbers and times (milliseconds since 1970-01-01 UTC).
 */

export type Id = string;
export type Time = number;

/** Something that was refused or failed: a stable code of docs/api.md, or one of the client's own (app/words/problems.ts has the words). */
export interface Problem {
  code: string;
  /** Seconds to wait, when the other side said so. */
  retryAfter?: number;
}

/* ---------------------------------------------------------------- account */

export interface Self {
  userId: Id;
  username: string;
  email: string;
  /** Null until this browser is a certified device of the account; `waitsFor` then names what is away. It heals by itself. */
  deviceId: Id | null;
  waitsFor: "quantum_service" | "server" | null;
  /** Why this browser was not made one: it does not pass by itself. */
  refused: Problem | null;
}

/** What sign-in and registration are doing: it takes a second or two, so the page says it. */
export type SignInStep = "deriving" | "making_keys" | "registering" | "unlocking" | "certifying" | "changing";

/** Why a sign-in ended without being asked. `store_…`: what this browser kept was deleted, or does not open. */
export type Ending =
  | "signed_out_elsewhere"
  | "password_changed"
  | "device_removed"
  | "expired"
  | "store_gone"
  | "store_damaged"
  | "storage_unavailable";

export interface Kept {
  userId: Id;
  username: string;
  /** Another server answers at this address than the one of this account: its database was started anew, or it is not the same. */
  otherServer: boolean;
}

export type AccountState =
  /** Reading the local store, asking for the writer's lock, refreshing the sign-in. */
  | { phase: "starting" }
  /** `kept`: the account whose sealed local store this browser still has. */
  | { phase: "signed_out"; kept: Kept | null; reason: Ending | null }
  /** The account was made outside a browser; `completeAccount` gives it its keys. */
  | { phase: "incomplete"; username: string }
  /** Another tab of this browser writes for the account; `takeOver` moves it here. */
  | { phase: "elsewhere"; username: string }
  | { phase: "signed_in"; self: Self };

/** An own browser, as the certified list has it. */
export interface OwnDevice {
  id: Id;
  createdAt: Time;
  lastSeenAt: Time | null;
  revokedAt: Time | null;
  current: boolean;
}

/** What others may see of this account; true: they may. Of receipts and typing one is told only what one tells. */
export interface Privacy {
  receipts: boolean;
  typing: boolean;
  presence: boolean;
}

/** A program that is signed in; `deviceId` null: a script, without keys. */
export interface SignIn {
  id: Id;
  createdAt: Time;
  lastUsedAt: Time;
  deviceId: Id | null;
  current: boolean;
}

/* ---------------------------------------------------------------- the line */

export type LineState =
  | { status: "connecting" }
  | { status: "online" }
  /** `retryAt`: when the next attempt starts. `browser`: the browser itself says that there is no network. */
  | { status: "offline"; cause: "browser" | "server"; retryAt: Time };

/* ---------------------------------------------------------------- people */

/**
 * How well a person's account key is known.
 * `no_key`: has no browser yet. `unverified`: first key seen, pinned. `key_changed`: a new key waits to be accepted; sending is blocked.
 * `keys_differ`: two own browsers saw different first keys; sending is blocked.
 */
export type Trust = "no_key" | "unverified" | "verified" | "key_changed" | "keys_differ";

export interface Person {
  id: Id;
  username: string;
  online: boolean;
  /** Null: no connection now (it may have been removed; the conversation stays readable). */
  connectedAt: Time | null;
  /** Blocked by this account. */
  blocked: boolean;
  trust: Trust;
  /** When `trust` became what it is. */
  trustSince: Time | null;
  /** SHA-256 of the account key that `trust` speaks of, base64url: with `key_changed` the new one. */
  keyHash: string | null;
}

export interface Request {
  id: Id;
  direction: "in" | "out";
  peer: { id: Id; username: string };
  createdAt: Time;
}

/** One row of the search; what the server said when asked. Newer knowledge in the store goes before it. */
export interface FoundPerson {
  id: Id;
  username: string;
  online: boolean;
  connection: "none" | "pending_out" | "pending_in" | "connected";
}

export interface FoundPeople {
  items: FoundPerson[];
  next: string | null;
}

/* ---------------------------------------------------------------- what the server did wrong */

/**
 * A broken rule of the protocol, named. `seq`: the position in the conversation's log, where there is one.
 * The kinds are those that a two-person session can meet.
 */
export type FindingKind =
  | "fork"
  | "dropped"
  | "reordered"
  | "replayed"
  | "altered"
  | "flipped_type"
  | "wrong_expiry"
  | "unsigned"
  | "bad_signature"
  | "no_receipt"
  | "foreign_receipt"
  | "other_receipt"
  | "wrong_author"
  | "forged_change"
  | "forged_again"
  | "bad_commit"
  | "swapped_leaf"
  | "doubled_key"
  | "ghost_member"
  | "role_missing"
  | "ghost_recipient"
  | "swapped_key"
  | "renamed"
  | "bad_contribution"
  | "bad_welcome"
  | "bad_certificate"
  | "forged_request"
  | "forged_join"
  | "false_generation"
  | "old_device_key"
  | "device_list_forked"
  | "device_list_rolled_back"
  | "list_withheld"
  | "pins_rolled_back"
  | "server_name_changed"
  | "notary_key_changed"
  | "closed_by_server";

export interface Finding {
  id: Id;
  kind: FindingKind;
  at: Time;
  seq: number | null;
  /** In whose name it came, by the server's word; null: what broke the rule was no member's, or nobody says whose. */
  from: Id | null;
}

/* ---------------------------------------------------------------- conversations */

/** `clock`: this browser's is weeks off. */
export type WaitsFor = "quantum_service" | "hardware" | "peer" | "clock";

export type ConversationStage =
  /** A side has no browser with keys yet. */
  | { kind: "waiting_for_device"; whose: "self" | "peer" }
  /** Keys are being made. `waitsFor` names what holds it up, if anything; `refused` what does not pass by itself. */
  | { kind: "making_keys"; waitsFor: WaitsFor | null; refused: Problem | null }
  | { kind: "open" }
  /** The account is connected with this person, but not by a browser of its own: nothing is taken before the person agrees here. */
  | { kind: "to_agree" }
  /** This browser asked for keys: it lost its own, or (`lost` false) was not there when the conversation began. */
  | { kind: "being_added"; lost: boolean }
  /** A commit took this browser out. Tentative: history and state are kept. */
  | { kind: "removed"; by: string; at: Time }
  | { kind: "closed"; by: "self" | "peer" | "server"; at: Time | null };

/** Why nothing may be sent although the conversation is open. */
export type SendBlock = "key_changed" | "keys_differ" | "key_swapped" | "not_connected" | "blocked" | "misbehaved";

export interface Preview {
  text: string;
  mine: boolean;
  /** Why there is no text. */
  lacks: "deleted" | "newer" | null;
}

/** A message that stands out. */
export interface PinnedMessage {
  messageId: Id;
  authorId: Id;
  text: string;
  lacks: "newer" | null;
  at: Time;
}

/** The new text of an own message, not sent yet. */
export interface Editing {
  messageId: Id;
  text: string;
}

export interface Conversation {
  id: Id;
  peer: { id: Id; username: string };
  stage: ConversationStage;
  sendBlock: SendBlock | null;
  createdAt: Time;
  lastActivityAt: Time;
  /** Of the newest message that this browser could read. */
  preview: Preview | null;
  unread: number;
  /** How many of them mention this account. */
  mentioned: number;
  /** This account has read up to here (seq). */
  readSeq: number;
  /** The other person's browser has decrypted and stored everything up to here (seq). */
  deliveredSeq: number;
  /** The other person has read up to here (seq), and both let each other know; else 0. */
  seenSeq: number;
  /** Newest pin first. */
  pinned: PinnedMessage[];
  /** Seconds after which messages disappear; 0: never. */
  timer: number;
  draft: string;
  editing: Editing | null;
  /** Newest last. Not empty: the red shield. */
  findings: Finding[];
}

/* ---------------------------------------------------------------- the timeline */

/** `position` of what has no place in the log yet: behind everything. */
export const NOT_LOGGED = Number.MAX_SAFE_INTEGER;

/** A place in a timeline: a message, or a position. */
export type Place = Id | number;

interface EntryBase {
  /** A message's device and client id; for the rest any id that stays the same. */
  id: Id;
  /** The seq of a logged row; `NOT_LOGGED` while it waits; for a notice of this browser only, (seq of the row before it) + 0.5. */
  position: number;
  at: Time;
}

/** `waiting`: in the outbox. `sent`: logged by the server. *Delivered* follows from the conversation's `deliveredSeq`. */
export type MessageState = "waiting" | "sent" | "failed";

export type MessageType = "secured" | "critical";

/** What this browser itself found about a critical message. */
export interface Critical {
  /** Falcon-512 and ECDSA P-256, each over this very message by its author's certified key. */
  falcon: "valid" | "invalid" | "missing";
  ecdsa: "valid" | "invalid" | "missing";
  /** The server's signed receipt; null: none yet, since it is not sent. */
  receipt: "valid" | "missing" | "foreign_key" | "other_message" | null;
  receiptAt: Time | null;
  checkedAt: Time;
}

/** What a reply answers, as it is now. `lacks`: why there is no text; `missing`: it is not on this browser. */
export interface Quote {
  messageId: Id;
  authorId: Id | null;
  text: string;
  lacks: "missing" | "deleted" | "newer" | null;
}

export interface Reaction {
  emoji: string;
  by: Id[];
}

/** An own change of a message that is not in the log yet; `id` is its own. */
export interface PendingChange {
  id: Id;
  kind: "reaction" | "edit" | "delete" | "pin";
  state: "waiting" | "failed";
  problem: Problem | null;
}

/** What may be shown of a file before it is fetched. `ref` names it to the messenger; `thumbnail` is a small JPEG, base64url. */
export interface FileView {
  ref: string;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  thumbnail: string | null;
}

export interface MessageEntry extends EntryBase {
  kind: "message";
  authorId: Id;
  text: string;
  /** People of the conversation who are meant by it. */
  mentions: Id[];
  file: FileView | null;
  /** Null: an ordinary one. */
  critical: Critical | null;
  /** What is wrong with this very message. */
  faults: FindingKind[];
  state: MessageState;
  /** Set when `state` is `failed`. */
  problem: Problem | null;
  quote: Quote | null;
  reactions: Reaction[];
  /** The texts before the present one, oldest first. */
  earlier: { text: string; at: Time }[];
  editedAt: Time | null;
  /** There is no text any more. */
  deletedAt: Time | null;
  /** When it disappears; null: never. */
  expiresAt: Time | null;
  /** Who deleted it in which role, if not its author. */
  deletedBy: { by: Id; role: RoomRole } | null;
  /** Who pinned it, and when. */
  pinned: { by: Id; at: Time } | null;
  /** This version cannot show it. */
  newer: boolean;
  /** It could not be read when it came, and its author sent it again; `proven`: it is word for word what the log holds. */
  resent: { at: Time; proven: boolean } | null;
  /** Logged and not deleted: it can be answered, reacted to and, by its author, edited and deleted (by some in a room, deleted too). */
  changeable: boolean;
  pending: PendingChange | null;
}

export type RoomEvent =
  | "person_added"
  | "person_came"
  | "person_removed"
  | "person_left"
  | "person_banned"
  | "ban_lifted"
  | "owner_changed"
  | "moderator_made"
  | "moderator_dropped"
  | "renamed"
  | "topic_changed"
  | "settings_changed"
  | "link_made"
  | "link_revoked";

export type Notice =
  | { code: "keys_made"; contribution: boolean }
  | { code: "rotated"; by: Id; contribution: boolean }
  | { code: "device_added"; whose: Id; by: Id }
  | { code: "device_removed"; whose: Id; by: Id }
  /** A browser lost its keys and was taken out by somebody's browser, to be added again. */
  | { code: "device_lost"; whose: Id; by: Id }
  | { code: "device_readded"; whose: Id; by: Id }
  /** The same of this browser; `missed`: messages that it could not read meanwhile. */
  | { code: "lost_here"; reason: "old_copy" | "cannot_follow" }
  | { code: "readded_here"; by: Id; missed: number }
  /** Nobody could follow the old group: somebody's browser made a new one. */
  | { code: "new_group"; by: Id; missed: number }
  | { code: "closed"; by: "self" | "peer" | "server" }
  | { code: "late_edit"; by: Id }
  /** From here on messages disappear after so many seconds; 0: they stay. */
  | { code: "timer_changed"; by: Id; seconds: number }
  /** So many messages were gone before they were read here. */
  | { code: "disappeared"; count: number }
  | { code: "pinned" | "unpinned"; by: Id }
  | { code: "key_changed"; whose: Id }
  | { code: "key_accepted"; whose: Id }
  | { code: "verified"; whose: Id }
  /** Rows from before this browser was added: it cannot read them. */
  | { code: "before_this_browser"; rows: number }
  /** This account came into a room: what was written before is not for it. */
  | { code: "joined_room"; by: Id }
  | { code: "finding"; finding: Finding }
  /** What `by` did in a room, to or for `whose` (null: to the room itself); `text`: its new name or topic. */
  | { code: RoomEvent; by: Id; whose: Id | null; text: string | null };

export interface NoticeEntry extends EntryBase {
  kind: "notice";
  notice: Notice;
}

export type TimelineEntry = MessageEntry | NoticeEntry;

/* ---------------------------------------------------------------- details */

export interface DeviceDetails {
  id: Id;
  userId: Id;
  createdAt: Time;
  /** Its account's signed list says so, for ever. */
  revoked: boolean;
  /** SHA-256 of the device's public key, base64url. */
  keyHash: string;
  /** This very browser. */
  current: boolean;
  /** It has a leaf in the conversation's group now. */
  member: boolean;
}

/** What one quantum source gave to the keys; a simulated one is credited nothing. */
export interface EntropyPart {
  source: string;
  backend: string;
  jobId: string;
  creditedBits: number;
  simulated: boolean;
  /** Bits per bit, the lower of two estimates; null when the receipt has none. */
  estimate: number | null;
  /** Emitters that were left out as unfit. */
  dropped: number;
}

/** A quantum source that gave nothing; `alarm` is the health test that it failed. */
export interface EntropyAbsence {
  source: string;
  health: string;
  alarm: string | null;
}

/** The receipt inside a contribution's transcript, as quantum_service signed it; the operating system always takes part. */
export interface EntropyReceipt {
  parts: EntropyPart[];
  absent: EntropyAbsence[];
  creditedBits: number;
  reseededAt: Time | null;
  drawnAt: Time | null;
}

export interface ContributionDetails {
  id: string;
  purpose: "found" | "rotate";
  at: Time;
  receipt: EntropyReceipt;
}

/** The newest keys of a conversation, and what they got fresh randomness from; null: they went without. */
export interface NewestKeys {
  conversationId: Id;
  at: Time;
  receipt: EntropyReceipt | null;
}

/* ---------------------------------------------------------------- rooms */

export type RoomRole = "member" | "moderator" | "owner";
/** Ranks: 0 member, 1 moderator, 2 owner. */
export type Rank = 0 | 1 | 2;

export interface RoomMember {
  id: Id;
  username: string;
  role: RoomRole;
  /** No browser of theirs is in the group at the moment. */
  away: boolean;
}

/** The lowest rank that may do each. */
export interface RoomSettings {
  invite: Rank;
  remove: Rank;
  configure: Rank;
  post: Rank;
  approval: boolean;
  /** Seconds after which messages disappear; 0: never. */
  timer: number;
}

export type RoomStage =
  | { kind: "making_keys"; waitsFor: WaitsFor | null }
  | { kind: "open" }
  | { kind: "being_added"; lost: boolean }
  /** `by`: who put this account out, or itself. */
  | { kind: "left"; by: Id; at: Time }
  /** `by` null: the server, and nobody in it. */
  | { kind: "closed"; by: Id | null; at: Time | null };

export interface Room {
  id: Id;
  /** Empty until this browser is in the group. */
  name: string;
  topic: string;
  role: RoomRole;
  people: RoomMember[];
  banned: { id: Id; username: string }[];
  links: RoomLink[];
  /** Who waits to be let in, for those who may do it. */
  joining: { id: Id; username: string; since: Time }[];
  settings: RoomSettings;
  stage: RoomStage;
  sendBlock: SendBlock | "read_only" | null;
  /** Whose keys stand in the way of sending; null: it is something else. */
  sendBlockOf: Id | null;
  createdAt: Time;
  lastActivityAt: Time;
  preview: Preview | null;
  unread: number;
  /** How many of them mention this account. */
  mentioned: number;
  readSeq: number;
  deliveredSeq: number;
  /** Everybody else has read up to here, and lets others know; else 0. */
  seenSeq: number;
  /** Newest pin first. */
  pinned: PinnedMessage[];
  draft: string;
  editing: Editing | null;
  findings: Finding[];
}

/** An invitation link of a room. */
export interface RoomLink {
  id: Id;
  /** Who made it. */
  by: Id;
  expiresAt: Time;
  allowed: number;
  used: number;
  /** Its maker is in the room and may still invite. */
  works: boolean;
}

/** What a link leads to. Name and people of the room are told to those in it. */
export interface LinkTarget {
  roomId: Id;
  /** By the server's word until one is in. */
  inviter: { id: Id; username: string };
  expiresAt: Time;
  /** Somebody has to say yes. */
  approval: boolean;
}

/** A room that this account asked to come into. `over`: it is in, or asks no more. */
export interface Join {
  roomId: Id;
  inviter: { id: Id; username: string };
  state: "waiting" | "declined" | "over";
  expiresAt: Time;
  askedAt: Time;
}

/** What a member does in a room. */
export type RoomAct =
  | { act: "remove"; userId: Id; ban: boolean }
  | { act: "lift_ban"; userId: Id }
  | { act: "role"; userId: Id; role: "member" | "moderator" }
  | { act: "hand_over"; userId: Id }
  /** What is not named stays as it is by then: somebody else may just have changed it. */
  | { act: "profile"; name?: string; topic?: string }
  | { act: "settings"; settings: Partial<RoomSettings> }
  | { act: "revoke_link"; link: Id };

export interface ConversationDetails {
  /** Sixty digits, made from the two keys below. Null until both are known. */
  safetyNumber: string | null;
  /** SHA-256 of the account keys, base64url; of the other person the new one while it waits to be accepted. */
  ownKeyHash: string | null;
  peerKeyHash: string | null;
  /** What another browser of this account saw first instead (`keys_differ`). */
  other: { safetyNumber: string; keyHash: string } | null;
  /** Of both accounts, revoked ones included. */
  devices: DeviceDetails[];
  generation: number;
  epoch: number;
  /** When this epoch's keys were made, and by whom. */
  keysMadeAt: Time | null;
  keysMadeBy: Id | null;
  /** Null: the newest commit carried none. */
  contribution: ContributionDetails | null;
  /** The verified head of the log; chain in base64url. */
  head: { seq: number; chain: string };
}

/* ---------------------------------------------------------------- files on their way */

/** What the page finds out about a file that is to be sent. */
export type AboutFile = Omit<FileView, "ref" | "size">;

/**
 * `waiting`: for the connection, or for its turn. `kept`: whether this browser holds all of it, sealed, so that it goes on after
 * the page was closed; `never`: there was no room, and it has to be attached again.
 */
export interface Upload {
  id: Id;
  conversationId: Id;
  name: string;
  size: number;
  /** Bytes of the file that the server has. */
  sent: number;
  state: "waiting" | "running" | "paused" | "failed";
  kept: "not_yet" | "whole" | "never";
  problem: Problem | null;
}

export interface Download {
  /** Of the message's file. */
  ref: string;
  received: number;
  size: number;
  /** `ready`: an earlier page began it, and nobody has asked for it since; it is held until then. */
  state: "running" | "waiting" | "ready";
}
