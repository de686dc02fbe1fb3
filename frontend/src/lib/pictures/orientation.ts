/** Which way up a picture is: the one thing of its Exif data that is kept (Exif 2.32, section 4.6.4, tag 0x0112). */
import { ascii, joined, Reader, uint, Unclear } from "./bytes";

const ORIENTATION = 0x0112;
const SHORT = 3;
const UPRIGHT = 1;

/** 2 to 8, from a TIFF header on; null for upright, and for what cannot be read: that is dropped all the same. */
export function orientationOf(tiff: Uint8Array): number | null {
  try {
    const reader = new Reader(tiff);
    const little = reader.text(2) === "II";
    reader.skip(2);
    reader.at = reader.number(4, little);
    const entries = reader.number(2, little);
    for (let entry = 0; entry < entries; entry++) {
      const from = reader.at;
      if (reader.number(2, little) === ORIENTATION && reader.number(2, little) === SHORT) {
        reader.skip(4);
        const found = reader.number(2, little);
        return found > UPRIGHT && found <= 8 ? found : null;
      }
      reader.at = from;
      reader.skip(12);
    }
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
  }
  return null;
}

/** A TIFF header that says this and nothing else. */
export function onlyOrientation(orientation: number): Uint8Array {
  const entry = [uint(ORIENTATION, 2), uint(SHORT, 2), uint(1, 4), uint(orientation, 2), uint(0, 2)];
  return joined([ascii("MM"), uint(42, 2), uint(8, 4), uint(1, 2), ...entry, uint(0, 4)]);
}
