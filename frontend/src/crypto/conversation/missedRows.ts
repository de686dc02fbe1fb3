/**
 * Rows of the log that this device could not read although its account was there (PROTOCOL.md 9.4), until their authors have
 * sent them again: what the chain says of each, and what others changed of it meanwhile.
 */

import { RuleBroken } from "../failures";
import { decodeAuthenticatedData, decodePrivate } from "../mls/message";
import { MAX_TIMER } from "../mls/roomState";
import { groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, MalformedEncoding, toBase64url } from "../primitives/encoding";
import type { UnitOfWork } from "../store/storage";
import type { Actor, Change, MessageRef, SystemEntry } from "../types";
import type { Bytes, Id, Time, WireRow } from "../wire";
import { type ConversationRecord, padded } from "./record";

/** What is missed beyond that is not asked for: the newest count. */
const MOST = 1000;
const MOST_GAPS = 20;

/** What the authenticated data of a row says of its content. */
export interface RowHeader {
  commitment: Bytes;
  type: string;
  expiry: number;
}

export interface MissedRow {
  seq: number;
  time: Time;
  generation: number;
  epoch: number;
  senderId: Id;
  deviceId: Id;
  tag: Bytes;
  clientId: Id;
  bodyHash: Bytes;
  /** Null: its body never came here. */
  header: RowHeader | null;
  /** How often, and when last by this browser's clock, it was asked for. */
  asks: number;
  askedAt: number;
  /** Changes of it that could be read, in the order of the log. */
  changes: NotedChange[];
}

export interface NotedChange {
  by: Actor;
  time: Time;
  /** Of the message that was meant. */
  hash: Bytes;
  change: Change;
}

const nameOf = (id: Id, seq: number) => `missed/${id}/${padded(seq)}`;
const indexOf = (id: Id, { deviceId, clientId }: MessageRef) => `missed-message/${id}/${deviceId}/${clientId}`;

export async function findMissed(unit: UnitOfWork, id: Id, seq: number): Promise<MissedRow | undefined> {
  return unit.get<MissedRow>(nameOf(id, seq));
}

export async function findMissedMessage(unit: UnitOfWork, id: Id, ref: MessageRef): Promise<MissedRow | undefined> {
  const seq = await unit.get<number>(indexOf(id, ref));
  return seq === undefined ? undefined : findMissed(unit, id, seq);
}

export function saveMissed(unit: UnitOfWork, id: Id, missed: MissedRow): void {
  unit.put(nameOf(id, missed.seq), missed);
  unit.put(indexOf(id, missed), missed.seq);
}

/** It was read after all, or is given up. */
export function dropMissed(unit: UnitOfWork, record: ConversationRecord, missed: MissedRow): void {
  record.missing = missing(record).filter((seq) => seq !== missed.seq);
  unit.delete(nameOf(record.id, missed.seq));
  unit.delete(indexOf(record.id, missed));
}

export const missing = ({ missing: seqs = [] }: ConversationRecord): number[] => seqs;

export async function noteMissed(unit: UnitOfWork, record: ConversationRecord, row: WireRow): Promise<void> {
  record.missed += 1;
  const { seq, timestamp: time, generation, epoch, sender_id: senderId, sender_device_id: deviceId } = row;
  const { sender_tag: tag, client_id: clientId, body_hash: bodyHash } = row;
  const place = { seq, time, generation, epoch, senderId, deviceId, tag, clientId, bodyHash };
  const header = row.content === null ? null : headerOf(fromBase64url(row.content), record.id, place);
  saveMissed(unit, record.id, { ...place, header, asks: 0, askedAt: 0, changes: [] });
  record.missing = [...missing(record), seq];
  for (const old of record.missing.slice(0, -MOST)) {
    const missed = await findMissed(unit, record.id, old);
    if (missed !== undefined) dropMissed(unit, record, missed);
  }
}

type Place = Pick<MissedRow, "generation" | "epoch" | "clientId">;

/** Null for what no client of ours makes, or not for this place. */
export function headerOf(content: Uint8Array, id: Id, place: Place): RowHeader | null {
  try {
    return headerAt(content, id, place);
  } catch (error) {
    if (error instanceof RuleBroken || error instanceof MalformedEncoding) return null;
    throw error;
  }
}

function headerAt(content: Uint8Array, id: Id, { generation, epoch, clientId }: Place): RowHeader | null {
  const message = decodePrivate(content);
  const data = decodeAuthenticatedData(message.authenticatedData);
  const { commitment, type, expiry } = data;
  const isOfPlace =
    equalBytes(message.groupId, groupIdOf(id, generation)) &&
    message.epoch === BigInt(epoch) &&
    message.contentType === "application" &&
    data.conversation === id &&
    data.generation === generation &&
    data.clientId === clientId;
  const isText = (type === "secured" || type === "critical") && commitment.length === 32 && data.details.length === 0;
  return isOfPlace && isText && expiry < MAX_TIMER ? { commitment: toBase64url(commitment), type, expiry } : null;
}

/** The line that says how much was missed before this device followed the group again: it is the last one that was written. */
export function openGap(record: ConversationRecord, line: string | null): void {
  record.askAt = 0;
  if (line !== null) record.gaps = [...(record.gaps ?? []).slice(-MOST_GAPS), { seq: record.entry.seq, line }];
}

/** One of the rows before it is known now. Answers the line as it is with that. */
export async function shrinkGap(
  unit: UnitOfWork,
  record: ConversationRecord,
  seq: number,
): Promise<SystemEntry | null> {
  const gap = record.gaps?.find((each) => each.seq > seq);
  const line = gap === undefined ? undefined : await unit.get<SystemEntry>(gap.line);
  if (gap === undefined || line === undefined || line.missed === 0) return null;
  const shrunk = { ...line, missed: line.missed - 1 };
  unit.put(gap.line, shrunk);
  if (record.last?.key === line.key) record.last = shrunk;
  return shrunk;
}
