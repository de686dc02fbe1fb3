import { expect, test } from "vitest";
import { bitsOf, histogramOf } from "./bits";

test("bits come highest first, and groups of four are counted in both halves of a byte", () => {
  expect(bitsOf(Uint8Array.of(0x81, 0x0f))).toEqual([1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 1]);
  const { counts, groups, expected } = histogramOf(Uint8Array.of(0x81, 0x0f));
  expect([counts[8], counts[1], counts[0], counts[15], groups, expected]).toEqual([1, 1, 1, 1, 4, 0.25]);
});

test("the band is where nineteen of twenty bars of a fair source end", () => {
  const { low, high } = histogramOf(new Uint8Array(512));
  // 64 ± 1.96 · √(64 · 15/16)
  expect(low).toBeCloseTo(48.82, 2);
  expect(high).toBeCloseTo(79.18, 2);
});
