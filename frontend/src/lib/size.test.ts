import { expect, test } from "vitest";
import { fromUrlAlphabet, toBase64 } from "./base64";
import { sizeWords } from "./size";

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1.0 kB"],
  [999_499, "999 kB"],
  [999_999, "1.0 MB"],
  [12_345_678, "12.3 MB"],
  [104_857_600, "105 MB"],
  [5_000_000_000_000, "5000 GB"],
])("%i bytes are %s", (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});

test("base64 of many bytes is what everybody else makes of them", () => {
  const bytes = Uint8Array.from({ length: 10_000 }, (_, at) => (at * 7) % 256);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(fromUrlAlphabet(Buffer.from(bytes).toString("base64url"))).toBe(toBase64(bytes).replaceAll("=", ""));
});
