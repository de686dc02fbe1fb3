/**
 * Bytes that are signed, hashed or authenticated: the twin of `shared/encoding.py`.
 *
 * Promises: decode(encode(x)) = x, one encoding per value, no ambiguity between neighbouring fields, and
 * `MalformedEncoding` (never another error) for any input that the encoder could not have made. Does not encrypt, sign or
 * judge the meaning of a field. `tests/vectors/encoding.json` holds both twins to the same bytes.
 *
 * A *statement* is a fixed sequence of fields. Each field is:
 *
 *   | bytes | what                                                                     |
 *   |-------|--------------------------------------------------------------------------|
 *   | 4     | length of the content, big endian                                        |
 *   | n     | content: raw bytes, UTF-8 text, u64 big endian, or (list) further fields |
 */

import { concat, equalBytes, sha256 } from "./bytes";

/** Algorithm identifier of the hybrid signature: Falcon-512 (round 3) and ECDSA P-256 with SHA-256. */
export const SUITE = "falcon-r3-512+ecdsa-p256-sha256";

export const FALCON_PUBLIC_KEY_BYTES = 897;
export const FALCON_SECRET_KEY_BYTES = 1281;
export const FALCON_SIGNATURE_MAX_BYTES = 752;
export const ECDSA_PUBLIC_KEY_BYTES = 65;
export const ECDSA_SIGNATURE_BYTES = 64;
export const HYBRID_PUBLIC_KEY_BYTES = FALCON_PUBLIC_KEY_BYTES + ECDSA_PUBLIC_KEY_BYTES;

/** Purpose and version of everything that is signed or hashed; a signature under one label is none under another. */
export const LABEL = {
  password: "QuantumChat/password/v1",
  passwordAuth: "QuantumChat/password-auth/v1",
  passwordWrap: "QuantumChat/password-wrap/v1",
  recoveryAuth: "QuantumChat/recovery-auth/v1",
  recoveryWrap: "QuantumChat/recovery-wrap/v1",
  vault: "QuantumChat/vault/v1",
  pins: "QuantumChat/pins/v1",
  auth: "QuantumChat/auth/v1",
  deviceCertificate: "QuantumChat/device-certificate/v1",
  deviceList: "QuantumChat/device-list/v1",
  mlKemKey: "QuantumChat/ml-kem-key/v1",
  safetyNumber: "QuantumChat/safety-number/v1",
  mls: "QuantumChat/mls/v1",
  authenticatedData: "QuantumChat/message/v1",
  commit: "QuantumChat/commit/v1",
  roster: "QuantumChat/roster/v1",
  roomState: "QuantumChat/room-state/v1",
  roomPolicy: "QuantumChat/room-policy/v1",
  roomProfile: "QuantumChat/room-profile/v1",
  roomChange: "QuantumChat/room-change/v1",
  roomJoin: "QuantumChat/room-join/v1",
  sessionState: "QuantumChat/session-state/v1",
  invitationKey: "QuantumChat/invitation-key/v1",
  invitationWelcome: "QuantumChat/invitation-welcome/v1",
  generation: "QuantumChat/generation/v1",
  lostState: "QuantumChat/lost-state/v1",
  chain: "QuantumChat/chain/v1",
  establish: "QuantumChat/establish/v1",
  establishWrap: "QuantumChat/establish-wrap/v1",
  psk: "QuantumChat/psk/v1",
  critical: "QuantumChat/critical/v1",
  receipt: "QuantumChat/receipt/v1",
  draw: "QuantumChat/draw/v1",
  file: "QuantumChat/file/v1",
  sentAgain: "QuantumChat/sent-again/v1",
} as const;

/** Bytes or text that no encoder of ours makes. */
export class MalformedEncoding extends Error {
  override name = "MalformedEncoding";
}

/** A UUID goes in as its 16 bytes (`uuidBytes`), a number as u64. */
export type Field = Uint8Array | string | number | bigint | readonly Field[];

