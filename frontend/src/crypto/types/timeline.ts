/** What stands in a conversation: messages, what happened, and rules that somebody broke. */

import type { ProblemCode } from "../failures";
import type { Bytes, Id, Time } from "../wire";
import type { RoleName } from "./conversations";
import type { FileInfo } from "./files";

/** A rule that somebody broke, or a state that was lost. */
export interface Problem {
  code: ProblemCode;
  /** Whom it concerns, when it is known. */
  userId: Id | null;
  /** Position in the conversation's log, when it has one. */
  seq: number | null;
  noticedAt: Time;
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

/** A message, by its author's device and its id there. */
export interface MessageRef {
  deviceId: Id;
  clientId: Id;
}

/** The same as replies and changes name it: with the commitment of its authenticated data (P10.3). */
export interface Target extends MessageRef {
  hash: Bytes;
}

/** What a person does to a message that stands in the log. */
export type Change =
  | { kind: "reaction"; emoji: string; on: boolean }
  /** Of one's own, and not of a critical one. */
  | { kind: "edit"; text: string; mentions?: Id[] }
  /** Of one's own, or by a moderator of a room of those below. */
  | { kind: "delete" }
  /** In a room by the owner and moderators, in a session by both. */
  | { kind: "pin"; on: boolean };

/** Somebody in the role that they had when they did it; `member` in a session. */
export interface Actor {
  userId: Id;
  role: RoleName;
}

/** Who chose this emoji, in the order in which they did: a person counts once. */
export interface Reaction {
  emoji: string;
  userIds: Id[];
}

/** What a reply answers. Its words are this browser's own copy, never those of whoever replies. */
export interface Quote {
  target: Target;
  /** As it is now; null: not on this browser. */
  original: { senderId: Id; text: string; deleted: boolean; newer: boolean } | null;
}

/** An own change of a message that is not logged; `failed`: the server refused it for good. */
export interface PendingChange {
  clientId: Id;
  kind: Change["kind"];
  state: "waiting" | "failed";
  failure: string | null;
}

export interface MessageEntry extends EntryBase {
  kind: "message";
  clientId: Id;
  senderId: Id;
  senderDeviceId: Id;
  own: boolean;
  text: string;
  /** Accounts of this conversation that are meant by it. */
  mentions: Id[];
  file: FileInfo | null;
  /** Null for messages of others. */
  state: DeliveryState | null;
  /** The server's code when `state` is `failed`. */
  failure: string | null;
  /** Critical messages only. */
  critical: CriticalProof | null;
  /** What is wrong with this very message; it is never shown as good then. */
  faults: ProblemCode[];
  /** Its commitment, by which replies and changes name it; null while it is not logged. */
  hash: Bytes | null;
  quote: Quote | null;
  reactions: Reaction[];
  /** The texts before the present one, oldest first, each with the time of its row. */
  earlier: { text: string; time: Time }[];
  editedAt: Time | null;
  /** Deleted: nothing of its text is kept. */
  deletedAt: Time | null;
  /** When it disappears, by the server's time of its row; null: never. */
  expiresAt: Time | null;
  /** Who did it, if not its author. */
  deletedBy: Actor | null;
  /** Since when it stands out, and by whom. */
  pinned: { userId: Id; time: Time } | null;
  /** What a newer version wrote, which this one cannot show. */
  newer: { payload: unknown } | null;
  /** It could not be read when it came, and its author sent it again; null: as every other. */
  resent: Resent | null;
  pending: PendingChange | null;
}

/** How a message came here the second time (P9.4). Its place, id and hash are those of the first. */
export interface Resent {
  /** By the server's time of the row that brought it. */
  at: Time;
  /** Which browser of its author brought it. */
  deviceId: Id;
  /** Whether it is word for word what its author logged; false: that was not there to compare, or is theirs by the server's word alone. */
  proven: boolean;
}

/** `no_state`: never had any. `old_copy`: a newer copy of the store exists. `cannot_follow`: a commit or welcome was refused. */
export type LostReason = "no_state" | "old_copy" | "cannot_follow" | "removed";

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
    /** `people`: oneself, when the whole account is out of a room. */
    | "removed_me"
    | "terminated"
    /** Somebody edited a message after deleting it, from two browsers: not followed. */
    | "late_edit"
    | "pinned"
    | "unpinned"
    | "account_key_changed"
    | "account_key_accepted"
    /** Of rooms: what `userId` did, to or for `people`. */
    | "person_added"
    /** By a link; `userId` let them in. */
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
    /** `text`: seconds after which messages disappear from here on; "0": never. */
    | "timer_changed"
    /** A message of `userId` was gone before it was read here. */
    | "disappeared"
    | "link_made"
    | "link_revoked";
  /** Who did it (or whom it concerns, for account keys). */
  userId: Id;
  /** Devices added or removed, with their accounts. */
  devices: { userId: Id; deviceId: Id }[];
  people: Id[];
  /** A room's new name or topic. */
  text: string | null;
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

/** What disappeared since the last look: messages that are not shown any more, lines in the place of unread ones. */
export interface Faded {
  gone: (MessageRef & { conversationId: Id })[];
  entries: TimelineEntry[];
  /** In so many milliseconds there is something to do again; null: nothing as far as is known. */
  next: number | null;
}

/** Which part of a timeline: the newest, the newest `before` a position, the oldest `after` one, or what stands `around` a place. */
export interface PageAsked {
  limit: number;
  before?: number;
  after?: number;
  around?: number | MessageRef;
}

export interface TimelinePage {
  /** Ascending. Outbox entries (`seq` null) stand last, where nothing newer is left out. */
  entries: TimelineEntry[];
  /** The positions of the log that it spans: where the pages beside it begin. */
  from: number;
  to: number;
  /** There is more before the first entry, and behind the last. */
  older: boolean;
  newer: boolean;
}
