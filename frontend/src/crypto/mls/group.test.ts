/** PROTOCOL.md 5.3, 6.6, 9.1: what the group itself refuses, whatever the rows around it say. */

import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { concat, randomBytes } from "../primitives/bytes";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { forgeCommit, forgeMessage, insider } from "../testing/attacker";
import { established } from "../testing/browser";
import { loadGroup, openCommit, openMessage, saveGroup, wroteItself } from "./group";
import { decodePrivate } from "./message";
import { deviceSuite } from "./suite";

const { alice, bob, id } = await established();
const { state, suite } = await insider(bob, id);
const commit = decodePrivate((await forgeCommit(alice, id)).commit);
const message = decodePrivate((await forgeMessage(alice, id)).message);

test("P9.1 a group state is read whole or called damaged", () => {
  const whole = saveGroup(state);
  expect(loadGroup(whole).groupContext.groupId).toEqual(state.groupContext.groupId);
  const damaged = [concat(whole, new Uint8Array(1)), whole.slice(0, -1), new Uint8Array(), randomBytes(50)];
  for (const bytes of damaged) expect(() => loadGroup(bytes)).toThrow("store_damaged");
});

test("P6.6 a message is no commit, and a commit no message", async () => {
  const accounts = new Set([alice.userId, bob.userId]);
  expect((await openCommit(suite, state, commit, accounts)).committer.deviceId).toBe(alice.deviceId);
  await expect(openCommit(suite, state, message, accounts)).rejects.toMatchObject({ code: "bad_message" });
  expect((await openMessage(suite, state, message)).author.deviceId).toBe(alice.deviceId);
  await expect(openMessage(suite, state, commit)).rejects.toMatchObject({ code: "bad_message" });
});

test("P9.1 only a message that this device has signed counts as its own", async () => {
  expect(await wroteItself(suite, state, message)).toBe(false);
  const cut = { ...message, ciphertext: message.ciphertext.slice(1) };
  expect(await wroteItself(suite, state, cut)).toBe(false);
  const hers = await insider(alice, id);
  expect(await wroteItself(hers.suite, state, message)).toBe(true);
});

test("P1.2 a group state of another device signs nothing", async () => {
  const pair = await hybridKeyPair(false);
  const other = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  expect(() => suite.cs.signature.sign(other.handle, randomBytes(9))).toThrow("another device's state");
  await expect(suite.cs.signature.keygen()).rejects.toThrow();
  const made = await suite.cs.signature.sign(suite.handle, message.ciphertext);
  expect(await suite.cs.signature.verify(suite.signer.publicKey, message.ciphertext, made)).toBe(true);
  expect(await suite.cs.signature.verify(pair.publicKey, message.ciphertext, made)).toBe(false);
});
