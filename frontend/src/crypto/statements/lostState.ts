/**
 * The statement with which a device says that it cannot go on and asks to be added (again), PROTOCOL.md 9.2.
 *
 *   fields(lost-state/v1, server name, user id, device id, conversation, generation, epoch, seq, chain (32), reason,
 *          SHA-256(key package), time)
 *
 * `epoch`, `seq` and `chain` say how far the device has followed the log, if not the group. So a request is spent as soon as a
 * later row has added the device: shown again, it asks for nothing.
 */

import { fields, LABEL, MalformedEncoding, Reader, uuidBytes } from "../primitives/encoding";
import type { LostReason } from "../types";
import type { Id } from "../wire";

const REASONS: readonly LostReason[] = ["no_state", "old_copy", "cannot_follow", "removed"];

export interface LostState {
  serverName: string;
  userId: Id;
  deviceId: Id;
  conversation: Id;
  generation: number;
  epoch: number;
  seq: number;
  chain: Uint8Array;
  reason: LostReason;
  packageHash: Uint8Array;
  timeMs: number;
}

export function encodeLostState(lost: LostState): Uint8Array {
  const { serverName, userId, deviceId, conversation, generation, epoch, seq, chain, reason, packageHash } = lost;
  return fields(
    LABEL.lostState,
    serverName,
    uuidBytes(userId),
    uuidBytes(deviceId),
    uuidBytes(conversation),
    generation,
    epoch,
    seq,
    chain,
    reason,
    packageHash,
    lost.timeMs,
  );
}

/** Throws `MalformedEncoding`. */
export function decodeLostState(statement: Uint8Array): LostState {
  const reader = new Reader(statement);
  reader.label(LABEL.lostState);
  const lost = {
    serverName: reader.text(),
    userId: reader.uuid(),
    deviceId: reader.uuid(),
    conversation: reader.uuid(),
    generation: reader.number(),
    epoch: reader.number(),
    seq: reader.number(),
    chain: reader.blob(32),
    reason: readReason(reader),
    packageHash: reader.blob(32),
    timeMs: reader.number(),
  };
  reader.end();
  return lost;
}

function readReason(reader: Reader): LostReason {
  const text = reader.text();
  const reason = REASONS.find((known) => known === text);
  if (reason === undefined) throw new MalformedEncoding("an unknown reason");
  return reason;
}
