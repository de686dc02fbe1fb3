import { expect, it } from "vitest";
import { digitGroups, fingerprintGroups } from "./fingerprint";
import { safeNext } from "./paths";

it("goes on only to a path of this client", () => {
  expect(safeNext("/c/1?message=2")).toBe("/c/1?message=2");
  for (const evil of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", null]) {
    expect(safeNext(evil)).toBe("/");
  }
});

it("shows a hash in groups of five digits, each from five bytes", () => {
  const bytes = new Uint8Array(32);
  bytes.set([0, 0, 0, 0, 7, 255, 255, 255, 255, 255]);
  const hash = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  // 2^40 - 1 = 1099511627775
  expect(fingerprintGroups(hash)).toEqual(["00007", "27775", "00000", "00000", "00000", "00000"]);
  expect(digitGroups("1234567890")).toEqual(["12345", "67890"]);
  expect(digitGroups("12345 67890")).toEqual(["12345", "67890"]);
});
