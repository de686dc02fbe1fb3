/** What is said of a file before it is fetched: name, type, and of pictures size and a small JPEG, made here. */
import { kindOf } from "../../../realtime/files/kinds";
import type { AboutFile } from "../../../realtime/state";

const SIDE = 360;
/** Larger pictures would take too much memory to decode. */
const MOST_BYTES = 40_000_000;
/** What a message has room for. */
const MOST_THUMBNAIL = 24_576;
const QUALITIES = [0.8, 0.6, 0.4, 0.2];

const toUrlAlphabet = (text: string) => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export async function describe(file: File): Promise<AboutFile> {
  const type = file.type === "" ? "application/octet-stream" : file.type;
  const plain: AboutFile = { name: file.name, type, width: null, height: null, thumbnail: null };
  if (kindOf(type) !== "image" || file.size > MOST_BYTES) return plain;
  // What this browser cannot decode is sent all the same.
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (bitmap === null) return plain;
  const { width, height } = bitmap;
  const thumbnail = await thumbnailOf(bitmap).catch(() => null);
  bitmap.close();
  return { ...plain, width, height, thumbnail };
}

async function thumbnailOf(bitmap: ImageBitmap): Promise<string | null> {
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = new OffscreenCanvas(width ?? 1, height ?? 1);
  const context = canvas.getContext("2d");
  if (context === null) return null;
  // JPEG has no transparency.
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const quality of QUALITIES) {
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
    if (blob.size > MOST_THUMBNAIL) continue;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    return toUrlAlphabet(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")));
  }
  return null;
}
