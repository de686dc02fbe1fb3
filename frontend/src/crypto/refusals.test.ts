/** Whose fault an error is: what others sent is refused by name, a fault of ours is never put down to them. */

import { expect, test } from "vitest";
import { CryptoFailure, failureCode, RuleBroken } from "./failures";
import { MalformedEncoding } from "./primitives/encoding";
import { BadSignature } from "./primitives/hybrid";
import { readOr, refuse } from "./refusals";

const thrown = (error: unknown): unknown => {
  try {
    return refuse("bad_message", error);
  } catch (found) {
    return found;
  }
};

test("bytes that cannot be read, or are not signed as they say, break the rule", () => {
  for (const error of [new MalformedEncoding("cut off"), new BadSignature()]) {
    expect(thrown(error)).toMatchObject({ code: "bad_message", cause: error });
  }
});

test("a rule that has a name keeps it, and an error of ours stays what it is", () => {
  for (const error of [new RuleBroken("log_fork"), new TypeError("a defect")]) expect(thrown(error)).toBe(error);
});

test("reading gives what was read, the other answer for bad bytes, and hides no defect", async () => {
  expect(await readOr("refused", () => Promise.resolve("read"))).toBe("read");
  expect(await readOr("refused", () => Promise.reject(new BadSignature()))).toBe("refused");
  expect(await readOr("refused", () => Promise.reject(new MalformedEncoding("cut off")))).toBe("refused");
  const defect = new TypeError("a defect");
  await expect(readOr("refused", () => Promise.reject(defect))).rejects.toBe(defect);
});

test("an error out of the worker has its code, and anything without one is internal", () => {
  expect(failureCode(new CryptoFailure("locked"))).toBe("locked");
  const unknown = new Error("a code of a later version");
  unknown.name = "CryptoFailure";
  expect([unknown, new Error("locked"), "locked", undefined].map(failureCode)).toEqual(
    Array.from({ length: 4 }, () => "internal_error"),
  );
});
