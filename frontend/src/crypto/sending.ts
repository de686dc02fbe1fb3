/** Own messages on their way out (PROTOCOL.md 5.2, 5.5, 8.1, 9.1). One at a time for a conversation: order is never lost. */

import { takeAck } from "./acks";
import { uuidv7 } from "./bytes";
import { chainAt, type ConversationRecord, loadConversation, sendingBlocked, stateOf } from "./conversation";
import { fromBase64url, toBase64url } from "./encoding";
import { CryptoFailure } from "./failures";
import type { Intake } from "./intake";
import { bodyHash } from "./log";
import { sealMessage } from "./mls/group";
import { encodeAuthenticatedData, type MessageType, sealContent } from "./mls/message";
import {
  loadOutbox,
  newItem,
  type OutboxItem,
  outboxEntry,
  saveOutbox,
  type SentBody,
  type Termination,
  terminationName,
} from "./outbox";
import type { Room } from "./room";
import type { UnitOfWork } from "./storage";
import type { MessageEntry, Outgoing } from "./types";
import type { Bytes, Id, WireAck, WireOutgoing, WireTermination } from "./wire";

export async function enqueue(room: Room, unit: UnitOfWork, id: Id, text: string): Promise<MessageEntry> {
  const record = await loadConversation(unit, id);
  if (stateOf(record) === "terminated") throw new CryptoFailure("not_active");
  await sealContent("secured", { text }); // `text_too_long` now, not when it is next to go
  const item = newItem(uuidv7(), text);
  saveOutbox(unit, id, [...(await loadOutbox(unit, id)), item]);
  return outboxEntry(room, id, item);
}

export async function nextOutgoing(room: Room, unit: UnitOfWork, id: Id): Promise<Outgoing> {
  const items = await loadOutbox(unit, id);
  const item = items.find(({ state }) => state === "waiting" || state === "sending");
  if (item === undefined) return { kind: "empty" };
  const record = await loadConversation(unit, id);
  const blocked = await sendingBlocked(room, unit, record);
  if (blocked !== null) return { kind: "blocked", blocked };
  if (item.sealed === null || item.sealed.epoch !== record.epoch) {
    const content = await encrypt(room, unit, record, item.clientId, "secured", { text: item.text });
    item.sealed = { epoch: record.epoch, generation: record.generation, content: toBase64url(content) };
    item.bodies.push(await sentBody(record, content));
    item.state = "sending";
    saveOutbox(unit, id, items);
  }
  return { kind: "message", message: outgoing(id, item.clientId, item.sealed.content) };
}

function outgoing(conversationId: Id, clientId: Id, content: Bytes): WireOutgoing {
  return { conversation_id: conversationId, client_id: clientId, content, message_type: "secured" };
}

async function sentBody({ generation, epoch }: ConversationRecord, message: Uint8Array): Promise<SentBody> {
  return { generation, epoch, hash: toBase64url(await bodyHash(message)) };
}

/** Encrypts once; the ratchet's new state is written with the caller's unit, before the bytes leave. */
async function encrypt(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  clientId: Id,
  type: MessageType,
  content: unknown,
): Promise<Uint8Array> {
  const group = await room.group(unit, record.id);
  if (group === null) throw new CryptoFailure("no_group");
  const { plaintext, commitment } = await sealContent(type, content);
  const data = encodeAuthenticatedData({
    conversation: record.id,
    generation: record.generation,
    clientId,
    type,
    expiry: 0,
    commitment,
    echo: { seq: record.verifiedSeq, chain: fromBase64url(record.chain) },
    details: new Uint8Array(),
  });
  const { newState, message } = await sealMessage(await room.suite(), group, plaintext, data);
  room.putGroup(unit, record.id, newState);
  return message;
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

export async function acknowledged(intake: Intake, ack: WireAck): Promise<MessageEntry> {
  const { unit, room, record } = intake;
  const items = await loadOutbox(unit, record.id);
  const item = items.find(({ clientId }) => clientId === ack.client_id);
  // Its row came first: nothing is left to do.
  if (item === undefined) return alreadyTaken(intake, ack);
  await takeAck(intake, ack, "message", item.bodies);
  const own = intake.entries.find((entry) => entry.kind === "message" && entry.clientId === ack.client_id);
  if (own?.kind === "message") return own;
  Object.assign(item, { state: "sent", ackSeq: ack.seq, sealed: null });
  saveOutbox(unit, record.id, items);
  return outboxEntry(room, record.id, item);
}

async function alreadyTaken({ unit, record, room }: Intake, ack: WireAck): Promise<MessageEntry> {
  const found = await room.store.scan<MessageEntry>(...entryRange(record.id, ack.seq));
  const entry = found.map(([, candidate]) => candidate).find(({ clientId }) => clientId === ack.client_id);
  if (entry === undefined) throw new CryptoFailure("nothing_pending");
  const chain = await chainAt(unit, record, ack.seq);
  if (chain === undefined || toBase64url(chain) !== ack.chain) throw new CryptoFailure("bad_ack");
  return entry;
}

function entryRange(id: Id, seq: number): [string, string] {
  const prefix = `entry/${id}/${String(seq).padStart(12, "0")}/`;
  return [prefix, `${prefix}\uffff`];
}

export async function epochStale(unit: UnitOfWork, id: Id, clientId: Id): Promise<void> {
  await withItem(unit, id, clientId, (item, items) => {
    item.sealed = null;
    item.state = "waiting";
    return items;
  });
}

export async function sendRefused(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  clientId: Id,
  code: string,
): Promise<MessageEntry> {
  const item = await withItem(unit, id, clientId, (refused, items) => {
    Object.assign(refused, { state: "failed", failure: code, sealed: null });
    return items;
  });
  return outboxEntry(room, id, item);
}

export async function retry(room: Room, unit: UnitOfWork, id: Id, clientId: Id): Promise<MessageEntry> {
  const fresh = uuidv7();
  const item = await withItem(unit, id, clientId, (failed, items) => {
    if (failed.state !== "failed") throw new CryptoFailure("out_of_order");
    return [...items.filter((other) => other !== failed), newItem(fresh, failed.text)];
  });
  return outboxEntry(room, id, newItem(fresh, item.text));
}

export async function discard(unit: UnitOfWork, id: Id, clientId: Id): Promise<void> {
  await withItem(unit, id, clientId, (item, items) => {
    // Bytes that went out may be in the log already.
    if (item.state === "sending" || item.state === "sent") throw new CryptoFailure("out_of_order");
    return items.filter((other) => other !== item);
  });
}

export async function terminate(room: Room, unit: UnitOfWork, id: Id): Promise<WireTermination> {
  const record = await loadConversation(unit, id);
  if (record.status !== "member" || stateOf(record) !== "active") throw new CryptoFailure("not_active");
  if (!room.caughtUp.has(id)) throw new CryptoFailure("not_caught_up");
  const known = await unit.get<Termination>(terminationName(id));
  const termination: Termination = known ?? { clientId: uuidv7(), bodies: [] };
  const message = await encrypt(room, unit, record, termination.clientId, "terminate", {});
  termination.bodies.push(await sentBody(record, message));
  unit.put(terminationName(id), termination);
  return {
    session_id: id,
    client_id: termination.clientId,
    epoch: record.epoch,
    message: toBase64url(message),
  };
}
