/**
 * A picture without what it says of itself: place, time, camera, owner, comments, smaller copies. The picture stays bit for
 * bit, with its colour profile and which way up it is.
 *
 * Does not: change what is no picture, nor SVG and BMP, which have none of it.
 */
import { bareGif, isGif } from "./gif";
import { bareHeif, isHeif } from "./boxes";
import { startsWith, Unclear } from "./bytes";
import { bareJpeg, isJpeg } from "./jpeg";
import { barePng, isPng } from "./png";
import { bareWebp, isWebp } from "./webp";

export { Unclear } from "./bytes";

const HEAD_BYTES = 16;
/** Larger ones would take too much memory. */
const MOST_BYTES = 100_000_000;

const KNOWN: readonly [(head: Uint8Array) => boolean, (bytes: Uint8Array) => Uint8Array<ArrayBuffer>][] = [
  [isJpeg, bareJpeg],
  [isPng, barePng],
  [isWebp, bareWebp],
  [isGif, bareGif],
  [isHeif, bareHeif],
];
/** TIFF, and with it the raw pictures of cameras; JPEG XL with boxes. */
const CLOSED = ["II*\0", "MM\0*", "\0\0\0\x0cJXL "];

/** The same file if it is no picture; `Unclear` for a picture of which nobody here knows what it says. */
export async function barePicture(file: Blob): Promise<Blob> {
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const known = KNOWN.find(([fits]) => fits(head));
  if (known !== undefined && file.size <= MOST_BYTES) {
    return new Blob([known[1](new Uint8Array(await file.arrayBuffer()))], { type: file.type });
  }
  if (known !== undefined || CLOSED.some((magic) => startsWith(head, magic))) throw new Unclear();
  return file;
}
