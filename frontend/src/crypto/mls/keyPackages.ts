/** Key packages (RFC 9420 section 10): how ours are made, and what another device's must be before it is added (PROTOCOL.md 3.6). */

import {
  type CiphersuiteImpl,
  decodeMlsMessage,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  type KeyPackage,
  type Lifetime,
  type PrivateKeyPackage,
} from "ts-mls";
import { makeKeyPackageRef } from "ts-mls/keyPackage.js";
import { CryptoFailure } from "../failures";
import { equalBytes } from "../primitives/bytes";
import { toBase64url } from "../primitives/encoding";
import { CAPABILITIES, credentialOf, deviceOf, type DeviceRef, type DeviceSuite, EXTENSION, MLS_SUITE } from "./suite";

const DAY = 24 * 3600;

export interface OwnKeyPackage {
  publicPackage: KeyPackage;
  privatePackage: PrivateKeyPackage;
}

/**
 * Valid for 60 days from `now` (in seconds), and for the 30 before, since whoever adds it goes by a clock that may be late. A
 * last resort may be used more than once.
 */
export async function makeKeyPackage(
  suite: DeviceSuite,
  device: DeviceRef,
  now = Date.now() / 1000,
  lastResort = false,
): Promise<OwnKeyPackage> {
  const second = Math.floor(now);
  const lifetime = { notBefore: BigInt(second - 30 * DAY), notAfter: BigInt(second + 60 * DAY) };
  const extensions = lastResort ? [{ extensionType: EXTENSION.lastResort, extensionData: new Uint8Array() }] : [];
  const keys = { signKey: suite.handle, publicKey: suite.signer.publicKey };
  return generateKeyPackageWithKey(credentialOf(device), CAPABILITIES, lifetime, extensions, keys, suite.cs);
}

export function encodePackage(keyPackage: KeyPackage): Uint8Array {
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage });
}

/** Another device's package, checked for what MLS does not: whose it is, and that it can live in our groups. */
export function checkedPackage(bytes: Uint8Array, device: DeviceRef, publicKey: Uint8Array): KeyPackage {
  const keyPackage = decodePackage(bytes);
  const { leafNode } = keyPackage;
  const owner = deviceOf(leafNode.credential);
  const { capabilities } = leafNode;
  const fits =
    keyPackage.cipherSuite === MLS_SUITE &&
    owner?.userId === device.userId &&
    owner.deviceId === device.deviceId &&
    equalBytes(leafNode.signaturePublicKey, publicKey) &&
    CAPABILITIES.extensions.every((type) => capabilities.extensions.includes(type)) &&
    capabilities.ciphersuites.includes(MLS_SUITE);
  if (!fits) throw new CryptoFailure("bad_key_package");
  // The server gives out none that has ended: it is the clock here, and the library would go by it.
  const { notBefore, notAfter } = lifetimeOf(keyPackage);
  const now = BigInt(Math.floor(Date.now() / 1000));
  if (now < notBefore || now > notAfter) throw new CryptoFailure("clock_wrong");
  return keyPackage;
}

/** From when to when it is valid, in seconds. */
export function lifetimeOf({ leafNode }: KeyPackage): Lifetime {
  return leafNode.lifetime;
}

export function decodePackage(bytes: Uint8Array): KeyPackage {
  try {
    const decoded = decodeMlsMessage(bytes, 0);
    if (decoded?.[1] === bytes.length && decoded[0].wireformat === "mls_key_package") return decoded[0].keyPackage;
  } catch (error) {
    throw new CryptoFailure("bad_key_package", error);
  }
  throw new CryptoFailure("bad_key_package");
}

export async function packageRef(keyPackage: KeyPackage, cs: CiphersuiteImpl): Promise<string> {
  return toBase64url(await makeKeyPackageRef(keyPackage, cs.hash));
}

/** Private halves at rest; the signature key is a handle and stays out. */
export interface StoredKeyPackage {
  publicPackage: string;
  init: string;
  hpke: string;
  lastResort: boolean;
}

export const packageName = (ref: string) => `package/${ref}`;
