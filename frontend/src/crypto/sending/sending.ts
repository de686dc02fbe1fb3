/** Own messages on their way out (PROTOCOL.md 5.2, 5.5, 8.1, 9.1). One at a time for a conversation: order is never lost. */

import { affected } from "../conversation/affected";
import { isForbidden, targetOf, toBeChanged } from "../conversation/changes";
import { encodeContent, type SaidContent } from "../conversation/content";
import type { Intake } from "../conversation/intake";
import { findMessage, seenName } from "../conversation/kept";
import {
  isChange,
  isSilent,
  isText,
  loadOutbox,
  newItem,
  outboxEntry,
  type OutboxItem,
  saveOutbox,
  type SealedBody,
  type SentMessage,
  type Termination,
  terminationName,
} from "../conversation/outbox";
import { chainAt, type ConversationRecord, loadConversation, roomState, timerOf } from "../conversation/record";
import { Showing } from "../conversation/shown";
import { sendingBlocked, stateOf } from "../conversation/view";
import { CryptoFailure } from "../failures";
import { forgetFile, rememberFile } from "../files/files";
import type { FilePayload } from "../files/payload";
import { sealMessage } from "../mls/group";
import { encodeAuthenticatedData, type MessageType, sealContent } from "../mls/message";
import { uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url, unpackSignature } from "../primitives/encoding";
import { sealedAnswer } from "../resending/sealing";
import { bodyHash } from "../statements/chain";
import { ciphertextHash, signCritical } from "../statements/critical";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Change, MessageEntry, MessageRef, Outgoing, TextType, TimelineEntry } from "../types";
import type { Id, WireAck, WireLastWord, WireOutgoing, WireTermination } from "../wire";
import { takeAck } from "./acks";

/** Fewer than receivers keep keys of messages that were overtaken (mls/suite.ts). */
const MAX_OVERTAKEN = 8;

export async function enqueue(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  { text, type, replyTo, mentions }: { text: string; type: TextType; replyTo: MessageRef | null; mentions: Id[] },
): Promise<MessageEntry> {
  const target = replyTo === null ? null : await targetOf(unit, id, replyTo);
  return append(room, unit, id, { kind: "text", text, replyTo: target, mentions, file: null }, type);
}

export async function enqueueFile(room: Room, unit: UnitOfWork, id: Id, file: FilePayload): Promise<MessageEntry> {
  return append(room, unit, id, { kind: "text", text: "", replyTo: null, file }, "secured");
}

export async function enqueueChange(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  message: MessageRef,
  change: Change,
): Promise<MessageEntry> {
  const target = await toBeChanged(room, unit, id, message, change);
  return append(room, unit, id, { ...change, target }, "secured");
}

async function append(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  content: SaidContent,
  type: TextType,
): Promise<MessageEntry> {
  const record = await loadConversation(unit, id);
  if (stateOf(record) === "terminated") throw new CryptoFailure("not_active");
  await sealContent(type, encodeContent(content)); // `text_too_long` now, not when it is next to go
  const item = newItem(uuidv7(), content, type);
  saveOutbox(unit, id, [...(await loadOutbox(unit, id)), item]);
  const entry = await shownItem(room, unit, record, item);
  if (entry === null) throw new CryptoFailure("unknown_message");
  return entry;
}

/** What opens its file is kept beside its entry. */
function rememberOwn(room: Room, unit: UnitOfWork, id: Id, item: OutboxItem): void {
  if (isText(item) && item.content.file !== null) {
    rememberFile(unit, id, outboxEntry(room, id, item).key, item.content.file);
  }
}

/** The item as it stands in the timeline, or the message that it changes. */
async function shownItem(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  item: OutboxItem,
): Promise<MessageEntry | null> {
  rememberOwn(room, unit, record.id, item);
  const [entry] = await affected(room, unit, record.id, [item]);
  return entry === undefined ? null : (await Showing.of(room, unit, record)).message(entry);
}

/** Secured and critical messages are queues of their own: a critical one that waits blocks nothing (P8.1). */
export async function nextOutgoing(room: Room, unit: UnitOfWork, id: Id, type: TextType): Promise<Outgoing> {
  const items = await loadOutbox(unit, id);
  const queue = items.filter((item) => item.type === type);
  const item = queue.find(({ state }) => state === "waiting" || state === "sending");
  if (item === undefined) return { kind: "empty" };
  const record = await loadConversation(unit, id);
  const blocked = await sendingBlocked(room, unit, record);
  if (blocked !== null) return { kind: "blocked", blocked };
  const fresh = isFresh(item.sealed, record) ? item.sealed : null;
  // What went out in an earlier epoch is not in the log: its row would have come before the commit.
  if (fresh === null && isChange(item) && (await isForbidden(room, unit, record, item.content))) {
    return { kind: "dropped", entry: await fail(room, unit, id, item.clientId, "not_changeable") };
  }
  const sealed = fresh ?? (await seal(room, unit, record, item, items));
  if (sealed === null) {
    saveOutbox(
      unit,
      id,
      items.filter((other) => other !== item),
    );
    return { kind: "dropped", entry: null };
  }
  if (fresh === null || item.state !== "sending") {
    item.state = "sending";
    saveOutbox(unit, id, items);
  }
  return { kind: "message", message: outgoing(id, item, sealed) };
}

