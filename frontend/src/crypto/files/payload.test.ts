import { expect, test } from "vitest";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { toBase64url } from "../primitives/encoding";
import { type FilePayload, infoOf, MAX_THUMBNAIL_BYTES, readFile, safeName } from "./payload";

const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]);
const good: FilePayload = {
  id: uuidv7(),
  key: toBase64url(randomBytes(32)),
  digest: toBase64url(randomBytes(32)),
  size: 5,
  name: "cake.jpg",
  type: "image/jpeg",
  width: 4000,
  height: 3000,
  thumbnail: toBase64url(JPEG),
};

test("a message without a file has none, one with a file has it whole", () => {
  expect(readFile({ text: "hello" })).toBeNull();
  expect(readFile({ text: "", file: { ...good, later: "ignored" } })).toEqual(good);
  expect(readFile({ file: { ...good, width: null, height: null, thumbnail: null } })).toMatchObject({ width: null });
  expect(infoOf(good)).not.toHaveProperty("key");
  expect(infoOf(good)).not.toHaveProperty("digest");
});

test.each([
  null,
  7,
  {},
  [],
  { ...good, id: "../../etc" },
  { ...good, key: toBase64url(randomBytes(31)) },
  { ...good, key: `${good.key}=` },
  { ...good, digest: "" },
  { ...good, size: -1 },
  { ...good, size: 1.5 },
  { ...good, size: 2 ** 40 },
  { ...good, size: "5" },
  { ...good, name: 7 },
  { ...good, width: 0 },
  { ...good, width: null },
  { ...good, height: 10 ** 9 },
  { ...good, thumbnail: toBase64url(new TextEncoder().encode("<svg onload=alert(1)>")) },
  { ...good, thumbnail: toBase64url(new Uint8Array([...JPEG, ...new Uint8Array(MAX_THUMBNAIL_BYTES)])) },
  { ...good, thumbnail: undefined },
])("what no client of ours writes is no file: %#", (file) => {
  expect(() => readFile({ text: "", file })).toThrow("bad_message");
});

test.each([
  ["../../etc/passwd", ".._.._etc_passwd"],
  ["photo\u202egpj.exe", "photo_gpj.exe"],
  ["a\u0000b\nc", "a_b_c"],
  ["  ", "file"],
  ["..", "file"],
  [`${"long".repeat(100)}.tar.gz`, `${"long".repeat(100).slice(0, 197)}.gz`],
  ["кот 🐈.png", "кот 🐈.png"],
])("the name %j is shown as %j", (name, shown) => {
  expect(safeName(name)).toBe(shown);
  expect(readFile({ file: { ...good, name } })?.name).toBe(shown);
});

test.each(["text/html; charset=utf-8", "image", "javascript:alert(1)", "a/b/c", "x".repeat(200)])(
  "%j is no type that anybody opens",
  (type) => {
    expect(readFile({ file: { ...good, type } })?.type).toBe("application/octet-stream");
  },
);
