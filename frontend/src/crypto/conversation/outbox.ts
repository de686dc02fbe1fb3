/** Messages that wait: sealed plaintext, and every body that went out under an id by its hash (PROTOCOL.md 5.2, 8.1). */

import { infoOf } from "../files/payload";
import { msToTime } from "../primitives/encoding";
import { ownProof } from "../statements/critical";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { MessageEntry, TextType } from "../types";
import type { Bytes, Id, Time, WireRow } from "../wire";
import type { AskAgainContent, ChangeContent, SaidContent, TextContent } from "./content";
import { UNCHANGED } from "./kept";

/** A body that went out: with its place in the group, since a row under another epoch is not it. */
export interface SentBody {
  generation: number;
  epoch: number;
  hash: Bytes;
}

/** A message that went out; `ciphertext` is the SHA-512 of the MLS message, which a receipt names. */
export interface SentMessage extends SentBody {
  ciphertext: Bytes;
  commitment: Bytes;
  /** The commitment's key, by which its content can be shown again (P9.4); missing in what an earlier version sent. */
  k?: Bytes;
}

/** Own rows for a device that asked (P9.4). They are sealed when it is next to go: what is deleted until then is not in it. */
export interface AnswerContent {
  kind: "answer";
  ask: Id;
  to: Id;
  key: Bytes;
  seqs: number[];
}

export type OwnContent = SaidContent | AnswerContent;

export interface SealedBody {
  epoch: number;
  generation: number;
  content: Bytes;
  /** Critical messages only. */
  signature: { falcon: Bytes; ecdsa: Bytes } | null;
  /** How many messages were encrypted since: receivers keep keys for a few only (P8.1). */
  overtaken: number;
}

export interface OutboxItem {
  clientId: Id;
  type: TextType;
  content: OwnContent;
  at: Time;
  /** `sent`: acknowledged, its row has not come yet. */
  state: "waiting" | "sending" | "sent" | "failed";
  failure: string | null;
  /** Where it was acknowledged. */
  ackSeq: number | null;
  /** Every body sent under this id: the row must be one of them. */
  bodies: SentMessage[];
  /** What was encrypted last. */
  sealed: SealedBody | null;
}

const name = (conversation: Id) => `outbox/${conversation}`;

export async function loadOutbox(from: UnitOfWork | Store, conversation: Id): Promise<OutboxItem[]> {
  return (await from.get<OutboxItem[]>(name(conversation))) ?? [];
}

export function saveOutbox(unit: UnitOfWork, conversation: Id, items: readonly OutboxItem[]): void {
  if (items.length === 0) unit.delete(name(conversation));
  else unit.put(name(conversation), items);
}

export async function outboxes(store: Store): Promise<Id[]> {
  return (await store.names("outbox/")).map((found) => found.slice("outbox/".length));
}

export function newItem(clientId: Id, content: OwnContent, type: TextType): OutboxItem {
  const at = msToTime(Date.now());
  return { clientId, type, content, at, state: "waiting", failure: null, ackSeq: null, bodies: [], sealed: null };
}

export type TextItem = OutboxItem & { content: TextContent };
export type ChangeItem = OutboxItem & { content: ChangeContent };
/** Goes out without the person seeing it. */
export type SilentItem = OutboxItem & { content: AskAgainContent | AnswerContent };

export const isText = (item: OutboxItem): item is TextItem => item.content.kind === "text";
export const isSilent = (item: OutboxItem): item is SilentItem =>
  item.content.kind === "ask_again" || item.content.kind === "answer";
export const isChange = (item: OutboxItem): item is ChangeItem => !isText(item) && !isSilent(item);

export function outboxEntry(room: Room, conversationId: Id, item: TextItem): MessageEntry {
  const { clientId, state, failure } = item;
  const { text, replyTo, mentions = [], file } = item.content;
  return {
    ...UNCHANGED,
    kind: "message",
    key: `message/${room.device.deviceId}/${clientId}`,
    conversationId,
    seq: null,
    time: item.at,
    clientId,
    senderId: room.self.userId,
    senderDeviceId: room.device.deviceId,
    own: true,
    text,
    mentions,
    file: file === null ? null : infoOf(file),
    state,
    failure,
    critical: item.type === "critical" ? ownProof() : null,
    faults: [],
    quote: replyTo === null ? null : { target: replyTo, original: null },
  };
}

/** The body that a row holds, if it is one of these. */
export function sentAs<Body extends SentBody>(bodies: readonly Body[], row: WireRow): Body | undefined {
  return bodies.find(
    ({ generation, epoch, hash }) => generation === row.generation && epoch === row.epoch && hash === row.body_hash,
  );
}

/** A member's message that ends the conversation, until its row has come. */
export interface Termination {
  clientId: Id;
  bodies: SentBody[];
}

export const terminationName = (conversation: Id) => `termination/${conversation}`;
