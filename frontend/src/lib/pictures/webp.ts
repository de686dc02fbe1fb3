/** WebP (RFC 9649, section 2): picture, transparency, motion and colour profile. */
import { ascii, joined, Reader, startsWith, uint } from "./bytes";
import { onlyOrientation, orientationOf } from "./orientation";

const KEPT = ["VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"];
const SAYS_EXIF = 0x08;
const SAYS_XMP = 0x04;

export const isWebp = (bytes: Uint8Array): boolean => startsWith(bytes, "RIFF") && startsWith(bytes, "WEBP", 8);

export function bareWebp(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(bytes);
  reader.skip(4);
  // What stands behind is no part of the picture.
  const end = Math.min(bytes.length, 8 + reader.number(4, true));
  reader.skip(4);
  const kept: Uint8Array[] = [];
  let header: Uint8Array | null = null;
  let orientation: number | null = null;
  while (reader.at + 8 <= end) {
    const kind = reader.text(4);
    const content = reader.take(reader.number(4, true));
    reader.skip(Math.min(content.length & 1, reader.left));
    if (kind === "VP8X") header = content.slice();
    else if (kind === "EXIF")
      orientation ??= orientationOf(startsWith(content, "Exif\0\0") ? content.subarray(6) : content);
    else if (KEPT.includes(kind)) kept.push(chunk(kind, content));
  }
  if (header !== null) {
    header[0] = (header[0] ?? 0) & ~(SAYS_XMP | SAYS_EXIF);
    if (orientation !== null) {
      header[0] |= SAYS_EXIF;
      kept.push(chunk("EXIF", onlyOrientation(orientation)));
    }
    kept.unshift(chunk("VP8X", header));
  }
  const body = joined([ascii("WEBP"), ...kept]);
  return joined([ascii("RIFF"), uint(body.length, 4, true), body]);
}

const chunk = (kind: string, content: Uint8Array) =>
  joined([ascii(kind), uint(content.length, 4, true), content, new Uint8Array(content.length & 1)]);
