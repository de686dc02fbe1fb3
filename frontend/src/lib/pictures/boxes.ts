/**
 * HEIF and AVIF (ISO/IEC 14496-12 and 23008-12): the items that describe the picture are blanked where they lie, since others
 * are found by their place in the file. Which way up it is stands among the picture's properties, not in its Exif item.
 */
import { Reader, startsWith, Unclear } from "./bytes";

const BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1", "avif", "avis"];
/** Exif, XMP and the like, and what somebody put there by an address. */
const DESCRIBING = ["Exif", "mime", "uri "];

export const isHeif = (bytes: Uint8Array): boolean =>
  startsWith(bytes, "ftyp", 4) && BRANDS.some((brand) => startsWith(bytes, brand, 8));

interface Box {
  kind: string;
  content: Reader;
}

export function bareHeif(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bare = bytes.slice();
  for (const box of boxes(new Reader(bare))) {
    if (box.kind === "meta") blankItems(bare, box.content);
    // A film in it keeps its own notes.
    else if (box.kind === "moov") blankNotes(box.content);
    else if (box.kind === "uuid") box.content.bytes.fill(0);
  }
  return bare;
}

function* boxes(reader: Reader): Generator<Box> {
  while (reader.left > 0) {
    const short = reader.number(4);
    const kind = reader.text(4);
    const length = short === 1 ? reader.number(8) - 16 : short === 0 ? reader.left : short - 8;
    yield { kind, content: new Reader(reader.take(length)) };
  }
}

function blankNotes(film: Reader): void {
  for (const { kind, content } of boxes(film)) {
    if (kind === "udta" || kind === "meta" || kind === "uuid") content.bytes.fill(0);
    else if (kind === "trak") blankNotes(content);
  }
}

function blankItems(file: Uint8Array, meta: Reader): void {
  meta.skip(4);
  const all = new Map([...boxes(meta)].map(({ kind, content }) => [kind, content]));
  const [infos, places] = [all.get("iinf"), all.get("iloc")];
  if (infos === undefined || places === undefined) return;
  const describing = describingItems(infos);
  for (const { item, inside, from, length } of extents(places)) {
    if (!describing.has(item)) continue;
    const whole = inside === 0 ? file : inside === 1 ? all.get("idat")?.bytes : undefined;
    if (whole === undefined || from + length > whole.length) throw new Unclear();
    whole.fill(0, from, length === 0 ? whole.length : from + length);
  }
}

function describingItems(reader: Reader): Set<number> {
  const version = reader.number(1);
  reader.skip(3);
  reader.skip(version === 0 ? 2 : 4);
  const found = new Set<number>();
  for (const { kind, content } of boxes(reader)) {
    const of = kind === "infe" ? content.number(1) : 0;
    if (of < 2) throw new Unclear();
    content.skip(3);
    const item = content.number(of === 2 ? 2 : 4);
    content.skip(2);
    if (DESCRIBING.includes(content.text(4))) found.add(item);
  }
  return found;
}

interface Extent {
  item: number;
  /** 0: from the beginning of the file, 1: of the `idat` box. */
  inside: number;
  from: number;
  length: number;
}

function* extents(reader: Reader): Generator<Extent> {
  const version = reader.number(1);
  reader.skip(3);
  const sizes = reader.number(2);
  const [offset, length, base, index] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15, sizes & 15];
  const items = reader.number(version < 2 ? 2 : 4);
  for (let count = 0; count < items; count++) {
    const item = reader.number(version < 2 ? 2 : 4);
    const inside = version === 0 ? 0 : reader.number(2) & 15;
    reader.skip(2);
    const start = reader.number(base);
    const parts = reader.number(2);
    for (let part = 0; part < parts; part++) {
      if (version > 0) reader.skip(index);
      yield { item, inside, from: start + reader.number(offset), length: reader.number(length) };
    }
  }
}
