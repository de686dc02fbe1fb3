/** Conversations as this browser knows them, and the rows of their logs (PROTOCOL.md 4, 5). */

import type {
  Bytes,
  Id,
  Time,
  WireJoin,
  WireJoinRequests,
  WireKeyPackages,
  WireLink,
  WireNewLink,
  WireRoom,
  WireRow,
  WireSession,
} from "../wire";
import type { MessageEntry, MessageRef, Problem, TimelineEntry } from "./timeline";

/** The new text of a message, not sent yet. */
export interface Editing extends MessageRef {
  text: string;
}

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
  /** The person left the room, or was put out. */
  | "left"
  | "terminated";

export interface Conversation {
  id: Id;
  /** The other person; null: a room. */
  peer: { userId: Id; username: string } | null;
  /** Null: a session. */
  room: ShownRoom | null;
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
  /** How many of them mention this account. */
  mentioned: number;
  draft: string;
  editing: Editing | null;
  last: TimelineEntry | null;
  /** Those that stand out, newest pin first. */
  pinned: MessageEntry[];
  /** Seconds after which messages of the present epoch disappear; 0: never. */
  timer: number;
  problems: Problem[];
  /** Why nothing goes out at the moment, if so. */
  blocked: SendingBlocked | null;
}

export type RoleName = "member" | "moderator" | "owner";

/** Ranks: 0 member, 1 moderator, 2 owner. */
export type Role = 0 | 1 | 2;

export interface RoomSettings {
  /** The lowest role that may do each. */
  invite: Role;
  remove: Role;
  configure: Role;
  post: Role;
  /** Whoever comes by a link waits for somebody who may invite. */
  approval: boolean;
  /** Seconds after which messages disappear; 0: never. */
  timer: number;
}

export interface RoomPerson {
  userId: Id;
  username: string;
  role: RoleName;
  /** Without a device in the group at the moment. */
  away: boolean;
  devices: number;
}

/** A room as its members see it: everything but names of people is out of the group. */
export interface ShownRoom {
  name: string;
  topic: string;
  /** One's own. */
  role: RoleName;
  people: RoomPerson[];
  banned: { userId: Id; username: string }[];
  settings: RoomSettings;
  links: ShownLink[];
  /** Who waits to be let in, for those who may do it. */
  joining: { userId: Id; username: string; since: Time }[];
  agreed: boolean;
}

/** What a member may want to change of a room, and `timer` of a session; each is one commit. */
export type RoomAct =
  /** With the answer of `POST /api/rooms/{id}/invite`. */
  | { act: "invite"; userId: Id; packages: WireKeyPackages }
  | { act: "remove"; userId: Id; ban: boolean }
  | { act: "lift_ban"; userId: Id }
  | { act: "role"; userId: Id; role: "member" | "moderator" }
  | { act: "hand_over"; userId: Id }
  /** What is not named stays as it is by then: somebody else may just have changed it. */
  | { act: "profile"; name?: string; topic?: string }
  | { act: "settings"; settings: Partial<RoomSettings> }
  /** Seconds after which messages disappear; 0: never. */
  | { act: "timer"; seconds: number }
  /** A link that `newLink` made and the server keeps. */
  | { act: "make_link"; link: Id }
  | { act: "revoke_link"; link: Id }
  /** With items of `GET /api/rooms/{id}/requests`. */
  | { act: "admit"; requests: WireJoinRequests["items"] };

/** Until when, in milliseconds, and for how many a link is good. */
export interface LinkLimits {
  expiry: number;
  allowed: number;
}

/** A new link: what the server keeps of it, and what its address is made of. The server is never told the fragment. */
export interface LinkToKeep {
  request: WireNewLink;
  code: string;
  fragment: string;
}

export interface ShownLink {
  id: Id;
  inviter: Id;
  expiry: number;
  allowed: number;
  used: number;
  /** Its maker is in the room and may still invite. */
  works: boolean;
}

export type SendingBlocked =
  | { reason: "account_key_changed" | "account_conflict" | "account_key_swapped"; userId: Id }
  | {
      reason:
        | "not_caught_up"
        | "no_group"
        | "commit_pending"
        | "lost"
        | "terminated"
        | "old_copy"
        | "generation_refused"
        /** Of rooms: the person is not in it any more, or only others may post. */
        | "left"
        | "read_only";
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

/** The newest commit of a conversation; `contribution` is null when it went out without one. */
export interface NewestKeys {
  conversationId: Id;
  at: Time;
  contribution: ConversationDetails["contribution"];
}

export type Need =
  /** `GET /api/users/{userId}/keys?since=&replaced=true`, then `learnKeys`, then the rows after `verifiedSeq` again. */
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

/** What the server says of conversations, and what stands in them. */
export interface ConversationCalls {
  /** Tells crypto about a session, whenever the server shows it (list, event, answer). Idempotent. */
  learnSession(session: WireSession): Promise<Received>;

  conversations(): Promise<Conversation[]>;
  conversation(id: Id): Promise<Conversation>;
  details(id: Id): Promise<ConversationDetails>;
  /** Whether contributions that this browser asks for must come from quantum hardware; it is no one else's affair. */
  hardwareOnly(id: Id): Promise<boolean>;
  setHardwareOnly(id: Id, on: boolean): Promise<void>;
  /** Of every conversation whose log this browser has followed through a commit. */
  newestKeys(): Promise<NewestKeys[]>;

  /** The same for an item of `GET /api/rooms`, and for the `room` of its events. */
  learnRoom(room: WireRoom): Promise<Received>;

  /** Name and topic of a room that was just made, before its founding. `bad_room_name`. */
  nameRoom(id: Id, name: string, topic: string): Promise<Conversation>;

  /** A new invitation link: keep it by `POST /api/rooms/{id}/links`, then do `make_link`. */
  newLink(id: Id, limits: LinkLimits): Promise<LinkToKeep>;

  /** The address of a link that this browser made; null: another one did. */
  linkAgain(link: Id): Promise<{ code: string; fragment: string } | null>;

  /** Whether a fragment is whole. */
  isLink(fragment: string): Promise<boolean>;

  /** What this account asks with to come in by a link (`POST /api/rooms/join/{code}`). `bad_link`. */
  askToJoin(shown: WireLink, fragment: string): Promise<WireJoin>;

  /** The room that this browser waits to come into by the link with this code; null: none. */
  askedByCode(code: string): Promise<Id | null>;

  /** The request is over without a welcome. */
  forgetJoin(roomId: Id): Promise<void>;

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
}
