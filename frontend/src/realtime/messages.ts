/** Messages as shown, and how the user interface names them: an id counts once for a device only (PROTOCOL.md 5.4). Pure. */
import type { MessageRef, TimelineEntry as Entry } from "../crypto/client";
import { findingKind } from "./findings";
import {
  NOT_LOGGED,
  type Critical,
  type FileView,
  type Id,
  type MessageEntry,
  type PendingChange,
  type PinnedMessage,
  type Quote,
  type Time,
} from "./state";

type Message = Extract<Entry, { kind: "message" }>;

const timeOf = (text: string): Time => Date.parse(text);

export const messageId = ({ deviceId, clientId }: MessageRef): Id => `${deviceId}.${clientId}`;

export function messageRef(id: Id): MessageRef {
  const [deviceId = "", clientId = ""] = id.split(".");
  return { deviceId, clientId };
}

export function messageOf(entry: Message): MessageEntry {
  const waits = entry.state === "waiting" || entry.state === "sending";
  return {
    kind: "message",
    id: messageId({ deviceId: entry.senderDeviceId, clientId: entry.clientId }),
    position: entry.seq ?? NOT_LOGGED,
    at: timeOf(entry.time),
    authorId: entry.senderId,
    text: entry.text,
    mentions: entry.mentions,
    file: fileOf(entry),
    critical: criticalOf(entry.critical),
    faults: entry.faults.flatMap((code) => findingKind(code) ?? []),
    state: entry.state === "failed" ? "failed" : waits ? "waiting" : "sent",
    problem: entry.failure === null ? null : { code: entry.failure },
    quote: quoteOf(entry.quote),
    reactions: entry.reactions.map(({ emoji, userIds }) => ({ emoji, by: userIds })),
    earlier: entry.earlier.map(({ text, time }) => ({ text, at: timeOf(time) })),
    editedAt: entry.editedAt === null ? null : timeOf(entry.editedAt),
    deletedAt: entry.deletedAt === null ? null : timeOf(entry.deletedAt),
    expiresAt: entry.expiresAt === null ? null : timeOf(entry.expiresAt),
    deletedBy: entry.deletedBy === null ? null : { by: entry.deletedBy.userId, role: entry.deletedBy.role },
    pinned: entry.pinned === null ? null : { by: entry.pinned.userId, at: timeOf(entry.pinned.time) },
    newer: entry.newer !== null,
    resent: entry.resent === null ? null : { at: timeOf(entry.resent.at), proven: entry.resent.proven },
    changeable: entry.hash !== null && entry.deletedAt === null,
    pending: pendingOf(entry),
  };
}

/** The server's id of it is nobody's business: the entry's key names it. */
function fileOf({ key: ref, file }: Message): FileView | null {
  if (file === null) return null;
  const { name, type, size, width, height, thumbnail } = file;
  return { ref, name, type, size, width, height, thumbnail };
}

export function pinnedOf(entry: Message): PinnedMessage {
  const { senderDeviceId: deviceId, clientId, senderId: authorId, text, file, newer, time } = entry;
  const shown = text === "" && file !== null ? file.name : text;
  const lacks = newer === null ? null : "newer";
  return { messageId: messageId({ deviceId, clientId }), authorId, text: shown, lacks, at: timeOf(time) };
}

function criticalOf(proof: Message["critical"]): Critical | null {
  if (proof === null) return null;
  const receiptAt = proof.receiptAt === null ? null : timeOf(proof.receiptAt);
  return { ...proof, receiptAt, checkedAt: timeOf(proof.checkedAt) };
}

function quoteOf(quote: Message["quote"]): Quote | null {
  if (quote === null) return null;
  const { target, original } = quote;
  if (original === null) return { messageId: messageId(target), authorId: null, text: "", lacks: "missing" };
  const { senderId: authorId, text, deleted, newer } = original;
  return { messageId: messageId(target), authorId, text, lacks: deleted ? "deleted" : newer ? "newer" : null };
}

/** A change on its way has its own id, by which it is tried again or taken back. */
function pendingOf({ pending, senderDeviceId }: Message): PendingChange | null {
  if (pending === null) return null;
  const { clientId, kind, state, failure } = pending;
  const id = messageId({ deviceId: senderDeviceId, clientId });
  return { id, kind, state, problem: failure === null ? null : { code: failure } };
}
