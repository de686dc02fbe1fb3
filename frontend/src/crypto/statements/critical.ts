/**
 * Critical messages (PROTOCOL.md 8.2, docs/crypto.md "Critical messages"): what is signed about them, and how it is judged.
 *
 *   statement = fields(critical/v1, conversation, generation, group id (20), epoch, client id, device, SHA-512(MLS message), commitment)
 *   signature = hybrid, by the sender's device, over SHA-512(statement): detached, part of the body
 *   receipt   = fields(receipt/v1, conversation, client id, SHA-512(MLS message), device, time), its SHA-512 signed by the notary
 *
 * Promises: a message is `valid` only if both halves are, with the key of the MLS leaf that wrote it, for this very place; what is
 * missing or wrong is named, one code each. Does not: trust the server's `verified`, or hide a message for a bad receipt.
 */

import { type ProblemCode, RuleBroken } from "../failures";
import { type AuthenticatedData, decodeAuthenticatedData, decodePrivate } from "../mls/message";
import { groupIdOf } from "../mls/suite";
import { equalBytes, sha512 } from "../primitives/bytes";
import {
  fields,
  fromBase64url,
  LABEL,
  MalformedEncoding,
  msToTime,
  packSignature,
  Reader,
  uuidBytes,
} from "../primitives/encoding";
import { type Signer, verifyHalves, verifyHybrid } from "../primitives/hybrid";
import { readOr } from "../refusals";
import type { CriticalProof } from "../types";
import type { Bytes, Id, WireReceipt, WireRow } from "../wire";

const NONE = new Uint8Array();

/** The message that a signature or a receipt is about. */
export interface Subject {
  conversation: Id;
  clientId: Id;
  deviceId: Id;
  /** SHA-512 of the MLS message. */
  ciphertext: Uint8Array;
}

export interface SignedPlace extends Subject {
  generation: number;
  epoch: number;
  commitment: Uint8Array;
}

export const ciphertextHash = (message: Uint8Array): Promise<Uint8Array> => sha512(message);

/** What the sender's device signs (64 bytes). */
export function criticalDigest(place: SignedPlace): Promise<Uint8Array> {
  return sha512(
    fields(
      LABEL.critical,
      uuidBytes(place.conversation),
      place.generation,
      groupIdOf(place.conversation, place.generation),
      place.epoch,
      uuidBytes(place.clientId),
      uuidBytes(place.deviceId),
      place.ciphertext,
      place.commitment,
    ),
  );
}

/** The packed hybrid signature. */
export async function signCritical(signer: Signer, place: SignedPlace): Promise<Uint8Array> {
  return signer.sign(LABEL.critical, await criticalDigest(place));
}

type Halves = Pick<WireRow, "signature_falcon" | "signature_ecdsa">;

/** The detached signature of a row's body, packed; empty when it has none. `MalformedEncoding` for one half alone. */
export function detachedSignature(row: Halves): Uint8Array {
  const halves = halvesOf(row);
  return halves.falcon === null && halves.ecdsa === null
    ? NONE
    : packSignature(halves.falcon ?? NONE, halves.ecdsa ?? NONE);
}

function halvesOf({ signature_falcon, signature_ecdsa }: Halves) {
  const half = (text: Bytes | null | undefined) => (text == null ? null : fromBase64url(text));
  return { falcon: half(signature_falcon), ecdsa: half(signature_ecdsa) };
}

/** Whether the signature of a critical message was taken off on the way: its body cannot hash to what the chain covers then. */
export function isStripped(row: WireRow, content: Uint8Array): boolean {
  if (row.kind !== "message" || detachedSignature(row).length > 0) return false;
  try {
    return decodeAuthenticatedData(decodePrivate(content).authenticatedData).type === "critical";
  } catch (error) {
    if (error instanceof RuleBroken || error instanceof MalformedEncoding) return false;
    throw error;
  }
}

export interface Judgement {
  proof: CriticalProof;
  faults: ProblemCode[];
}

