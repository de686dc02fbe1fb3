import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { cryptoFigures } from "./figures";

test("every operation is measured, and a longer text makes a longer message", async () => {
  const { times, bytes } = await cryptoFigures(2, 1);
  const names = [
    "encrypt",
    "decrypt",
    "send secured",
    "receive secured",
    "send critical",
    "receive critical",
    "password",
  ];
  expect(Object.keys(times).sort()).toEqual(names.sort());
  for (const measured of Object.values(times)) expect(measured).toHaveLength(2);
  expect(bytes.long).toBeGreaterThan(bytes.short);
  expect(bytes.short).toBeGreaterThan(256);
});
