import { expect, test } from "vitest";
import { barePicture, Unclear } from "./bare";
import { ascii, joined, startsWith, uint } from "./bytes";
import { onlyOrientation, orientationOf } from "./orientation";

const SECRET = "52.5200N 13.4050E";
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
const bare = async (file: Uint8Array<ArrayBuffer>) => bytesOf(await barePicture(new Blob([file])));
/** Exif with more than the orientation, little endian. */
const EXIF = (() => {
  const entry = (tag: number, type: number, value: number) => [
    uint(tag, 2, true),
    uint(type, 2, true),
    uint(1, 4, true),
    uint(value, 4, true),
  ];
  const header = [ascii("II"), uint(42, 2, true), uint(8, 4, true), uint(2, 2, true)];
  return joined([...header, ...entry(0x8825, 4, 99), ...entry(0x0112, 3, 6), uint(0, 4, true), ascii(SECRET)]);
})();

const segment = (marker: number, content: Uint8Array) =>
  joined([Uint8Array.of(0xff, marker), uint(content.length + 2, 2), content]);
const SCAN = Uint8Array.of(1, 2, 0xff, 0, 3, 0xff, 0xd0, 4);
const END = Uint8Array.of(0xff, 0xd9);
const JPEG = {
  start: Uint8Array.of(0xff, 0xd8),
  jfif: segment(0xe0, joined([ascii("JFIF\0"), new Uint8Array(9)])),
  exif: segment(0xe1, joined([ascii("Exif\0\0"), EXIF])),
  xmp: segment(0xe1, ascii(`http://ns.adobe.com/xap/1.0/\0${SECRET}`)),
  profile: segment(0xe2, ascii("ICC_PROFILE\0\x01\x01 colours")),
  other: segment(0xe2, ascii(`MPF\0${SECRET}`)),
  photoshop: segment(0xed, ascii(`Photoshop 3.0\0${SECRET}`)),
  adobe: segment(0xee, ascii("Adobe\0transform")),
  comment: segment(0xfe, ascii(SECRET)),
  table: segment(0xdb, ascii("table")),
  frame: segment(0xc0, ascii("frame")),
  scan: joined([segment(0xda, ascii("scan")), SCAN]),
};
const jpeg = (...parts: (keyof typeof JPEG)[]) => joined([...parts.map((part) => JPEG[part]), END]);

test("a JPEG keeps its picture, its colours and which way up it is, and nothing else", async () => {
  const { xmp, other, photoshop, comment, start, jfif, profile, adobe, table, frame, scan } = JPEG;
  const second = jpeg("start", "exif", "scan");
  const file = joined([start, jfif, JPEG.exif, xmp, profile, other, photoshop, adobe, comment, table, frame, scan]);
  const found = await bare(joined([file, comment, scan, END, second, ascii(SECRET)]));
  const turned = segment(0xe1, joined([ascii("Exif\0\0"), onlyOrientation(6)]));
  expect(found).toEqual(joined([start, turned, jfif, profile, adobe, table, frame, scan, scan, END]));
  expect(text(found)).not.toContain(SECRET);
});

test("a JPEG without anything to hide stays as it is, also one that was cut off in its scan", async () => {
  const plain = jpeg("start", "jfif", "table", "frame", "scan");
  expect(await bare(plain)).toEqual(plain);
  expect(await bare(plain.slice(0, -END.length))).toEqual(plain);
});

const chunk = (kind: string, content: Uint8Array) =>
  joined([uint(content.length, 4), ascii(kind), content, ascii("crc!")]);

test("a PNG loses texts, times and all of its Exif data but the orientation", async () => {
  const signature = ascii("\x89PNG\r\n\x1a\n");
  const header = chunk("IHDR", ascii("size"));
  const [colours, image, end] = [chunk("iCCP", ascii("p")), chunk("IDAT", ascii("x")), chunk("IEND", new Uint8Array())];
  const said = ["tEXt", "iTXt", "zTXt", "eXIf", "tIME", "prVt"].map((kind) =>
    chunk(kind, kind === "eXIf" ? EXIF : ascii(SECRET)),
  );
  const found = await bare(joined([signature, header, ...said, colours, image, end, ascii(SECRET)]));
  // Its checksum as zlib computes it.
  const turned = joined([uint(26, 4), ascii("eXIf"), onlyOrientation(6), uint(0xd6674b69, 4)]);
  expect(text(found)).toBe(text(joined([signature, header, turned, colours, image, end])));
});

const riff = (kind: string, content: Uint8Array) =>
  joined([ascii(kind), uint(content.length, 4, true), content, new Uint8Array(content.length & 1)]);
const webp = (...chunks: Uint8Array[]) => {
  const body = joined([ascii("WEBP"), ...chunks]);
  return joined([ascii("RIFF"), uint(body.length, 4, true), body]);
};