/** Sealed in the present epoch, and not so often overtaken that receivers have dropped its key. */
function isFresh(sealed: SealedBody | null, { generation, epoch }: ConversationRecord): boolean {
  return sealed?.generation === generation && sealed.epoch === epoch && sealed.overtaken < MAX_OVERTAKEN;
}

function outgoing(conversationId: Id, item: OutboxItem, { content, signature }: SealedBody): WireOutgoing {
  const file = isText(item) ? item.content.file : null;
  const attachments = file === null ? {} : { attachments: [file.id] };
  const message = { conversation_id: conversationId, client_id: item.clientId, content, ...attachments };
  if (signature === null) return { ...message, message_type: "secured" };
  const { falcon, ecdsa } = signature;
  return { ...message, message_type: "critical", signature_falcon: falcon, signature_ecdsa: ecdsa };
}

/** Encrypts the item anew, signs it if it is critical, and keeps what it takes to know its row again. Null: there is nobody to send it to. */
async function seal(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  item: OutboxItem,
  items: readonly OutboxItem[],
): Promise<SealedBody | null> {
  const { content } = item;
  const said = content.kind === "answer" ? await sealedAnswer(room, unit, record, content) : encodeContent(content);
  if (said === null) return null;
  const { message, commitment, k } = await encrypt(room, unit, record, item.clientId, item.type, said);
  for (const { sealed } of items) if (sealed !== null) sealed.overtaken += 1;
  const signature = item.type === "critical" ? await sign(room, record, item.clientId, message, commitment) : null;
  const { epoch, generation } = record;
  const halves = signature === null ? null : unpackSignature(signature);
  item.sealed = {
    epoch,
    generation,
    content: toBase64url(message),
    signature: halves && { falcon: toBase64url(halves.falcon), ecdsa: toBase64url(halves.ecdsa) },
    overtaken: 0,
  };
  const body = await sentBody(record, message, commitment, signature ?? undefined);
  item.bodies.push({ ...body, k: toBase64url(k) });
  return item.sealed;
}

async function sign(
  room: Room,
  { id, generation, epoch }: ConversationRecord,
  clientId: Id,
  message: Uint8Array,
  commitment: Uint8Array,
): Promise<Uint8Array> {
  const { deviceId } = room.device;
  const ciphertext = await ciphertextHash(message);
  const place = { conversation: id, generation, epoch, clientId, deviceId, ciphertext, commitment };
  return signCritical((await room.suite()).signer, place);
}

async function sentBody(
  { generation, epoch }: ConversationRecord,
  message: Uint8Array,
  commitment: Uint8Array,
  signature?: Uint8Array,
): Promise<SentMessage> {
  const hash = toBase64url(await bodyHash(message, signature));
  const ciphertext = toBase64url(await ciphertextHash(message));
  return { generation, epoch, hash, ciphertext, commitment: toBase64url(commitment) };
}

/** Encrypts once; the ratchet's new state is written with the caller's unit, before the bytes leave. */
async function encrypt(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  clientId: Id,
  type: MessageType,
  content: unknown,
): Promise<{ message: Uint8Array; commitment: Uint8Array; k: Uint8Array }> {
  const group = await room.group(unit, record.id);
  if (group === null) throw new CryptoFailure("no_group");
  const { plaintext, commitment, k } = await sealContent(type, content);
  const data = encodeAuthenticatedData({
    conversation: record.id,
    generation: record.generation,
    clientId,
    type,
    expiry: type === "secured" || type === "critical" ? timerOf(record) : 0,
    commitment,
    echo: { seq: record.verifiedSeq, chain: fromBase64url(record.chain) },
    details: new Uint8Array(),
  });
  const { newState, message } = await sealMessage(await room.suite(), group, plaintext, data);
  room.putGroup(unit, record.id, newState);
  return { message, commitment, k };
}

async function withItem(
  unit: UnitOfWork,
  id: Id,
  clientId: Id,
  change: (item: OutboxItem, items: OutboxItem[]) => OutboxItem[],
): Promise<OutboxItem> {
  const items = await loadOutbox(unit, id);
  const item = items.find((candidate) => candidate.clientId === clientId);
  if (item === undefined) throw new CryptoFailure("nothing_pending");
  saveOutbox(unit, id, change(item, items));
  return item;
}

