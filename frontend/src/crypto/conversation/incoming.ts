/** A message that was read, as it is kept: the first time, or sent again by its author. */

import type { ProblemCode } from "../failures";
import { infoOf } from "../files/payload";
import type { CriticalProof, MessageEntry } from "../types";
import type { Bytes, Id, Time } from "../wire";
import type { NewerContent, TextContent } from "./content";
import type { Intake } from "./intake";
import { UNCHANGED } from "./kept";
import { meant } from "./record";

/** Where it stands in the log, and whose it is. */
export interface Place {
  seq: number;
  time: Time;
  clientId: Id;
  senderId: Id;
  senderDeviceId: Id;
}

export interface Found {
  hash: Bytes;
  critical: CriticalProof | null;
  faults: ProblemCode[];
  expiresAt: Time | null;
}

export function messageEntry(
  { record, room }: Intake,
  place: Place,
  content: TextContent | NewerContent,
  found: Found,
): MessageEntry {
  const { replyTo, file, ...said } =
    content.kind === "text" ? content : { replyTo: null, file: null, text: "", mentions: [] };
  return {
    ...UNCHANGED,
    kind: "message",
    key: `message/${place.senderDeviceId}/${place.clientId}`,
    conversationId: record.id,
    ...place,
    own: place.senderId === room.self.userId,
    text: said.text,
    mentions: meant(record, room.self.userId, said.mentions),
    file: file === null ? null : infoOf(file),
    state: null,
    failure: null,
    ...found,
    quote: replyTo === null ? null : { target: replyTo, original: null },
    newer: content.kind === "newer" ? { payload: content.payload } : null,
  };
}

/** Counts it, if it is somebody else's and behind what the person has read. */
export function countUnread({ record, room }: Intake, { own, seq, mentions }: MessageEntry): void {
  if (own || seq === null || seq <= record.readSeq) return;
  record.unread = inOrder(record.unread, seq);
  if (mentions.includes(room.self.userId)) record.mentioned = inOrder(record.mentioned, seq);
}

const inOrder = (seqs: readonly number[], seq: number) => [...seqs, seq].sort((a, b) => a - b);
