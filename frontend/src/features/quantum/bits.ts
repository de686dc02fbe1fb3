/** What can be counted in raw bits. */

export const SYMBOL_BITS = 4;
const SYMBOLS = 2 ** SYMBOL_BITS;
/** 95 of 100 values of a normal distribution are within so many deviations. */
const DEVIATIONS = 1.96;

export interface Histogram {
  /** How often each group of four bits came. */
  counts: number[];
  groups: number;
  expected: number;
  /** Where about 19 of 20 bars end when every group is as likely as the others. */
  low: number;
  high: number;
}

export function histogramOf(bytes: Uint8Array): Histogram {
  const symbols = Array.from(bytes).flatMap((byte) => [byte >> SYMBOL_BITS, byte % SYMBOLS]);
  const counts = Array.from({ length: SYMBOLS }, (_, symbol) => symbols.filter((other) => other === symbol).length);
  const groups = symbols.length;
  const expected = groups / SYMBOLS;
  const spread = DEVIATIONS * Math.sqrt(expected * (1 - 1 / SYMBOLS));
  return { counts, groups, expected, low: Math.max(0, expected - spread), high: expected + spread };
}

/** 0 or 1 each, the highest bit of a byte first. */
export const bitsOf = (bytes: Uint8Array): number[] =>
  Array.from(bytes).flatMap((byte) => Array.from({ length: 8 }, (_, at) => (byte >> (7 - at)) & 1));