export async function acknowledged(intake: Intake, ack: WireAck): Promise<TimelineEntry[]> {
  const { unit, room, record } = intake;
  const items = await loadOutbox(unit, record.id);
  const item = items.find(({ clientId }) => clientId === ack.client_id);
  // Its row came first: nothing is left to do.
  if (item === undefined) return alreadyTaken(intake, ack);
  await takeAck(intake, ack, "message", item.bodies);
  if (record.verifiedSeq >= ack.seq) return taken(intake);
  Object.assign(item, { state: "sent", ackSeq: ack.seq, sealed: null });
  saveOutbox(unit, record.id, items);
  const shown = await shownItem(room, unit, record, item);
  return shown === null ? [] : [shown];
}

/** What the row that an ack told brought into the timeline. */
async function taken({ entries, unit, record, room }: Intake): Promise<TimelineEntry[]> {
  return (await Showing.of(room, unit, record)).all(entries);
}

async function alreadyTaken({ unit, record, room }: Intake, ack: WireAck): Promise<TimelineEntry[]> {
  const own = { deviceId: room.device.deviceId, clientId: ack.client_id };
  if ((await unit.get(seenName(record.id, own))) !== ack.seq) throw new CryptoFailure("nothing_pending");
  const chain = await chainAt(unit, record, ack.seq);
  if (chain === undefined || toBase64url(chain) !== ack.chain) throw new CryptoFailure("bad_ack");
  const kept = await findMessage(unit, record.id, own);
  return kept === null ? [] : [await (await Showing.of(room, unit, record)).message(kept.entry)];
}

export async function epochStale(unit: UnitOfWork, id: Id, clientId: Id): Promise<void> {
  await withItem(unit, id, clientId, (item, items) => {
    item.sealed = null;
    item.state = "waiting";
    return items;
  });
}

export async function postponed(unit: UnitOfWork, id: Id, clientId: Id): Promise<void> {
  await withItem(unit, id, clientId, (item, items) => {
    item.state = "waiting";
    return items;
  });
}

export async function fail(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  clientId: Id,
  code: string,
): Promise<MessageEntry | null> {
  const item = await withItem(unit, id, clientId, (refused, items) => {
    Object.assign(refused, { state: "failed", failure: code, sealed: null });
    // Nobody sees it, so nobody could try it again: the question is asked anew on another day.
    return isSilent(refused) ? items.filter((other) => other !== refused) : items;
  });
  return shownItem(room, unit, await loadConversation(unit, id), item);
}

export async function retry(room: Room, unit: UnitOfWork, id: Id, clientId: Id): Promise<MessageEntry | null> {
  const fresh = uuidv7();
  const { content, type } = await withItem(unit, id, clientId, (failed, items) => {
    if (failed.state !== "failed") throw new CryptoFailure("out_of_order");
    return [...items.filter((other) => other !== failed), newItem(fresh, failed.content, failed.type)];
  });
  return shownItem(room, unit, await loadConversation(unit, id), newItem(fresh, content, type));
}

export async function discard(room: Room, unit: UnitOfWork, id: Id, clientId: Id): Promise<MessageEntry | null> {
  const item = await withItem(unit, id, clientId, (given, items) => {
    // Bytes that went out may be in the log already.
    if (given.state === "sending" || given.state === "sent") throw new CryptoFailure("out_of_order");
    return items.filter((other) => other !== given);
  });
  if (isText(item) && item.content.file !== null) await forgetFile(unit, id, outboxEntry(room, id, item).key, true);
  return isText(item) ? null : shownItem(room, unit, await loadConversation(unit, id), item);
}

/** The last message of a session, or of a room by its owner. */
export async function terminate(room: Room, unit: UnitOfWork, id: Id): Promise<WireTermination> {
  return { session_id: id, ...(await lastWord(room, unit, id, "terminate")) };
}

/** One's own last message in a room. `not_allowed`: its owner hands it over first. */
export async function leave(room: Room, unit: UnitOfWork, id: Id): Promise<WireLastWord> {
  const state = roomState(await loadConversation(unit, id));
  if (state === null || state.policy.owner === room.self.userId) throw new CryptoFailure("not_allowed");
  return lastWord(room, unit, id, "leave");
}

async function lastWord(room: Room, unit: UnitOfWork, id: Id, type: "terminate" | "leave"): Promise<WireLastWord> {
  const record = await loadConversation(unit, id);
  if (record.status !== "member" || stateOf(record) !== "active") throw new CryptoFailure("not_active");
  if (!room.caughtUp.has(id)) throw new CryptoFailure("not_caught_up");
  const known = await unit.get<Termination>(terminationName(id));
  const termination: Termination = known ?? { clientId: uuidv7(), bodies: [] };
  const { message, commitment } = await encrypt(room, unit, record, termination.clientId, type, {});
  termination.bodies.push(await sentBody(record, message, commitment));
  unit.put(terminationName(id), termination);
  return { client_id: termination.clientId, epoch: record.epoch, message: toBase64url(message) };
}