test("a WebP says no more that it has what it has no more", async () => {
  const header = (flags: number) => riff("VP8X", Uint8Array.of(flags, 0, 0, 0, 1, 0, 0, 1, 0, 0));
  const image = riff("VP8L", ascii("odd"));
  const said = [riff("XMP ", ascii(SECRET)), riff("what", ascii(SECRET))];
  const found = await bare(joined([webp(header(0x3c), image, riff("EXIF", EXIF), ...said), ascii(SECRET)]));
  expect(found).toEqual(webp(header(0x38), image, riff("EXIF", onlyOrientation(6))));
  expect(await bare(webp(header(0x0c), image, ...said))).toEqual(webp(header(0), image));
  expect(await bare(webp(image))).toEqual(webp(image));
});

test("a GIF keeps pictures, their timing and how often they repeat", async () => {
  const block = (...parts: string[]) =>
    joined([...parts.map((part) => ascii(String.fromCharCode(part.length) + part)), Uint8Array.of(0)]);
  const extension = (label: number, content: Uint8Array) => joined([Uint8Array.of(0x21, label), content]);
  const header = joined([ascii("GIF89a"), Uint8Array.of(1, 0, 1, 0, 0x80, 0, 0), new Uint8Array(6)]);
  const repeats = extension(0xff, block("NETSCAPE2.0", "\x01\0\0"));
  const timing = extension(0xf9, block("\0\x0a\0\0"));
  const image = joined([Uint8Array.of(0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2), block("ab")]);
  const said = [extension(0xfe, block(SECRET)), extension(0xff, block("XMP DataXMP", SECRET))];
  const file = joined([header, repeats, ...said, timing, image, Uint8Array.of(0x3b), ascii(SECRET)]);
  expect(await bare(file)).toEqual(joined([header, repeats, timing, image, Uint8Array.of(0x3b)]));
});

const box = (kind: string, ...content: Uint8Array[]) => {
  const body = joined(content);
  return joined([uint(body.length + 8, 4), ascii(kind), body]);
};
const full = (version: number) => Uint8Array.of(version, 0, 0, 0);

test("HEIF and AVIF have their describing items blanked, and stay as long as they were", async () => {
  const infe = (item: number, kind: string) =>
    box("infe", full(2), uint(item, 2), uint(0, 2), ascii(kind), ascii("\0"));
  const iinf = box("iinf", full(0), uint(3, 2), infe(1, "hvc1"), infe(2, "Exif"), infe(3, "mime"));
  const place = (item: number, inside: number, from: number, length: number) => [
    uint(item, 2),
    uint(inside, 2),
    uint(0, 2),
    uint(1, 2),
    uint(from, 4),
    uint(length, 4),
  ];
  const image = ascii("the picture");
  const secret = ascii(SECRET);
  const build = (exifAt: number) => {
    const items = [...place(1, 0, 0, 4), ...place(2, 0, exifAt, secret.length), ...place(3, 1, 0, secret.length)];
    const iloc = box("iloc", full(1), Uint8Array.of(0x44, 0), uint(3, 2), ...items);
    const front = [box("ftyp", ascii("heic")), box("meta", full(0), iinf, iloc, box("idat", secret))];
    const notes = box("moov", box("trak", box("udta", secret), box("mdia", image)), box("udta", secret));
    return joined([...front, box("uuid", secret), notes, box("mdat", image, secret)]);
  };
  const size = build(0).length;
  const file = build(size - secret.length);
  const found = await bare(file);
  expect(found).toHaveLength(size);
  expect(text(file)).toContain(SECRET);
  expect(text(found)).not.toContain(SECRET);
  expect(text(found).match(/the picture/gu)).toHaveLength(2);
});

test.each([
  ["a JPEG with a segment that is longer than the file", joined([JPEG.start, ascii("\xff\xe1\xff\xff")])],
  ["a JPEG with bytes between its segments", joined([JPEG.start, JPEG.table, ascii("x"), JPEG.frame])],
  ["a PNG that ends early", ascii("\x89PNG\r\n\x1a\n\0\0\0\x01IHDR")],
  ["a GIF with an unknown block", ascii("GIF89a\x01\0\x01\0\0\0\0\x99")],
  [
    "a HEIF whose item lies elsewhere",
    joined([box("ftyp", ascii("heic")), box("meta", full(0), uint(99, 4), ascii("iinf"))]),
  ],
  ["a TIFF", ascii("II*\0\x08\0\0\0")],
  ["a JPEG XL with boxes", ascii("\0\0\0\x0cJXL \r\n\x87\n")],
] as [string, Uint8Array<ArrayBuffer>][])("%s is not guessed at", async (_, file) => {
  await expect(barePicture(new Blob([file]))).rejects.toBeInstanceOf(Unclear);
});

test("what is no picture is handed back as it is", async () => {
  for (const content of ["", "%PDF-1.7", "<svg/>", SECRET]) {
    const file = new Blob([content]);
    expect(await barePicture(file)).toBe(file);
  }
});

test("an orientation that cannot be read is none", () => {
  for (const bad of ["", "II", "MM\0*\0\0\0\x63", "MM\0*\0\0\0\x08\0\x09"])
    expect(orientationOf(ascii(bad))).toBeNull();
  expect(orientationOf(onlyOrientation(1))).toBeNull();
  expect(orientationOf(onlyOrientation(9))).toBeNull();
  expect(startsWith(onlyOrientation(8), "MM")).toBe(true);
});
