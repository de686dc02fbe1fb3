/**
 * A file as sealed chunks: STREAM over AES-256-GCM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and
 * its Nonce-Reuse Misuse-Resistance, CRYPTO 2015), a fresh key for each file.
 *
 * Promises: a chunk opens in its own place of its own file only, so that whatever is cut off, exchanged, repeated or flipped is
 * noticed at that chunk; at most one chunk is in memory; a key never seals two chunks under one nonce: each is sealed once, in
 * order. The number of bytes tells the size in steps (Padmé).
 * Does not: keep the key, or know what the file is.
 *
 *   | nonce     | what                                      |
 *   |-----------|-------------------------------------------|
 *   | 7 bytes   | zeros: the key itself is fresh            |
 *   | 4         | number of the chunk, from 0, big endian   |
 *   | 1         | 1 for the last chunk, else 0              |
 *
 *   AAD = fields(file/v1, conversation, file id), the same for every chunk
 */

import { buffer, concat, equalBytes, sha256 } from "../primitives/bytes";
import { fields, LABEL, uuidBytes } from "../primitives/encoding";
import { CryptoFailure } from "../failures";
import type { Id } from "../wire";

export const CHUNK_BYTES = 1 << 20;
export const TAG_BYTES = 16;
const NONCE_BYTES = 12;
const LEAST_BYTES = 4096;

/**
 * Size with padding: Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: Reducing Metadata Leakage from Encrypted Files and
 * Communication with PURBs, PoPETs 2019), at most 12 % more, and never less than 4 KiB.
 */
export function paddedSize(size: number): number {
  if (size <= LEAST_BYTES) return LEAST_BYTES;
  const exponent = Math.floor(Math.log2(size));
  const step = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(size / step) * step;
}

/** How a file of this size is cut. */
export interface Plan {
  readonly size: number;
  readonly padded: number;
  readonly chunks: number;
  /** Of the ciphertext, as the server counts it. */
  readonly sealedBytes: number;
}

export function planOf(size: number): Plan {
  const padded = paddedSize(size);
  const chunks = Math.ceil(padded / CHUNK_BYTES);
  return { size, padded, chunks, sealedBytes: padded + chunks * TAG_BYTES };
}

/** Bytes of the file itself in this chunk; the padding behind them is the sealer's. */
export function contentLength({ size }: Plan, number: number): number {
  return Math.min(CHUNK_BYTES, Math.max(0, size - number * CHUNK_BYTES));
}

const paddedLength = ({ padded }: Plan, number: number) => Math.min(CHUNK_BYTES, padded - number * CHUNK_BYTES);

export interface Place {
  readonly conversation: Id;
  readonly file: Id;
}

/** What both ways share: the place of the next chunk, and the digest over all sealed ones. */
class Stream {
  #next = 0;
  readonly #hashes: Uint8Array[] = [];
  readonly #aad: Uint8Array;

  constructor(
    protected readonly key: CryptoKey,
    place: Place,
    protected readonly plan: Plan,
  ) {
    this.#aad = fields(LABEL.file, uuidBytes(place.conversation), uuidBytes(place.file));
  }

  /** Every chunk once, in order. */
  protected take(number: number): AesGcmParams {
    if (number !== this.#next || number >= this.plan.chunks) throw new CryptoFailure("out_of_order");
    this.#next += 1;
    const iv = new Uint8Array(NONCE_BYTES);
    const view = new DataView(iv.buffer);
    view.setUint32(7, number);
    view.setUint8(11, number === this.plan.chunks - 1 ? 1 : 0);
    return { name: "AES-GCM", iv, additionalData: buffer(this.#aad), tagLength: 8 * TAG_BYTES };
  }

  protected note(hash: Uint8Array): void {
    this.#hashes.push(hash);
  }

  get complete(): boolean {
    return this.#hashes.length === this.plan.chunks;
  }

  digest(): Promise<Uint8Array> {
    return digestOf(this.plan, this.#hashes);
  }
}

/** SHA-256 over the SHA-256 of every sealed chunk, in order. */
export function digestOf(plan: Plan, hashes: readonly Uint8Array[]): Promise<Uint8Array> {
  if (hashes.length !== plan.chunks) throw new CryptoFailure("out_of_order");
  return sha256(concat(...hashes));
}

export interface SealedChunk {
  bytes: Uint8Array;
  sha256: Uint8Array;
}

export class FileSealer extends Stream {
  static async create(key: Uint8Array, place: Place, plan: Plan): Promise<FileSealer> {
    return new FileSealer(await importKey(key, "encrypt"), place, plan);
  }

  /** `content`: what the file has there, of exactly the planned length; `file_changed` for anything else. */
  async seal(number: number, content: Uint8Array): Promise<SealedChunk> {
    if (content.length !== contentLength(this.plan, number)) throw new CryptoFailure("file_changed");
    const parameters = this.take(number);
    const padded = new Uint8Array(paddedLength(this.plan, number));
    padded.set(content);
    const bytes = new Uint8Array(await crypto.subtle.encrypt(parameters, this.key, padded));
    const hash = await sha256(bytes);
    this.note(hash);
    return { bytes, sha256: hash };
  }
}

export class FileOpener extends Stream {
  private constructor(
    key: CryptoKey,
    place: Place,
    plan: Plan,
    private readonly expected: Uint8Array,
  ) {
    super(key, place, plan);
  }

  static async create(key: Uint8Array, place: Place, plan: Plan, digest: Uint8Array): Promise<FileOpener> {
    return new FileOpener(await importKey(key, "decrypt"), place, plan, digest);
  }

  /** The file's bytes in this chunk; `file_damaged` when it is not what was sealed there. */
  async open(number: number, sealed: Uint8Array): Promise<Uint8Array> {
    const parameters = this.take(number);
    if (sealed.length !== paddedLength(this.plan, number) + TAG_BYTES) throw new CryptoFailure("file_damaged");
    const content = await crypto.subtle.decrypt(parameters, this.key, buffer(sealed)).catch((error: unknown) => {
      throw new CryptoFailure("file_damaged", error);
    });
    this.note(await sha256(sealed));
    if (this.complete && !equalBytes(await this.digest(), this.expected)) throw new CryptoFailure("file_damaged");
    return new Uint8Array(content, 0, contentLength(this.plan, number));
  }
}

function importKey(key: Uint8Array, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", buffer(key), "AES-GCM", false, [use]);
}
