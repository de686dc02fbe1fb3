/** The statements of accounts and devices (docs/crypto.md "Statements"): made, signed, parsed. Meaning is judged in directory.ts. */

import { concat, isAscending, sha256 } from "../primitives/bytes";
import {
  ECDSA_PUBLIC_KEY_BYTES,
  FALCON_PUBLIC_KEY_BYTES,
  fields,
  LABEL,
  MalformedEncoding,
  Reader,
  splitPublicKey,
  SUITE,
  uuidBytes,
} from "../primitives/encoding";
import type { Id } from "../wire";
import { ML_KEM_PUBLIC_KEY_BYTES } from "./contribution";

interface Scope {
  serverName: string;
  userId: Id;
}

export interface Certificate extends Scope {
  deviceId: Id;
  /** 962 bytes. */
  publicKey: Uint8Array;
  listVersion: number;
  timeMs: number;
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  const { falcon, ecdsa } = splitPublicKey(certificate.publicKey);
  return fields(
    LABEL.deviceCertificate,
    certificate.serverName,
    uuidBytes(certificate.userId),
    uuidBytes(certificate.deviceId),
    falcon,
    ecdsa,
    SUITE,
    certificate.listVersion,
    certificate.timeMs,
  );
}

export function decodeCertificate(bytes: Uint8Array): Certificate {
  const reader = new Reader(bytes);
  reader.label(LABEL.deviceCertificate);
  const scope = { serverName: reader.text(), userId: reader.uuid(), deviceId: reader.uuid() };
  const publicKey = concat(reader.blob(FALCON_PUBLIC_KEY_BYTES), reader.blob(ECDSA_PUBLIC_KEY_BYTES));
  // A suite that we do not know is weaker than what we have seen, for all we can tell.
  if (reader.text() !== SUITE) throw new MalformedEncoding("another suite");
  const certificate = { ...scope, publicKey, listVersion: reader.number(), timeMs: reader.number() };
  reader.end();
  return certificate;
}

export interface ListedDevice {
  deviceId: Id;
  keyHash: Uint8Array;
  /** Version that added it. */
  added: number;
  /** Version that revoked it; 0: not revoked. */
  revoked: number;
}

export interface DeviceList extends Scope {
  version: number;
  /** Hash of the list before; zeros for version 1. */
  previous: Uint8Array;
  timeMs: number;
  devices: ListedDevice[];
}

export const NO_LIST = new Uint8Array(32);

export function encodeDeviceList(list: DeviceList): Uint8Array {
  const devices = [...list.devices].sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
  return fields(
    LABEL.deviceList,
    list.serverName,
    uuidBytes(list.userId),
    list.version,
    list.previous,
    list.timeMs,
    devices.map(({ deviceId, keyHash, added, revoked }) => [uuidBytes(deviceId), keyHash, added, revoked]),
  );
}

/** Refuses lists that are not sorted by device id, each once. */
export function decodeDeviceList(bytes: Uint8Array): DeviceList {
  const reader = new Reader(bytes);
  reader.label(LABEL.deviceList);
  const list = {
    serverName: reader.text(),
    userId: reader.uuid(),
    version: reader.number(),
    previous: reader.blob(32),
    timeMs: reader.number(),
    devices: reader.list(readListed),
  };
  reader.end();
  if (!isAscending(list.devices.map(({ deviceId }) => uuidBytes(deviceId)))) {
    throw new MalformedEncoding("devices out of order");
  }
  return list;
}

function readListed(list: Reader): ListedDevice {
  const reader = list.items();
  const device = {
    deviceId: reader.uuid(),
    keyHash: reader.blob(32),
    added: reader.number(),
    revoked: reader.number(),
  };
  reader.end();
  return device;
}

export const listHash = (statement: Uint8Array): Promise<Uint8Array> => sha256(statement);

export interface MlKemStatement extends Scope {
  deviceId: Id;
  /** From 1. */
  number: number;
  /** 1184 bytes. */
  key: Uint8Array;
  timeMs: number;
}

export function encodeMlKemKey(statement: MlKemStatement): Uint8Array {
  const { serverName, userId, deviceId, number, key, timeMs } = statement;
  return fields(LABEL.mlKemKey, serverName, uuidBytes(userId), uuidBytes(deviceId), number, key, timeMs);
}

export function decodeMlKemKey(bytes: Uint8Array): MlKemStatement {
  const reader = new Reader(bytes);
  reader.label(LABEL.mlKemKey);
  const statement = {
    serverName: reader.text(),
    userId: reader.uuid(),
    deviceId: reader.uuid(),
    number: reader.number(),
    key: reader.blob(ML_KEM_PUBLIC_KEY_BYTES),
    timeMs: reader.number(),
  };
  reader.end();
  return statement;
}

/** What a device signs to bind a sign-in to itself. */
export function encodeChallenge(scope: Scope & { deviceId: Id }, challenge: string): Uint8Array {
  return fields(LABEL.auth, scope.serverName, uuidBytes(scope.userId), uuidBytes(scope.deviceId), challenge);
}
