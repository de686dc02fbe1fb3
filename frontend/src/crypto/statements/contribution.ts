/**
 * The quantum service's contribution to a commit (PROTOCOL.md 7, docs/crypto.md "Contributions").
 *
 *   transcript = fields(establish/v1, conversation, generation, base epoch, nonce (32), purpose,
 *                       [[device id, key number, SHA-256(encapsulation key), KEM ciphertext (1088), wrapped secret (48)], …],
 *                       receipt (UTF-8 JSON), time)
 *   id = SHA-256(transcript);  psk = HKDF-SHA-256(secret, salt = id, info = fields(psk/v1, group id))
 *
 * Promises: a second, independent key agreement into the epoch, only for the devices that the transcript names. Does not:
 * repair a weak random number generator of this browser; and quantum_service's own operator knows the secret.
 */

import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { RuleBroken } from "../failures";
import { equalBytes, hkdf, importAesKey, isAscending, openWithNonce, sha256, wipe } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, MalformedEncoding, Reader, uuidBytes } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { refuse } from "../refusals";
import type { Id, WireContribution } from "../wire";

/** FIPS 203, ML-KEM-768. */
export const ML_KEM_PUBLIC_KEY_BYTES = 1184;
export const ML_KEM_SEED_BYTES = 64;
const CIPHERTEXT_BYTES = 1088;
const WRAPPED_BYTES = 48;
/** As quantum_service counts it (docs/quantum.md, *Requiring hardware*). */
const HARDWARE_BITS = 256;
const ZERO_NONCE = new Uint8Array(12);

export interface Recipient {
  deviceId: Id;
  number: number;
  keyHash: Uint8Array;
}

export interface Transcript {
  conversation: Id;
  generation: number;
  epoch: number;
  nonce: Uint8Array;
  purpose: string;
  recipients: (Recipient & { ciphertext: Uint8Array; wrapped: Uint8Array })[];
  receipt: unknown;
  timeMs: number;
}

export interface Contribution {
  id: Uint8Array;
  transcript: Transcript;
}

/** Public key (1184 bytes) of the 64-byte seed d ‖ z (FIPS 203 section 7.1). */
export function mlKemPublicKey(seed: Uint8Array): Uint8Array {
  return ml_kem768.keygen(seed).publicKey;
}

/** Checks the notary's signature and the layout; `bad_contribution`. */
export async function readContribution(wire: WireContribution, notaryKey: Uint8Array): Promise<Contribution> {
  try {
    const bytes = fromBase64url(wire.transcript);
    await verifyHybrid(notaryKey, LABEL.establish, bytes, fromBase64url(wire.signature));
    return { id: await sha256(bytes), transcript: readTranscript(bytes) };
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuleBroken("bad_contribution", error);
    return refuse("bad_contribution", error);
  }
}

/** Whether a quantum device alone gave what a 256-bit key needs, by the signed receipt; what it cannot say it is not. */
export function isOfHardware(receipt: unknown): boolean {
  const { parts } = (receipt ?? {}) as { parts?: unknown };
  return Array.isArray(parts) && parts.some(isHardwarePart);
}

function isHardwarePart(part: unknown): boolean {
  const { simulated, credited_bits } = (part ?? {}) as { simulated?: unknown; credited_bits?: unknown };
  return simulated === false && typeof credited_bits === "number" && credited_bits >= HARDWARE_BITS;
}

function readTranscript(bytes: Uint8Array): Transcript {
  const reader = new Reader(bytes);
  reader.label(LABEL.establish);
  const transcript = {
    conversation: reader.uuid(),
    generation: reader.number(),
    epoch: reader.number(),
    nonce: reader.blob(32),
    purpose: reader.text(),
    recipients: reader.list(readRecipient),
    receipt: JSON.parse(reader.text()) as unknown,
    timeMs: reader.number(),
  };
  reader.end();
  if (!isAscending(transcript.recipients.map(({ deviceId }) => uuidBytes(deviceId))))
    throw new MalformedEncoding("recipients out of order");
  return transcript;
}

function readRecipient(list: Reader): Transcript["recipients"][number] {
  const reader = list.items();
  const recipient = {
    deviceId: reader.uuid(),
    number: reader.number(),
    keyHash: reader.blob(32),
    ciphertext: reader.blob(CIPHERTEXT_BYTES),
    wrapped: reader.blob(WRAPPED_BYTES),
  };
  reader.end();
  return recipient;
}

/** This device's part of the secret (32 bytes). A bad ciphertext gives a wrong key, which AES-GCM notices. */
export async function openPart(transcript: Transcript, deviceId: Id, seed: Uint8Array): Promise<Uint8Array> {
  const part = transcript.recipients.find((recipient) => recipient.deviceId === deviceId);
  const { publicKey, secretKey } = ml_kem768.keygen(seed);
  try {
    if (part === undefined || !equalBytes(part.keyHash, await sha256(publicKey))) {
      throw new RuleBroken("contribution_unreadable");
    }
    const shared = ml_kem768.decapsulate(part.ciphertext, secretKey);
    const context = wrapContext(transcript, part);
    const key = await hkdf("SHA-256", shared, transcript.nonce, context);
    const secret = await openWithNonce(await importAesKey(key), ZERO_NONCE, context, part.wrapped).catch(
      (error: unknown) => {
        throw new RuleBroken("contribution_unreadable", error);
      },
    );
    wipe(shared, key);
    return secret;
  } finally {
    wipe(secretKey);
  }
}

function wrapContext(transcript: Transcript, { deviceId, keyHash }: Recipient): Uint8Array {
  const { conversation, generation, epoch, nonce, purpose } = transcript;
  return fields(
    LABEL.establishWrap,
    uuidBytes(conversation),
    generation,
    epoch,
    nonce,
    purpose,
    uuidBytes(deviceId),
    keyHash,
  );
}

/** The external PSK of the commit, 32 bytes. */
export function pskOf(secret: Uint8Array, id: Uint8Array, groupId: Uint8Array): Promise<Uint8Array> {
  return hkdf("SHA-256", secret, id, fields(LABEL.psk, groupId));
}