/** Somebody else's critical message. `publicKey` is that of the leaf that wrote it. */
export async function judgeCritical(
  row: Halves & Pick<WireRow, "epoch" | "receipt">,
  content: Uint8Array,
  data: AuthenticatedData,
  author: { deviceId: Id; publicKey: Uint8Array },
  notaryKey: Bytes | null,
): Promise<Judgement> {
  const subject = {
    conversation: data.conversation,
    clientId: data.clientId,
    deviceId: author.deviceId,
    ciphertext: await ciphertextHash(content),
  };
  const place = { ...subject, generation: data.generation, epoch: row.epoch, commitment: data.commitment };
  const digest = await criticalDigest(place);
  const halves = await verifyHalves(author.publicKey, LABEL.critical, digest, halvesOf(row));
  const states = [halves.falcon, halves.ecdsa];
  const receipt = await judgeReceipt(row.receipt ?? null, subject, notaryKey);
  const faults: ProblemCode[] = [];
  if (states.includes("missing")) faults.push("signature_missing");
  else if (states.includes("invalid")) faults.push("signature_invalid");
  if (receipt.fault !== null) faults.push(receipt.fault);
  return {
    proof: { ...halves, receiptAt: receipt.at, receipt: receipt.state, checkedAt: msToTime(Date.now()) },
    faults,
  };
}

/** One's own: the signature is this device's, so only the receipt is to be judged. */
export async function judgeOwn(receipt: WireReceipt | null, subject: Subject, notaryKey: Bytes): Promise<Judgement> {
  const { state, at, fault } = await judgeReceipt(receipt, subject, notaryKey);
  const proof = { ...ownProof(), receipt: state, receiptAt: at };
  return { proof, faults: fault === null ? [] : [fault] };
}

/** Signed here; no receipt yet. */
export function ownProof(): CriticalProof {
  return { falcon: "valid", ecdsa: "valid", receipt: null, receiptAt: null, checkedAt: msToTime(Date.now()) };
}

interface ReceiptVerdict {
  state: CriticalProof["receipt"];
  at: CriticalProof["receiptAt"];
  fault: ProblemCode | null;
}

async function judgeReceipt(
  wire: WireReceipt | null,
  subject: Subject,
  notaryKey: Bytes | null,
): Promise<ReceiptVerdict> {
  if (wire === null) return { state: "missing", at: null, fault: "receipt_missing" };
  const foreign = { state: "foreign_key", at: null, fault: "receipt_foreign" } as const;
  if (notaryKey === null) return foreign;
  return readOr<ReceiptVerdict, ReceiptVerdict>(foreign, async () => {
    const statement = fromBase64url(wire.statement);
    await verifyHybrid(fromBase64url(notaryKey), LABEL.receipt, await sha512(statement), fromBase64url(wire.signature));
    const { timeMs, ...named } = readReceipt(statement);
    const same =
      named.conversation === subject.conversation &&
      named.clientId === subject.clientId &&
      named.deviceId === subject.deviceId &&
      equalBytes(named.ciphertext, subject.ciphertext);
    if (!same) return { state: "other_message", at: null, fault: "receipt_mismatch" };
    return { state: "valid", at: msToTime(timeMs), fault: null };
  });
}

export function encodeReceipt(subject: Subject, timeMs: number): Uint8Array {
  const { conversation, clientId, ciphertext, deviceId } = subject;
  return fields(LABEL.receipt, uuidBytes(conversation), uuidBytes(clientId), ciphertext, uuidBytes(deviceId), timeMs);
}

function readReceipt(statement: Uint8Array): Subject & { timeMs: number } {
  const reader = new Reader(statement);
  reader.label(LABEL.receipt);
  const receipt = {
    conversation: reader.uuid(),
    clientId: reader.uuid(),
    ciphertext: reader.blob(64),
    deviceId: reader.uuid(),
    timeMs: reader.number(),
  };
  reader.end();
  return receipt;
}
