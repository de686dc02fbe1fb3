import { expect, test, vi } from "vitest";
import type { CryptoApi, LocalAccount } from "../crypto/client";
import { TestClock } from "../testing/clock";
import type { Environment } from "./environment";
import { Phases } from "./phases";

/** An account that another tab writes for: this one can remove it all the same. */
function begin(clearScratch: () => Promise<void>) {
  let accounts = [{ userId: "anna", username: "anna", device: "bound", deviceId: "desk" } as unknown as LocalAccount];
  const crypto = {
    localAccounts: () => Promise.resolve(accounts),
    close: () => Promise.resolve(),
    erase: vi.fn(() => Promise.resolve(void (accounts = []))),
  };
  const environment = {
    origin: "",
    cookies: true,
    clock: new TestClock(),
    random: () => 0,
    notes: { get: () => "anna", set: () => undefined },
    writer: {
      acquire: (_name: string, claim: string) =>
        claim === "wait" ? new Promise(() => undefined) : Promise.resolve(false),
      release: () => undefined,
    },
    clearScratch,
  };
  const phases = new Phases(environment as unknown as Environment, crypto as unknown as CryptoApi, () => undefined);
  return { phases, crypto };
}

test("removing this browser removes the files that were opened in it", async () => {
  const clearScratch = vi.fn(() => Promise.resolve());
  const { phases, crypto } = begin(clearScratch);
  await phases.start();
  await phases.removeBrowser(null);
  expect(crypto.erase).toHaveBeenCalledWith("anna");
  expect(clearScratch).toHaveBeenCalledOnce();
});

test("erasing what is kept of an account does so too, and goes on where there is nothing to clear", async () => {
  const clearScratch = vi.fn(() => Promise.reject(new DOMException("none here", "SecurityError")));
  const { phases, crypto } = begin(clearScratch);
  await phases.eraseKept("anna");
  expect(crypto.erase).toHaveBeenCalledWith("anna");
  expect(clearScratch).toHaveBeenCalledOnce();
});
