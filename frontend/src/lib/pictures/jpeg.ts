/**
 * JPEG (ITU-T T.81, annex B): of the segments only those that the picture is made of, its colour profile and how its colours
 * were transformed. Whatever stands behind the picture goes too: a second one there, as of a portrait or a film, has data of its own.
 */
import { ascii, joined, Reader, startsWith, uint, Unclear } from "./bytes";
import { onlyOrientation, orientationOf } from "./orientation";

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
const EXIF = "Exif\0\0";

export const isJpeg = (bytes: Uint8Array): boolean => startsWith(bytes, "\xff\xd8\xff");

export function bareJpeg(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(bytes);
  reader.skip(2);
  const kept: Uint8Array[] = [];
  let orientation: number | null = null;
  for (let marker = next(reader); marker !== EOI; marker = next(reader)) {
    const segment = reader.take(reader.number(2) - 2);
    if (marker === APP1 && startsWith(segment, EXIF)) orientation ??= orientationOf(segment.subarray(EXIF.length));
    if (belongs(marker, segment)) kept.push(framed(marker, segment));
    if (marker === SOS) kept.push(scan(reader));
  }
  const turned = orientation === null ? [] : [framed(APP1, joined([ascii(EXIF), onlyOrientation(orientation)]))];
  return joined([Uint8Array.of(0xff, SOI), ...turned, ...kept, Uint8Array.of(0xff, EOI)]);
}

const framed = (marker: number, segment: Uint8Array) =>
  joined([Uint8Array.of(0xff, marker), uint(segment.length + 2, 2), segment]);

/** One that was cut off behind its scans is shown by browsers as far as it goes. */
function next(reader: Reader): number {
  if (reader.left === 0) return EOI;
  if (reader.number(1) !== 0xff) throw new Unclear();
  let marker = reader.number(1);
  while (marker === 0xff) marker = reader.number(1);
  return marker;
}

function belongs(marker: number, segment: Uint8Array): boolean {
  // Frames and Huffman tables; tables of quantisation, number of lines, restart interval, and the scan's own header.
  if ((marker >= 0xc0 && marker <= 0xcf) || (marker >= SOS && marker <= 0xdd)) return true;
  if (marker === 0xe0) return startsWith(segment, "JFIF\0") && segment.length === 14;
  if (marker === 0xe2) return startsWith(segment, "ICC_PROFILE\0");
  return marker === 0xee && startsWith(segment, "Adobe");
}

/** Compressed data up to the next marker that is neither a stuffed byte nor a restart. */
function scan(reader: Reader): Uint8Array {
  const { bytes, at: from } = reader;
  for (let at = bytes.indexOf(0xff, from); ; at = bytes.indexOf(0xff, at + 1)) {
    const after = bytes[at + 1];
    if (at === -1 || after === undefined) return reader.take(bytes.length - from);
    if (after !== 0 && after !== 0xff && !(after >= 0xd0 && after <= 0xd7)) return reader.take(at - from);
  }
}
