/**
 * Asking to come into a room by a link, PROTOCOL.md 10.2.
 *
 *   fields(room-join/v1, server name, group id (20), link id, user id, device id, account key hash (32), SHA-256(key package),
 *          time, nonce (32))
 *
 * The link's key signs it. So members know, without the server, that this account with this key holds the link, and with which
 * package its device is to be added.
 */

import { fields, LABEL, Reader, uuidBytes } from "../primitives/encoding";
import type { Id } from "../wire";

const GROUP_ID_BYTES = 20;

export interface RoomJoin {
  serverName: string;
  groupId: Uint8Array;
  link: Id;
  userId: Id;
  deviceId: Id;
  accountHash: Uint8Array;
  packageHash: Uint8Array;
  timeMs: number;
  nonce: Uint8Array;
}

export function encodeRoomJoin(asks: RoomJoin): Uint8Array {
  return fields(
    LABEL.roomJoin,
    asks.serverName,
    asks.groupId,
    uuidBytes(asks.link),
    uuidBytes(asks.userId),
    uuidBytes(asks.deviceId),
    asks.accountHash,
    asks.packageHash,
    asks.timeMs,
    asks.nonce,
  );
}

/** Throws `MalformedEncoding`. */
export function decodeRoomJoin(statement: Uint8Array): RoomJoin {
  const reader = new Reader(statement);
  reader.label(LABEL.roomJoin);
  const asks = {
    serverName: reader.text(),
    groupId: reader.blob(GROUP_ID_BYTES),
    link: reader.uuid(),
    userId: reader.uuid(),
    deviceId: reader.uuid(),
    accountHash: reader.blob(32),
    packageHash: reader.blob(32),
    timeMs: reader.number(),
    nonce: reader.blob(32),
  };
  reader.end();
  return asks;
}
