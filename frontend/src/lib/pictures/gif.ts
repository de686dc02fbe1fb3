/** GIF (89a, sections 17 to 27): without comments, and of the applications' blocks only that about repeating. */
import { joined, Reader, startsWith, Unclear } from "./bytes";

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TRAILER = 0x3b;
const CONTROL = 0xf9;
const TEXT = 0x01;
const APPLICATION = 0xff;
const REPEATING = ["NETSCAPE2.0", "ANIMEXTS1.0"];

export const isGif = (bytes: Uint8Array): boolean => startsWith(bytes, "GIF8");

export function bareGif(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(bytes);
  reader.skip(10);
  const flags = reader.number(1);
  reader.skip(2 + table(flags));
  const parts = [bytes.subarray(0, reader.at)];
  for (;;) {
    const from = reader.at;
    const kind = reader.left === 0 ? TRAILER : reader.number(1);
    if (kind === TRAILER) return joined([...parts, Uint8Array.of(TRAILER)]);
    if (kind !== IMAGE && kind !== EXTENSION) throw new Unclear();
    const keep = kind === IMAGE ? image(reader) : extension(reader);
    while (skipBlock(reader) > 0);
    if (keep) parts.push(bytes.subarray(from, reader.at));
  }
}

/** Bytes of the colour table that these flags announce. */
const table = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

function image(reader: Reader): boolean {
  reader.skip(8);
  reader.skip(table(reader.number(1)) + 1);
  return true;
}

function extension(reader: Reader): boolean {
  const label = reader.number(1);
  if (label !== APPLICATION) return label === CONTROL || label === TEXT;
  const from = reader.at;
  skipBlock(reader);
  const name = String.fromCharCode(...reader.bytes.subarray(from + 1, reader.at));
  return REPEATING.includes(name);
}

function skipBlock(reader: Reader): number {
  const length = reader.number(1);
  reader.skip(length);
  return length;
}
