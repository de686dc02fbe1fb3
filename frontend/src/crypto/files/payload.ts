/**
 * What a message says of a file: where it is, the key that opens it, and what can be shown before it is fetched.
 *
 * Promises: whatever bytes another member sent, what comes out is of this shape and harmless to show: a name without paths,
 * control characters or changes of direction, a type that is a type, a thumbnail that is a small JPEG.
 */

import { fromBase64url, MalformedEncoding, uuidBytes } from "../primitives/encoding";
import { RuleBroken } from "../failures";
import type { FileInfo } from "../types";
import type { Bytes } from "../wire";

/** The key (32 bytes) and the digest of the sealed chunks (32): they stay in the sealed store. */
export interface FileSecret {
  key: Bytes;
  digest: Bytes;
}

export interface FilePayload extends FileInfo, FileSecret {}

export const MAX_FILE_BYTES = 2 ** 36;
/** With what stands around it, in base64url, it must fit into a message. */
export const MAX_THUMBNAIL_BYTES = 24_576;
const MAX_NAME = 200;
const MAX_PIXELS = 65_535;
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/u;
/** Control characters, separators of paths, and marks that turn the direction of writing: `gpj.exe` must not look like a picture. */
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f/\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

export function safeName(name: string): string {
  const clean = name.replace(UNSAFE, "_").trim();
  if (clean === "" || /^\.+$/u.test(clean)) return "file";
  if (clean.length <= MAX_NAME) return clean;
  const ending = /\.[A-Za-z0-9]{1,10}$/u.exec(clean)?.[0] ?? "";
  return clean.slice(0, MAX_NAME - ending.length) + ending;
}

export const safeType = (type: string): string =>
  TYPE.test(type.toLowerCase()) ? type.toLowerCase() : "application/octet-stream";

/** Null: the message has no file. `bad_message` for one that no client of ours writes. */
export function readFile(content: unknown): FilePayload | null {
  const file = (content as { file?: unknown } | null)?.file;
  if (file === undefined) return null;
  try {
    return checked(file as Record<string, unknown>);
  } catch (error) {
    throw error instanceof RuleBroken ? error : new RuleBroken("bad_message", error);
  }
}

function checked(file: Record<string, unknown>): FilePayload {
  const id = text(file.id);
  uuidBytes(id);
  return {
    id,
    key: bytes(file.key, 32),
    digest: bytes(file.digest, 32),
    size: whole(file.size, 0, MAX_FILE_BYTES),
    name: safeName(text(file.name)),
    type: safeType(text(file.type)),
    ...dimensions(file),
    thumbnail: file.thumbnail === null ? null : thumbnail(text(file.thumbnail)),
  };
}

function dimensions({ width, height }: Record<string, unknown>): { width: number | null; height: number | null } {
  if (width === null && height === null) return { width: null, height: null };
  return { width: whole(width, 1, MAX_PIXELS), height: whole(height, 1, MAX_PIXELS) };
}

function text(value: unknown): string {
  if (typeof value !== "string" || value.length > 65_536) throw new RuleBroken("bad_message");
  return value;
}

function whole(value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value)) throw new RuleBroken("bad_message");
  const number = value as number;
  if (number < least || number > most) throw new RuleBroken("bad_message");
  return number;
}

function bytes(value: unknown, length: number): Bytes {
  const given = text(value);
  if (fromBase64url(given).length !== length) throw new MalformedEncoding("another length");
  return given;
}

/** Nothing but a JPEG is ever shown unasked. */
function thumbnail(value: Bytes): Bytes {
  const decoded = fromBase64url(value);
  const jpeg = decoded[0] === 0xff && decoded[1] === 0xd8 && decoded[2] === 0xff;
  if (!jpeg || decoded.length > MAX_THUMBNAIL_BYTES) throw new RuleBroken("bad_message");
  return value;
}

export function infoOf({ id, name, type, size, width, height, thumbnail }: FilePayload): FileInfo {
  return { id, name, type, size, width, height, thumbnail };
}
