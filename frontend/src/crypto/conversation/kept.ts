/** Messages as this browser keeps them, found by author's device and id, and what a change makes of them. Pure but for the store. */

import { timeToMs } from "../primitives/encoding";
import type { Store, UnitOfWork } from "../store/storage";
import type { Actor, Change, MessageEntry, MessageRef, Reaction } from "../types";
import type { Id, Time } from "../wire";

/** So many earlier texts are kept: an author who edits without end must not fill the disk of others. */
const MAX_EARLIER = 50;

/** A message as it was sent. */
export const UNCHANGED = {
  hash: null,
  file: null,
  quote: null,
  mentions: [],
  reactions: [],
  earlier: [],
  editedAt: null,
  deletedAt: null,
  expiresAt: null,
  deletedBy: null,
  pinned: null,
  newer: null,
  resent: null,
  pending: null,
} satisfies Partial<MessageEntry>;

/** Where a message was met, for as long as the conversation is kept: an id counts once for a device (PROTOCOL.md 5.4). */
export const seenName = (conversation: Id, { deviceId, clientId }: MessageRef) =>
  `seen/${conversation}/${deviceId}/${clientId}`;

const indexName = (conversation: Id, { deviceId, clientId }: MessageRef) =>
  `message/${conversation}/${deviceId}/${clientId}`;

export const refOf = ({ senderDeviceId, clientId }: MessageEntry): MessageRef => ({
  deviceId: senderDeviceId,
  clientId,
});

/** `place`: the name of its record. */
export function indexMessage(unit: UnitOfWork, entry: MessageEntry, place: string): void {
  unit.put(indexName(entry.conversationId, refOf(entry)), place);
  if (entry.expiresAt !== null) unit.put(fadingName(entry, entry.expiresAt), place);
}

export const FADING = "fading/";

/** Of what disappears; messages of one conversation that last equally long end in the order of their names. */
function fadingName({ conversationId, time, seq }: MessageEntry, expiresAt: Time): string {
  const seconds = Math.round((timeToMs(expiresAt) - timeToMs(time)) / 1000);
  return `${FADING}${conversationId}/${seconds}/${String(seq).padStart(12, "0")}`;
}

/** Nothing names it any more, but that it was there. */
export function unindexMessage(unit: UnitOfWork, entry: MessageEntry): void {
  unit.delete(indexName(entry.conversationId, refOf(entry)));
  if (entry.expiresAt !== null) unit.delete(fadingName(entry, entry.expiresAt));
}

export interface KeptMessage {
  place: string;
  entry: MessageEntry;
}

export async function findMessage(
  from: UnitOfWork | Store,
  conversation: Id,
  ref: MessageRef,
): Promise<KeptMessage | null> {
  const place = await from.get<string>(indexName(conversation, ref));
  const entry = place === undefined ? undefined : await from.get<MessageEntry>(place);
  return place === undefined || entry === undefined ? null : { place, entry: whole(entry) };
}

/** Entries that an earlier version of the client wrote lack what it did not know. */
export const whole = (entry: MessageEntry): MessageEntry => ({ ...UNCHANGED, ...entry });

/** The message after a change that is allowed. */
export function changed(entry: MessageEntry, by: Actor, change: Change, time: Time): MessageEntry {
  switch (change.kind) {
    case "reaction":
      return { ...entry, reactions: withReaction(entry.reactions, by.userId, change.emoji, change.on) };
    case "edit": {
      const before = { text: entry.text, time: entry.editedAt ?? entry.time };
      const earlier = [...entry.earlier, before].slice(-MAX_EARLIER);
      return { ...entry, text: change.text, mentions: change.mentions ?? [], editedAt: time, earlier };
    }
    case "pin":
      return { ...entry, pinned: change.on ? (entry.pinned ?? { userId: by.userId, time }) : null };
    case "delete": {
      const deletedBy = by.userId === entry.senderId ? null : by;
      const { hash, expiresAt, resent } = entry;
      return { ...entry, ...UNCHANGED, hash, expiresAt, resent, text: "", deletedAt: time, deletedBy };
    }
  }
}

function withReaction(reactions: readonly Reaction[], userId: Id, emoji: string, on: boolean): Reaction[] {
  const others = (userIds: readonly Id[]) => userIds.filter((id) => id !== userId);
  const known = reactions.some((reaction) => reaction.emoji === emoji);
  const all = known || !on ? reactions : [...reactions, { emoji, userIds: [] }];
  return all
    .map((reaction) => {
      if (reaction.emoji !== emoji) return reaction;
      const chose = reaction.userIds.includes(userId);
      if (on) return chose ? reaction : { emoji, userIds: [...reaction.userIds, userId] };
      return { emoji, userIds: others(reaction.userIds) };
    })
    .filter(({ userIds }) => userIds.length > 0);
}
