/**
 * Small tools over bytes and WebCrypto: hashes, HKDF (RFC 5869), AES-256-GCM (SP 800-38D), random bytes, UUIDv7 (RFC 9562).
 *
 * All randomness of the vault room comes from `crypto.getRandomValues`. Wiping is best effort: JavaScript may keep copies.
 */

export const NONCE_BYTES = 12;
export const KEY_BYTES = 32;

/** WebCrypto's types want an ArrayBuffer; ours are never shared memory. */
export type Buffer = Uint8Array<ArrayBuffer>;
export const buffer = (data: Uint8Array): Buffer => data as Buffer;

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes, in a time that depends on the length only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  return a.reduce((difference, byte, at) => difference | (byte ^ (b[at] ?? 0)), 0) === 0;
}

/** Bytewise order, shorter first. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [at, byte] of a.entries()) {
    // Behind the end of `b` everything is greater.
    const difference = byte - (b[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether each item is greater than the one before it. */
export function isAscending(items: readonly Uint8Array[]): boolean {
  let before: Uint8Array | null = null;
  for (const item of items) {
    if (before !== null && compareBytes(before, item) >= 0) return false;
    before = item;
  }
  return true;
}

export function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}

export function wipe(...secrets: (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

async function digest(algorithm: "SHA-256" | "SHA-512", data: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(algorithm, buffer(data)));
}

export const sha256 = (data: Uint8Array): Promise<Uint8Array> => digest("SHA-256", data);
export const sha512 = (data: Uint8Array): Promise<Uint8Array> => digest("SHA-512", data);

export async function hmacSha256(key: Uint8Array, data: Uint8Array): Promise<Uint8Array> {
  const imported = await crypto.subtle.importKey("raw", buffer(key), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, buffer(data)));
}

/** 32 bytes of HKDF (RFC 5869) over `secret`. */
export async function hkdf(
  hash: "SHA-256" | "SHA-512",
  secret: Uint8Array,
  salt: Uint8Array,
  info: Uint8Array | string,
): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", buffer(secret), "HKDF", false, ["deriveBits"]);
  const bytes = typeof info === "string" ? new TextEncoder().encode(info) : info;
  const parameters = { name: "HKDF", hash, salt: buffer(salt), info: buffer(bytes) };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 8 * KEY_BYTES));
}

/** A non-extractable AES-256-GCM key over these 32 bytes. */
export function importAesKey(key: Uint8Array): Promise<CryptoKey> {
  if (key.length !== KEY_BYTES) throw new RangeError("an AES-256 key has 32 bytes");
  return crypto.subtle.importKey("raw", buffer(key), "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** 12-byte random nonce ‖ AES-256-GCM ciphertext and tag. */
export async function seal(key: CryptoKey, aad: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array> {
  const nonce = randomBytes(NONCE_BYTES);
  const parameters = { name: "AES-GCM", iv: buffer(nonce), additionalData: buffer(aad) };
  return concat(nonce, new Uint8Array(await crypto.subtle.encrypt(parameters, key, buffer(plaintext))));
}

/** Inverse of `seal`; rejects (OperationError) when key, AAD or bytes differ. */
export async function openSealed(key: CryptoKey, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array> {
  return openWithNonce(key, sealed.subarray(0, NONCE_BYTES), aad, sealed.subarray(NONCE_BYTES));
}

export async function openWithNonce(
  key: CryptoKey,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Promise<Uint8Array> {
  const parameters = { name: "AES-GCM", iv: buffer(nonce), additionalData: buffer(aad) };
  return new Uint8Array(await crypto.subtle.decrypt(parameters, key, buffer(ciphertext)));
}

/** A UUIDv7: 48 bits of milliseconds, then random. */
export function uuidv7(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(now / 2 ** 32));
  view.setUint32(2, now % 2 ** 32);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
