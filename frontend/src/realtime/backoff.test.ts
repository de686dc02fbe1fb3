import fc from "fast-check";
import { expect, test } from "vitest";
import { Backoff } from "./backoff";

test("the ceiling doubles from one second to thirty and the wait is anywhere below it", () => {
  const highest = new Backoff(() => 1);
  expect(Array.from({ length: 7 }, () => highest.next())).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  const lowest = new Backoff(() => 0);
  expect([lowest.next(), lowest.next()]).toEqual([0, 0]);
});

test("after a success it begins anew", () => {
  const backoff = new Backoff(() => 1);
  for (let i = 0; i < 9; i++) backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(1000);
});

test("no wait is ever above the ceiling, whatever the randomness", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 200 }), (draws) => {
      let index = 0;
      const backoff = new Backoff(() => draws[index++] ?? 0);
      return draws.every(() => backoff.next() <= 30_000);
    }),
  );
});
