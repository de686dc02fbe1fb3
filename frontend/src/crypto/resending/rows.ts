/**
 * What an answer to `ask_again` holds, and how it is sealed (docs/crypto.md "Sent again").
 *
 *   answer = HPKE (RFC 9180, mode base, the suite of the group) to the question's key,
 *            info = fields(sent-again/v1, conversation, question, user id ‖ device id that answers, device that asked),
 *            over JSON [row, …]
 *   sealed = kem output (1120) ‖ ciphertext
 *   row    = {seq, id, expires, said: null or {k, type, json, body: null or {content, signature_falcon, signature_ecdsa, receipt}}}
 *
 * Promises: nobody but the device that asked reads it, whoever else is in the group by now; nor that device's thief later on,
 * once the question's key is erased.
 */

import type { RowBody } from "../conversation/sentRows";
import { RuleBroken } from "../failures";
import { paddedLength } from "../mls/message";
import { type DeviceSuite, type DeviceRef } from "../mls/suite";
import { concat } from "../primitives/bytes";
import {
  fields,
  fromBase64url,
  LABEL,
  MalformedEncoding,
  timeToMs,
  toBase64url,
  uuidBytes,
} from "../primitives/encoding";
import { refuse } from "../refusals";
import { detachedSignature } from "../statements/critical";
import type { Bytes, Id, Time } from "../wire";

/** Of X-Wing. */
const KEM_OUTPUT_BYTES = 1120;
const K_BYTES = 32;
const utf8 = new TextEncoder();

/** Of the rows of one answer, as JSON: sealed and as base64url it stays below the largest bucket. */
export const MAX_ANSWER_BYTES = 44_000;
/** More than what stands around the padded text in a row: of MLS, and signature and receipt of a critical one. */
const AROUND_BYTES = 8192;

/** As JSON. */
export const bytesOf = (value: unknown): number => utf8.encode(JSON.stringify(value)).length;

export interface AnsweredRow {
  seq: number;
  clientId: Id;
  expiresAt: Time | null;
  /** Null: nothing of it is left to be read, or it was nothing that is sent again. */
  said: { k: Bytes; type: string; json: string; body: RowBody | null } | null;
}

/** Whether these words are short enough to come with the body that proves them: they are taken, and sent, only so. */
export function needsBody(said: NonNullable<AnsweredRow["said"]>): boolean {
  const plaintext = paddedLength({ ...said, k: fromBase64url(said.k) });
  if (plaintext === null) return true;
  return bytesOf({ ...said, body: null }) + (plaintext * 4) / 3 + AROUND_BYTES <= MAX_ANSWER_BYTES;
}

export interface Question {
  conversation: Id;
  ask: Id;
  answerer: DeviceRef;
  asker: Id;
}

function infoOf({ conversation, ask, answerer, asker }: Question): Uint8Array {
  const by = concat(uuidBytes(answerer.userId), uuidBytes(answerer.deviceId));
  return fields(LABEL.sentAgain, uuidBytes(conversation), uuidBytes(ask), by, uuidBytes(asker));
}

/** Throws `bad_message` for a key that is none. */
export async function sealRows(
  { cs: { hpke } }: DeviceSuite,
  key: Bytes,
  question: Question,
  rows: readonly AnsweredRow[],
): Promise<Bytes> {
  const plaintext = utf8.encode(JSON.stringify(rows.map(encodeRow)));
  try {
    const publicKey = await hpke.importPublicKey(fromBase64url(key));
    const { enc, ct } = await hpke.seal(publicKey, plaintext, infoOf(question));
    return toBase64url(concat(enc, ct));
  } catch (error) {
    throw new RuleBroken("bad_message", error);
  }
}

/** Throws `bad_message`. */
export async function openRows(
  { cs: { hpke } }: DeviceSuite,
  privateKey: Bytes,
  question: Question,
  sealed: Bytes,
): Promise<AnsweredRow[]> {
  const key = await hpke.importPrivateKey(fromBase64url(privateKey));
  const bytes = sealedBytes(sealed);
  const [enc, ct] = [bytes.slice(0, KEM_OUTPUT_BYTES), bytes.slice(KEM_OUTPUT_BYTES)];
  const plaintext = await hpke.open(key, enc, ct, infoOf(question)).catch((error: unknown) => {
    throw new RuleBroken("bad_message", error);
  });
  return readRows(new TextDecoder().decode(plaintext));
}

function sealedBytes(text: Bytes): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (error) {
    return refuse("bad_message", error);
  }
}

const encodeRow = ({ seq, clientId, expiresAt, said }: AnsweredRow) => ({
  seq,
  id: clientId,
  expires: expiresAt,
  said,
});

/** Throws `bad_message` for what no client of ours makes. */
export function readRows(text: string): AnsweredRow[] {
  try {
    const rows: unknown = JSON.parse(text);
    if (!Array.isArray(rows)) throw new MalformedEncoding("no rows");
    return rows.map(readRow);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RuleBroken("bad_message", error);
    return refuse("bad_message", error);
  }
}

type Json = Record<string, unknown>;

function object(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedEncoding("no object");
  return value as Json;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new MalformedEncoding("no text");
  return value;
}

const orNull = <T>(value: unknown, read: (value: unknown) => T): T | null =>
  value === null || value === undefined ? null : read(value);

function bytes(value: unknown, length?: number): Bytes {
  const decoded = fromBase64url(text(value));
  if (length !== undefined && decoded.length !== length) throw new MalformedEncoding("wrong length");
  return text(value);
}

function time(value: unknown): Time {
  timeToMs(text(value));
  return text(value);
}

function readRow(value: unknown): AnsweredRow {
  const { seq, id, expires, said } = object(value);
  if (typeof seq !== "number" || !Number.isSafeInteger(seq)) throw new MalformedEncoding("no place");
  uuidBytes(text(id));
  return { seq, clientId: text(id), expiresAt: orNull(expires, time), said: orNull(said, readSaid) };
}

function readSaid(value: unknown): AnsweredRow["said"] {
  const { k, type, json, body } = object(value);
  return { k: bytes(k, K_BYTES), type: text(type), json: text(json), body: orNull(body, readBody) };
}

function readBody(value: unknown): RowBody {
  const { content, signature_falcon, signature_ecdsa, receipt } = object(value);
  const body = {
    content: bytes(content),
    signature_falcon: orNull(signature_falcon, (half) => bytes(half)),
    signature_ecdsa: orNull(signature_ecdsa, (half) => bytes(half)),
    receipt: orNull(receipt, (given) => {
      const { statement, signature } = object(given);
      return { statement: bytes(statement), signature: bytes(signature) };
    }),
  };
  detachedSignature(body); // both halves, or none
  return body;
}
