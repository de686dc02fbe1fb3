/** PNG (third edition, chapter 11): the chunks that the picture is made of, and those about its colours, size and motion. */
import { ascii, joined, Reader, startsWith, uint } from "./bytes";
import { onlyOrientation, orientationOf } from "./orientation";

const SIGNATURE = "\x89PNG\r\n\x1a\n";
const KEPT =
  "IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD pHYs hIST sPLT acTL fcTL fdAT".split(" ");

export const isPng = (bytes: Uint8Array): boolean => startsWith(bytes, SIGNATURE);

export function barePng(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(bytes);
  const parts = [reader.take(SIGNATURE.length)];
  for (let kind = ""; kind !== "IEND";) {
    const from = reader.at;
    const length = reader.number(4);
    kind = reader.text(4);
    const content = reader.take(length);
    reader.skip(4);
    if (KEPT.includes(kind)) parts.push(bytes.subarray(from, reader.at));
    const orientation = kind === "eXIf" ? orientationOf(content) : null;
    if (orientation !== null) parts.push(chunk("eXIf", onlyOrientation(orientation)));
  }
  return joined(parts);
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const body = joined([ascii(kind), content]);
  return joined([uint(content.length, 4), body, uint(crc32(body), 4)]);
}

/** CRC-32 of annex D. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
