/** From what crypto/ and the server say to what the user interface knows. Pure. */
import type { Connection, ConnectionRequest, Session } from "../api/types";
import type { Contact, Conversation as Sealed, TimelineEntry as Entry } from "../crypto/client";
import { findingFrom, findingKind, findingsOf } from "./findings";
import { messageId, messageOf, pinnedOf } from "./messages";
import {
  NOT_LOGGED,
  type Conversation,
  type ConversationStage,
  type Editing,
  type Finding,
  type Id,
  type Notice,
  type Person,
  type Preview,
  type Problem,
  type Request,
  type SendBlock,
  type Time,
  type TimelineEntry,
  type Trust,
  type WaitsFor,
} from "./state";

type System = Extract<Entry, { kind: "system" }>;

export const timeOf = (text: string): Time => Date.parse(text);

export function requestOf(request: ConnectionRequest): Request {
  const { id, direction, peer } = request;
  return { id, direction, peer, createdAt: timeOf(request.created_at) };
}

// ------------------------------------------------------------------ people

export function trustOf(contact: Contact | null): Trust {
  if (contact?.problems.some((problem) => problem.code === "account_conflict")) return "keys_differ";
  if (contact !== null && contact.changedKeyHash !== null) return "key_changed";
  if (contact === null || contact.keyHash === null) return "no_key";
  return contact.verified ? "verified" : "unverified";
}

export function personOf(
  known: { id: Id; username: string },
  contact: Contact | null,
  connection: Connection | null,
  online: boolean,
): Person {
  const trust = trustOf(contact);
  const change = contact?.problems.findLast((problem) =>
    ["account_key_changed", "account_conflict"].includes(problem.code),
  );
  const told = (trust === "key_changed" || trust === "keys_differ") && change !== undefined;
  return {
    id: known.id,
    username: known.username,
    online,
    connectedAt: connection === null || connection.connected_at === null ? null : timeOf(connection.connected_at),
    blocked: connection?.blocked ?? false,
    trust,
    trustSince: told ? timeOf(change.noticedAt) : null,
    keyHash: contact?.changedKeyHash ?? contact?.keyHash ?? null,
  };
}

// ------------------------------------------------------------------ the timeline

export function entriesOf(entry: Entry, selfId: Id): TimelineEntry[] {
  const base = { id: entry.key, position: positionOf(entry), at: timeOf(entry.time) };
  switch (entry.kind) {
    case "message":
      return [messageOf(entry)];
    case "problem": {
      if (entry.code === "account_key_changed") {
        return [{ ...base, kind: "notice", notice: { code: "key_changed", whose: entry.userId ?? selfId } }];
      }
      const kind = findingKind(entry.code);
      if (kind === null) return [];
      const finding = { id: entry.key, kind, at: base.at, seq: entry.seq, from: findingFrom(entry) };
      return [{ ...base, kind: "notice", notice: { code: "finding", finding } }];
    }
    case "system":
      return noticesOf(entry, selfId).map((notice, index) => ({
        ...base,
        id: index === 0 ? entry.key : `${entry.key}#${index}`,
        kind: "notice",
        notice,
      }));
  }
}

/** What a person decided here has no row of its own: it stands behind the last one of its time. */
function positionOf({ seq, ...entry }: Entry): number {
  if (seq === null) return NOT_LOGGED;
  const code = entry.kind === "system" ? entry.event : entry.kind === "problem" ? entry.code : null;
  const here = code === "account_key_changed" || code === "account_key_accepted";
  return here ? seq + 0.5 : seq;
}

function noticesOf(entry: System, selfId: Id): Notice[] {
  const by = entry.userId;
  const contribution = entry.contribution ?? false;
  switch (entry.event) {
    case "founded":
      return [{ code: "keys_made", contribution }];
    case "joined": {
      const rows = (entry.seq ?? 1) - 1;
      if (entry.people.length > 0) return [{ code: "joined_room", by }];
      return rows === 0 ? [{ code: "keys_made", contribution }] : [{ code: "before_this_browser", rows }];
    }
    case "rotated":
      return [{ code: "rotated", by, contribution }];
    case "device_added":
      return entry.devices.map((device) => ({ code: "device_added", whose: device.userId, by }));
    case "device_removed":
      return entry.devices.map((device) => ({ code: "device_removed", whose: device.userId, by }));
    case "device_lost":
    case "device_readded": {
      const code = entry.event;
      return entry.devices.map((device) => ({ code, whose: device.userId, by }));
    }
    case "lost_here":
      return [{ code: "lost_here", reason: entry.reason === "old_copy" ? "old_copy" : "cannot_follow" }];
    case "readded_here":
      return [{ code: "readded_here", by, missed: entry.missed }];
    case "generation":
      return [{ code: "new_group", by, missed: entry.missed }];
    case "removed_me":
      // Of a room the person is out, not only a browser of theirs.
      return entry.people.length === 0
        ? [{ code: "device_removed", whose: selfId, by }]
        : [{ code: "person_removed", whose: selfId, by, text: null }];
    case "late_edit":
      return [{ code: "late_edit", by }];
    case "timer_changed":
      return [{ code: "timer_changed", by, seconds: Number(entry.text) }];
    case "disappeared":
      return [{ code: "disappeared", count: 1 }];
    case "pinned":
    case "unpinned":
      return [{ code: entry.event, by }];
    case "terminated":
      return [{ code: "closed", by: by === selfId ? "self" : "peer" }];
    case "account_key_changed":
      return [{ code: "key_changed", whose: by }];
    case "account_key_accepted":
      return [{ code: "key_accepted", whose: by }];
    case "person_added":
    case "person_came":
    case "person_removed":
    case "person_banned":
    case "ban_lifted":
    case "owner_changed":
    case "moderator_made":
    case "moderator_dropped": {
      const code = entry.event;
      return entry.people.map((whose) => ({ code, by, whose, text: null }));
    }
    case "person_left":
    case "renamed":
    case "topic_changed":
    case "settings_changed":
    case "link_made":
    case "link_revoked":
      return [{ code: entry.event, by, whose: null, text: entry.text }];
  }
}

