import { beforeEach, expect, test } from "vitest";
import { type CryptoApi } from "../crypto/client";
import { RefreshToken } from "./refreshToken";

/** The one record of the sealed store that this is about. */
let sealed: string | null;
const crypto = {
  refreshToken: () => Promise.resolve(sealed),
  keepRefreshToken: (token: string | null) => {
    sealed = token;
    return Promise.resolve();
  },
} as Pick<CryptoApi, "refreshToken" | "keepRefreshToken"> as CryptoApi;
let token: RefreshToken;

beforeEach(() => {
  sealed = null;
  token = new RefreshToken(crypto, false);
});

test("P2.7 with a cookie nothing is kept here", async () => {
  const own = new RefreshToken(crypto, true);
  await own.opened();
  expect([own.transport, await own.read(), sealed]).toEqual(["cookie", null, null]);
});

test("P2.7 what was given before the store opened goes into it, and the newest is read from there", async () => {
  await token.keep("given at the sign-in");
  expect([sealed, await token.read()]).toEqual([null, "given at the sign-in"]);
  await token.opened();
  expect(sealed).toBe("given at the sign-in");
  sealed = "rotated by another tab";
  expect(await token.read()).toBe("rotated by another tab");
  await token.keep("the next");
  expect(sealed).toBe("the next");
});

test("P2.7 after a reload the store has it", async () => {
  sealed = "from before";
  await token.opened();
  expect(await token.read()).toBe("from before");
});

test("P2.7 an account that is left keeps none on disk; the sign-out can still be told, and then it is forgotten", async () => {
  sealed = "good";
  await token.opened();
  await token.left();
  expect([sealed, await token.read()]).toEqual([null, "good"]);
  token.forget();
  expect(await token.read()).toBeNull();
  await token.keep("of somebody else");
  expect(sealed).toBeNull();
});
