/**
 * The statement that begins a new group of the same conversation (PROTOCOL.md 9.3).
 *
 *   fields(generation/v1, server name, user id, device id, conversation, generation, old group id (20), last good epoch,
 *          confirmed transcript hash of that epoch (64, or empty: never had it), seq, chain (32), reason, seq of the commit or 0,
 *          [user id ‖ device id, …], [left out, …], time, and SHA-256(change of room or session, as the founding commit has it) if there is one)
 *
 * (seq, chain) is the head of the log before it. Extension 0xF0A3 in the new group's context is its SHA-256.
 */

import type { DeviceRef } from "../mls/suite";
import { compareBytes, concat, sha256 } from "../primitives/bytes";
import { type Field, fields, LABEL, MalformedEncoding, Reader, uuidBytes, uuidText } from "../primitives/encoding";
import type { Id } from "../wire";

const REASONS = ["commit", "lost"] as const;
/** `commit`: the row at `reasonSeq` could not be processed. `lost`: nobody is left who could add the others. */
export type GenerationReason = (typeof REASONS)[number];

export interface GenerationStatement extends DeviceRef {
  serverName: string;
  conversation: Id;
  generation: number;
  oldGroup: Uint8Array;
  /** The last good epoch. */
  epoch: number;
  transcriptHash: Uint8Array;
  seq: number;
  chain: Uint8Array;
  reason: GenerationReason;
  reasonSeq: number;
  roster: DeviceRef[];
  leftOut: DeviceRef[];
  timeMs: number;
  /** Hash of the room that goes on, or of the session's state; null: a session without one. */
  state: Uint8Array | null;
}

export function encodeGeneration(statement: GenerationStatement): Uint8Array {
  const { serverName, userId, deviceId, conversation, generation, oldGroup, epoch, transcriptHash } = statement;
  const { seq, chain, reason, reasonSeq, roster, leftOut, timeMs, state } = statement;
  const place: Field[] = [uuidBytes(userId), uuidBytes(deviceId), uuidBytes(conversation), generation];
  const before: Field[] = [oldGroup, epoch, transcriptHash, seq, chain, reason, reasonSeq];
  const people: Field[] = [listed(roster), listed(leftOut), timeMs];
  return fields(LABEL.generation, serverName, ...place, ...before, ...people, ...(state === null ? [] : [state]));
}

function listed(devices: readonly DeviceRef[]): Uint8Array[] {
  return devices.map(({ userId, deviceId }) => concat(uuidBytes(userId), uuidBytes(deviceId))).sort(compareBytes);
}

/** Throws `MalformedEncoding`. */
export function decodeGeneration(bytes: Uint8Array): GenerationStatement {
  const reader = new Reader(bytes);
  reader.label(LABEL.generation);
  const statement = {
    serverName: reader.text(),
    userId: reader.uuid(),
    deviceId: reader.uuid(),
    conversation: reader.uuid(),
    generation: reader.number(),
    oldGroup: reader.blob(20),
    epoch: reader.number(),
    transcriptHash: reader.blob(),
    seq: reader.number(),
    chain: reader.blob(32),
    reason: readReason(reader),
    reasonSeq: reader.number(),
    roster: reader.list(readDevice),
    leftOut: reader.list(readDevice),
    timeMs: reader.number(),
    state: reader.more ? reader.blob(32) : null,
  };
  reader.end();
  return statement;
}

function readDevice(reader: Reader): DeviceRef {
  const bytes = reader.blob(32);
  return { userId: uuidText(bytes.slice(0, 16)), deviceId: uuidText(bytes.slice(16)) };
}

function readReason(reader: Reader): GenerationReason {
  const text = reader.text();
  const reason = REASONS.find((known) => known === text);
  if (reason === undefined) throw new MalformedEncoding("an unknown reason");
  return reason;
}

export const generationHash = (statement: Uint8Array): Promise<Uint8Array> => sha256(statement);