// ------------------------------------------------------------------ conversations

/** What the newest part of the local history tells of a conversation. */
export interface Recent {
  readonly message: Extract<Entry, { kind: "message" }> | null;
  readonly removal: System | null;
  readonly left: System | null;
  readonly end: System | null;
  readonly deliveredSeq: number;
}

export function recentOf(entries: readonly Entry[]): Recent {
  const system = (event: System["event"]) =>
    entries.findLast((entry): entry is System => entry.kind === "system" && entry.event === event) ?? null;
  const messages = entries.filter((entry) => entry.kind === "message");
  return {
    message: messages.at(-1) ?? null,
    removal: system("removed_me"),
    left: system("person_left"),
    end: system("terminated"),
    deliveredSeq: messages.findLast((entry) => entry.state === "delivered")?.seq ?? 0,
  };
}

/** A conversation of two. */
export type SealedSession = Sealed & { peer: NonNullable<Sealed["peer"]> };

export interface Facts {
  readonly sealed: SealedSession;
  /** Null as long as the server has not been asked. */
  readonly session: Session | null;
  readonly person: Person | null;
  readonly recent: Recent;
  readonly waitsFor: WaitsFor | null;
  /** Why no keys can be made. */
  readonly keysRefused: Problem | null;
  readonly deliveredSeq: number;
  readonly seenSeq: number;
  readonly contact: Contact | null;
  readonly refused: readonly Finding[];
  readonly selfId: Id;
}

export function conversationOf(facts: Facts): Conversation {
  const { sealed, recent, contact } = facts;
  return {
    id: sealed.id,
    peer: { id: sealed.peer.userId, username: sealed.peer.username },
    stage: stageOf(facts),
    sendBlock: sendBlockOf(sealed) ?? peerBlocks(facts.person),
    createdAt: timeOf(sealed.createdAt),
    lastActivityAt: timeOf(sealed.last?.time ?? sealed.createdAt),
    preview: previewOf(recent),
    unread: sealed.unread,
    mentioned: sealed.mentioned,
    readSeq: sealed.readSeq,
    deliveredSeq: Math.max(facts.deliveredSeq, recent.deliveredSeq),
    seenSeq: facts.seenSeq,
    pinned: sealed.pinned.map(pinnedOf),
    timer: sealed.timer,
    draft: sealed.draft,
    editing: editingOf(sealed),
    findings: [...facts.refused, ...findingsOf([...(contact?.problems ?? []), ...sealed.problems])],
  };
}

export function editingOf({ editing }: Sealed): Editing | null {
  return editing === null ? null : { messageId: messageId(editing), text: editing.text };
}

export function previewOf(recent: Recent): Preview | null {
  if (recent.message === null) return null;
  const { file, own: mine, deletedAt, newer } = recent.message;
  const text = recent.message.text === "" && file !== null ? file.name : recent.message.text;
  return { text, mine, lacks: deletedAt !== null ? "deleted" : newer !== null ? "newer" : null };
}

/** States in which this browser waits for a group of which it takes nothing before the person agreed (PROTOCOL.md 6.7). */
const GROUPLESS: readonly Sealed["state"][] = ["waiting_for_devices", "establishing", "elsewhere", "lost", "removed"];

function stageOf(facts: Facts): ConversationStage {
  const { sealed, session, recent, waitsFor, keysRefused, selfId, contact, person } = facts;
  const connected = person !== null && person.connectedAt !== null;
  if (GROUPLESS.includes(sealed.state) && connected && contact?.agreed !== true) return { kind: "to_agree" };
  switch (sealed.state) {
    case "waiting_for_devices": {
      const self = session?.waiting_for.includes(selfId) ?? false;
      return { kind: "waiting_for_device", whose: self ? "self" : "peer" };
    }
    case "establishing":
      return { kind: "making_keys", waitsFor, refused: keysRefused };
    case "elsewhere":
    case "lost":
      return { kind: "being_added", lost: sealed.state === "lost" };
    case "removed":
      return {
        kind: "removed",
        by: recent.removal?.userId ?? "",
        at: timeOf(recent.removal?.time ?? sealed.createdAt),
      };
    case "terminated": {
      if (recent.end === null) return { kind: "closed", by: "server", at: null };
      return { kind: "closed", by: recent.end.userId === selfId ? "self" : "peer", at: timeOf(recent.end.time) };
    }
    case "active":
    case "refused":
    case "left":
      return { kind: "open" };
  }
}

/** What of the group and its people stands in the way of sending. */
export function sendBlockOf(sealed: Sealed): SendBlock | null {
  switch (sealed.blocked?.reason) {
    case "account_key_changed":
      return "key_changed";
    case "account_conflict":
      return "keys_differ";
    case "account_key_swapped":
      return "key_swapped";
    case "generation_refused":
      return "misbehaved";
    // These pass by themselves.
    case "old_copy":
    case "lost":
    case "device_asks":
    case "not_caught_up":
    case "no_group":
    case "commit_pending":
    case "device_revoked":
    case "terminated":
    case "left":
    case "read_only":
    case undefined:
      return null;
  }
}

function peerBlocks(person: Person | null): SendBlock | null {
  if (person?.blocked) return "blocked";
  return person?.connectedAt === null ? "not_connected" : null;
}
