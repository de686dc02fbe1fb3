/**
 * The MLS cipher suite (RFC 9420 section 5.1): X-Wing, AES-256-GCM, SHA-512 (number 83) with its signature scheme replaced by
 * the hybrid one, so it is private to this product.
 *
 * The signature private key that MLS keeps in its state is only a handle (the hash of the public key): the real halves stay
 * with the `Signer`, so a serialised group state cannot sign.
 */

import {
  type AuthenticationService,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientConfig,
  type Credential,
  defaultKeyPackageEqualityConfig,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
} from "ts-mls";
import { concat, equalBytes, sha256 } from "../primitives/bytes";
import { LABEL, uuidBytes, uuidText } from "../primitives/encoding";
import { type Signer, verifyHybrid } from "../primitives/hybrid";
import { readOr } from "../refusals";
import type { Id } from "../wire";

export const MLS_SUITE = "MLS_256_XWING_AES256GCM_SHA512_Ed25519";
export const MLS_SUITE_NAME = "X-Wing (ML-KEM-768 + X25519), AES-256-GCM, SHA-512";

/** Our private extension types (PROTOCOL.md 3.6): a device that does not list them can never join a group that has one. */
export const EXTENSION = {
  /** Of a room, or of a session. */
  state: 0xf0a1,
  logAnchor: 0xf0a2,
  generation: 0xf0a3,
  welcomeProofs: 0xf0a4,
  lastResort: 10,
} as const;

export interface DeviceSuite {
  cs: CiphersuiteImpl;
  handle: Uint8Array;
  signer: Signer;
}

const pure = getCiphersuiteImpl(getCiphersuiteFromName(MLS_SUITE));

export async function deviceSuite(signer: Signer): Promise<DeviceSuite> {
  const handle = await sha256(signer.publicKey);
  const signature: CiphersuiteImpl["signature"] = {
    sign: (key, message) => {
      if (!equalBytes(key, handle)) throw new Error("another device's state");
      return signer.sign(LABEL.mls, message);
    },
    verify: (publicKey, message, made) =>
      readOr(false, () => verifyHybrid(publicKey, LABEL.mls, message, made).then(() => true)),
    keygen: () => Promise.reject(new Error("device keys are made with the device")),
  };
  return { cs: { ...(await pure), signature }, handle, signer };
}

/** By hand: the library's default lists every suite and greases with Math.random. */
export const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [MLS_SUITE],
  extensions: [EXTENSION.state, EXTENSION.logAnchor, EXTENSION.generation],
  proposals: [],
  credentials: ["basic"],
};

/** Options of a group. Lifetimes count when adding only: receivers must not judge by their own clock (P6.9). */
export function clientConfig(authService: AuthenticationService): ClientConfig {
  return {
    // The log delivers in order and only the current and the previous epoch are taken (P5.5).
    keyRetentionConfig: { retainKeysForGenerations: 10, retainKeysForEpochs: 2, maximumForwardRatchetSteps: 600 },
    lifetimeConfig: { maximumTotalLifetime: 8_640_000n, validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
    // Plaintext is padded to buckets by us (P8.3).
    paddingConfig: { kind: "alwaysPad", paddingLength: 0 },
    authService,
  };
}

export interface DeviceRef {
  userId: Id;
  deviceId: Id;
}

/** Leaf credential: `basic`, user id ‖ device id. */
export function credentialOf({ userId, deviceId }: DeviceRef): Credential {
  return { credentialType: "basic", identity: concat(uuidBytes(userId), uuidBytes(deviceId)) };
}

/** Null for a credential that is not ours. */
export function deviceOf(credential: Credential): DeviceRef | null {
  if (credential.credentialType !== "basic" || credential.identity.length !== 32) return null;
  return { userId: uuidText(credential.identity.slice(0, 16)), deviceId: uuidText(credential.identity.slice(16)) };
}

/** MLS group id: conversation (16 bytes) ‖ generation (u32). */
export function groupIdOf(conversation: Id, generation: number): Uint8Array {
  const bytes = new Uint8Array(20);
  bytes.set(uuidBytes(conversation));
  new DataView(bytes.buffer).setUint32(16, generation);
  return bytes;
}
