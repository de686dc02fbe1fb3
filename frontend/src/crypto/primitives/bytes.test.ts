import { expect, test } from "vitest";
import { compareBytes, importAesKey, isAscending, uuidv7 } from "./bytes";

const bytes = (...values: number[]) => Uint8Array.from(values);

test("bytes are ordered one by one, and what is shorter comes first", () => {
  const ordered = [bytes(), bytes(0), bytes(0, 0), bytes(0, 255), bytes(1), bytes(1, 0), bytes(255)];
  for (const [at, one] of ordered.entries()) {
    for (const [behind, other] of ordered.entries()) {
      expect(Math.sign(compareBytes(one, other))).toBe(Math.sign(at - behind));
    }
  }
});

test("a list is ascending only when each item is greater than the one before", () => {
  expect(isAscending([])).toBe(true);
  expect(isAscending([bytes(7)])).toBe(true);
  expect(isAscending([bytes(1), bytes(2), bytes(2, 0)])).toBe(true);
  expect(isAscending([bytes(1), bytes(1)])).toBe(false);
  expect(isAscending([bytes(1), bytes(3), bytes(2)])).toBe(false);
});

test("an AES key of another length than 256 bits is never used", () => {
  for (const length of [16, 24, 31, 33]) expect(() => importAesKey(new Uint8Array(length))).toThrow(RangeError);
});

test("RFC 9562 a UUIDv7 holds its time, version and variant", () => {
  const text = uuidv7(0x0123_4567_89ab);
  expect(text).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidv7(0x0123_4567_89ab)).not.toBe(text);
});