const MAX_U64 = 2n ** 64n - 1n;
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Encodes the items, in order, as length-prefixed fields (layout above). */
export function fields(...items: readonly Field[]): Uint8Array {
  return concat(...items.map((item) => prefixed(content(item), 4)));
}

function content(item: Field): Uint8Array {
  if (item instanceof Uint8Array) return item;
  if (typeof item === "string") return utf8.encode(item);
  if (typeof item === "number" || typeof item === "bigint") return u64(item);
  return fields(...item);
}

/** Eight bytes, big endian; `RangeError` outside 0 … 2^64-1 or for a number that is not whole and exact. */
export function u64(value: number | bigint): Uint8Array {
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("not a whole number");
  const whole = BigInt(value);
  if (whole < 0n || whole > MAX_U64) throw new RangeError("number does not fit into 64 bits");
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, whole);
  return bytes;
}

function prefixed(data: Uint8Array, width: 2 | 4): Uint8Array {
  if (data.length >= 256 ** width) throw new RangeError("too long for its length field");
  const bytes = new Uint8Array(width + data.length);
  const view = new DataView(bytes.buffer);
  if (width === 2) view.setUint16(0, data.length);
  else view.setUint32(0, data.length);
  bytes.set(data, width);
  return bytes;
}

/** Reads the fields of one statement in order; every method throws `MalformedEncoding` on bad input. */
export class Reader {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  /** The next field, of exactly `length` bytes when given. */
  blob(length?: number): Uint8Array {
    const start = this.#at + 4;
    if (start > this.#data.length) throw new MalformedEncoding("a field is missing");
    const view = new DataView(this.#data.buffer, this.#data.byteOffset, this.#data.byteLength);
    const end = start + view.getUint32(this.#at);
    if (end > this.#data.length) throw new MalformedEncoding("a field is cut off");
    if (length !== undefined && end - start !== length) {
      throw new MalformedEncoding(`a field of ${length} bytes was expected`);
    }
    this.#at = end;
    return this.#data.slice(start, end);
  }

  text(): string {
    const data = this.blob();
    try {
      return strictUtf8.decode(data);
    } catch {
      throw new MalformedEncoding("a field is not UTF-8 text");
    }
  }

  bigint(): bigint {
    const data = this.blob(8);
    return new DataView(data.buffer).getBigUint64(0);
  }

  /** A number that JavaScript holds exactly (below 2^53); larger ones make no sense in our formats. */
  number(): number {
    const value = this.bigint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedEncoding("a number is out of range");
    return Number(value);
  }

  uuid(): string {
    return uuidText(this.blob(16));
  }

  /** A reader over the fields of the next field. */
  items(): Reader {
    return new Reader(this.blob());
  }

  /** Whether a field follows. */
  get more(): boolean {
    return this.#at < this.#data.length;
  }

  /** The next field must be this label. */
  label(expected: string): void {
    if (!equalBytes(this.blob(), utf8.encode(expected))) throw new MalformedEncoding(`not a ${expected} statement`);
  }

  /** Nothing may follow. */
  end(): void {
    if (this.more) throw new MalformedEncoding("bytes follow the last field");
  }

  /** Every field of the next field, each read by `read`. */
  list<T>(read: (item: Reader) => T): T[] {
    const items = this.items();
    const found: T[] = [];
    while (items.more) found.push(read(items));
    return found;
  }
}

/**
 * The bytes that both halves of a hybrid signature sign.
 *
 *   | bytes | what                                                                |
 *   |-------|---------------------------------------------------------------------|
 *   | 2 + n | label                                                               |
 *   | 2 + n | suite                                                               |
 *   | 32    | SHA-256(Falcon-512 public key ‖ ECDSA P-256 key, SEC1 uncompressed) |
 *   | 4 + n | context                                                             |
 *   | 4 + n | message                                                             |
 */
export async function signatureInput(
  label: string,
  publicKey: Uint8Array,
  context: Uint8Array,
  message: Uint8Array,
): Promise<Uint8Array> {
  splitPublicKey(publicKey);
  return concat(
    prefixed(utf8.encode(label), 2),
    prefixed(utf8.encode(SUITE), 2),
    await sha256(publicKey),
    prefixed(context, 4),
    prefixed(message, 4),
  );
}

/** `u16 length ‖ Falcon-512 signature ‖ 64-byte raw r‖s`. */
export function packSignature(falcon: Uint8Array, ecdsa: Uint8Array): Uint8Array {
  if (ecdsa.length !== ECDSA_SIGNATURE_BYTES || falcon.length === 0 || falcon.length > FALCON_SIGNATURE_MAX_BYTES) {
    throw new MalformedEncoding("not the halves of a hybrid signature");
  }
  return concat(prefixed(falcon, 2), ecdsa);
}

/** The Falcon-512 half and the raw 64-byte ECDSA half. */
export function unpackSignature(signature: Uint8Array): { falcon: Uint8Array; ecdsa: Uint8Array } {
  const length = ((signature[0] ?? 0) << 8) | (signature[1] ?? 0);
  const falcon = signature.slice(2, 2 + length);
  const ecdsa = signature.slice(2 + length);
  if (length === 0 || length > FALCON_SIGNATURE_MAX_BYTES || falcon.length !== length) {
    throw new MalformedEncoding("not a hybrid signature");
  }
  if (ecdsa.length !== ECDSA_SIGNATURE_BYTES) throw new MalformedEncoding("not a hybrid signature");
  return { falcon, ecdsa };
}

/** The 897-byte Falcon-512 key and the 65-byte uncompressed SEC1 point of a 962-byte hybrid public key. */
export function splitPublicKey(publicKey: Uint8Array): { falcon: Uint8Array; ecdsa: Uint8Array } {
  if (publicKey.length !== HYBRID_PUBLIC_KEY_BYTES) {
    throw new MalformedEncoding(`a hybrid public key has ${HYBRID_PUBLIC_KEY_BYTES} bytes`);
  }
  return {
    falcon: publicKey.slice(0, FALCON_PUBLIC_KEY_BYTES),
    ecdsa: publicKey.slice(FALCON_PUBLIC_KEY_BYTES),
  };
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map(Array.from(ALPHABET).map((character, value) => [character, value]));

/** Base64url without padding (RFC 4648 section 5). */
export function toBase64url(data: Uint8Array): string {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(data.length - at, 3) + 1;
    for (let digit = 0; digit < digits; digit++) text += ALPHABET.charAt((group >> (18 - 6 * digit)) & 63);
  }
  return text;
}

/** Strict inverse of `toBase64url`: padding, other alphabets and loose trailing bits are refused. */
export function fromBase64url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw new MalformedEncoding("not base64url");
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let width = 0;
  let at = 0;
  for (const character of text) {
    const value = VALUES.get(character);
    if (value === undefined) throw new MalformedEncoding("not base64url");
    bits = ((bits << 6) | value) & 0xffff;
    width += 6;
    if (width >= 8) {
      width -= 8;
      data[at++] = (bits >> width) & 0xff;
    }
  }
  if ((bits & ((1 << width) - 1)) !== 0) throw new MalformedEncoding("not base64url");
  return data;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The 16 bytes of a UUID in its one text form (lower case, with hyphens). */
export function uuidBytes(text: string): Uint8Array {
  if (!UUID.test(text)) throw new MalformedEncoding("not a UUID");
  const hex = text.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

export function uuidText(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new MalformedEncoding("not a UUID");
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|\+00:00)$/;

/** Milliseconds since 1970 of an RFC 3339 UTC time as the services write it. */
export function timeToMs(time: string): number {
  const ms = TIME.test(time) ? Date.parse(time) : Number.NaN;
  if (!Number.isSafeInteger(ms) || ms < 0) throw new MalformedEncoding("not a time");
  return ms;
}

export function msToTime(ms: number): string {
  return new Date(ms).toISOString();
}
