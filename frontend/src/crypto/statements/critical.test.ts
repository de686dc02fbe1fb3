/** Critical messages: signed for one place, checked by the recipient, never silently shown as good (PROTOCOL.md 8.1, 8.2). */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import vectors from "../../../../tests/vectors/encoding.json";
import { sha512 } from "../primitives/bytes";
import { fromBase64url, packSignature, timeToMs, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { forgeMessage } from "../testing/attacker";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";
import type { MessageEntry } from "../types";
import type { WireRow } from "../wire";
import { bodyHash } from "./chain";
import { ciphertextHash, criticalDigest, encodeReceipt } from "./critical";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

const messages = async (browser: Browser) =>
  (await browser.entries(id)).filter((entry): entry is MessageEntry => entry.kind === "message");

const last = async (browser: Browser) => (await messages(browser)).at(-1)!;

const criticalFrom = async (browser: Browser) => {
  const next = await browser.api.nextOutgoing(id, "critical");
  if (next.kind !== "message" || next.message.message_type !== "critical") throw new Error(next.kind);
  return next.message;
};

/** Alice's critical message in the log, as the server changes it before Bob sees it; `rehash`: from the beginning. */
async function served(change: (row: WireRow) => void | Promise<void>, rehash = false): Promise<void> {
  await alice.api.enqueue(id, "the bridge is closed", "critical");
  const row = await alice.post(id, "critical");
  await change(row);
  if (rehash) {
    const { signature_falcon: falcon, signature_ecdsa: ecdsa } = row;
    const packed = falcon && ecdsa ? packSignature(fromBase64url(falcon), fromBase64url(ecdsa)) : undefined;
    row.body_hash = toBase64url(await bodyHash(fromBase64url(row.content!), packed));
    await service.rechain(id, row.seq);
  }
  await bob.sync(id);
}

test("P8.2 the signed bytes are those of shared vectors", async () => {
  const { critical } = vectors;
  const ciphertext = await ciphertextHash(unhex(critical.message));
  const subject = {
    conversation: critical.conversation,
    clientId: critical.client_id,
    deviceId: critical.device,
    ciphertext,
  };
  const { generation, epoch } = critical;
  const place = { ...subject, generation, epoch, commitment: unhex(critical.commitment) };
  expect(hex(await criticalDigest(place))).toBe(critical.signed);
  const receipt = encodeReceipt(subject, timeToMs(critical.time));
  expect([hex(receipt), hex(await sha512(receipt))]).toEqual([critical.receipt, critical.receipt_signed]);
  const signature = packSignature(unhex(critical.falcon), unhex(critical.ecdsa));
  expect(hex(await bodyHash(unhex(critical.message), signature))).toBe(critical.body_hash);
});

test("P8.2 both sides see both signatures and the receipt", async () => {
  const good = { falcon: "valid", ecdsa: "valid", receipt: "valid" };
  const sent = await alice.send(id, "the bridge is closed", "critical");
  expect(sent).toMatchObject({ critical: good, faults: [], state: "sent" });
  await bob.send(id, "understood", "critical");
  await bob.sync(id);
  await alice.sync(id);
  for (const browser of [alice, bob]) {
    const all = await messages(browser);
    expect(all.map(({ text }) => text)).toEqual(["the bridge is closed", "understood"]);
    for (const entry of all) expect(entry).toMatchObject({ critical: good, faults: [] });
    expect(await browser.problems(id)).toEqual([]);
  }
  await alice.send(id, "ordinary");
  await bob.sync(id);
  expect(await last(bob)).toMatchObject({ text: "ordinary", critical: null, faults: [] });
});

test("P8.2 a signature stripped on the way is named, and the message waits for it", async () => {
  let halves: Partial<WireRow> = {};
  await served((row) => {
    halves = { signature_falcon: row.signature_falcon!, signature_ecdsa: row.signature_ecdsa! };
    Object.assign(row, { signature_falcon: null, signature_ecdsa: null });
  });
  expect(await bob.problems(id)).toEqual(["signature_missing"]);
  expect(await messages(bob)).toEqual([]);
  Object.assign(service.conversation(id).rows.at(-1)!, halves);
  await bob.sync(id);
  expect(await last(bob)).toMatchObject({ text: "the bridge is closed", faults: [] });
});

test("P8.2 a log that never had the signature is named on the message", async () => {
  await served((row) => void Object.assign(row, { signature_falcon: null, signature_ecdsa: null }), true);
  expect(await last(bob)).toMatchObject({
    critical: { falcon: "missing", ecdsa: "missing" },
    faults: ["signature_missing"],
  });
  expect(await bob.problems(id)).toEqual(["signature_missing"]);
});

test.each(["signature_falcon", "signature_ecdsa"] as const)("P8.2 one wrong half (%s) is enough", async (name) => {
  await served((row) => {
    const bytes = fromBase64url(row[name]!);
    bytes[20]! ^= 1;
    row[name] = toBase64url(bytes);
  }, true);
  const half = name === "signature_falcon" ? "falcon" : "ecdsa";
  expect(await last(bob)).toMatchObject({ critical: { falcon: "valid", ecdsa: "valid", [half]: "invalid" } });
  expect((await last(bob)).faults).toEqual(["signature_invalid"]);
});

test("P8.2 another device's signature, or that of another message, is none", async () => {
  await bob.api.enqueue(id, "mine", "critical");
  const { signature_falcon, signature_ecdsa } = await criticalFrom(bob);
  await served((row) => void Object.assign(row, { signature_falcon, signature_ecdsa }), true);
  expect((await messages(bob))[0]).toMatchObject({
    critical: { falcon: "invalid", ecdsa: "invalid" },
    faults: ["signature_invalid"],
  });
});

test("P8.2 a type that the server flips is named on the message, which stays what it is", async () => {
  await served((row) => {
    row.message_type = "secured";
  });
  expect(await last(bob)).toMatchObject({ critical: { falcon: "valid" }, faults: ["type_flipped"] });
  await alice.sync(id);
  await alice.api.enqueue(id, "ordinary");
  (await alice.post(id)).message_type = "critical";
  await bob.sync(id);
  expect(await last(bob)).toMatchObject({ text: "ordinary", critical: null, faults: ["type_flipped"] });
  expect(await bob.problems(id)).toEqual(["type_flipped", "type_flipped"]);
});

test.each([
  ["critical", "secured"],
  ["secured", "critical"],
] as const)("P8.2 inside %s, outside %s: refused and named", async (insideType, type) => {
  const forged = await forgeMessage(alice, id, { insideType, data: { type } });
  await service.append(id, alice.sender, "message", forged.clientId, forged.message, undefined, { message_type: type });
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["type_mismatch"]);
  expect(await messages(bob)).toEqual([]);
});

test("P8.2 a receipt that is missing, of a foreign key, or of another message, is named on the message", async () => {
  const pair = await hybridKeyPair(false);
  const foreign = new HybridSigner(pair.publicKey, pair.secret);
  const subjectOf = async (row: WireRow) => ({
    conversation: id,
    clientId: row.client_id,
    deviceId: row.sender_device_id,
    ciphertext: await sha512(fromBase64url(row.content!)),
  });
  await served((row) => {
    row.receipt = null;
  });
  expect(await last(bob)).toMatchObject({
    critical: { falcon: "valid", receipt: "missing" },
    faults: ["receipt_missing"],
  });
  await alice.sync(id);
  await served(async (row) => {
    row.receipt = await service.receiptOf(await subjectOf(row), foreign);
  });
  expect(await last(bob)).toMatchObject({ critical: { receipt: "foreign_key" }, faults: ["receipt_foreign"] });
  await alice.sync(id);
  const [, first] = service.conversation(id).rows;
  await served(async (row) => {
    row.receipt = await service.receiptOf(await subjectOf(first!));
  });
  expect(await last(bob)).toMatchObject({ critical: { receipt: "other_message" }, faults: ["receipt_mismatch"] });
  expect(await bob.problems(id)).toEqual(["receipt_missing", "receipt_foreign", "receipt_mismatch"]);
});

test("P8.2 the sender checks its receipt too", async () => {
  await alice.api.enqueue(id, "one", "critical");
  const first = await alice.post(id, "critical");
  await alice.api.acknowledged(id, ackOf(first));
  await alice.api.enqueue(id, "two", "critical");
  const second = await alice.post(id, "critical");
  expect(await alice.api.acknowledged(id, { ...ackOf(second), receipt: first.receipt ?? null })).toMatchObject([
    { critical: { receipt: "other_message" }, faults: ["receipt_mismatch"] },
    { kind: "problem", code: "receipt_mismatch" },
  ]);
});

test("P8.2 without the notary's key the config is asked for once; a server that keeps it back makes no receipt good", async () => {
  const [genuine, none] = [await service.config(), await service.config()];
  none.notary_keys.receipt = null;
  bob = await bob.tampered("self", (self) => {
    self.receiptNotary = null;
  });
  await bob.sync(id);
  await alice.send(id, "signed", "critical");
  const { needs } = await bob.sync(id);
  expect(needs).toContainEqual({ kind: "config" });
  expect(await bob.texts(id)).toEqual([]);
  await bob.api.learnConfig(none);
  expect((await bob.sync(id)).needs).not.toContainEqual({ kind: "config" });
  expect(await last(bob)).toMatchObject({ critical: { falcon: "valid", receipt: "foreign_key" } });
  // One's own needs no receipt to be one's own; without the key nothing is said of it.
  await bob.api.enqueue(id, "mine", "critical");
  await bob.post(id, "critical");
  await bob.sync(id);
  expect(await last(bob)).toMatchObject({ text: "mine", critical: { falcon: "valid", receipt: null }, faults: [] });
  await bob.api.learnConfig(genuine);
  await alice.sync(id);
  await alice.send(id, "again", "critical");
  await bob.sync(id);
  expect(await last(bob)).toMatchObject({ text: "again", critical: { receipt: "valid" } });
});

test("P8.1 a critical message that waits blocks nothing, and keeps its place among the critical ones", async () => {
  await alice.api.enqueue(id, "first", "critical");
  await alice.api.enqueue(id, "second", "critical");
  const waiting = await criticalFrom(alice);
  await alice.api.postponed(id, waiting.client_id);
  await alice.send(id, "ordinary");
  expect(await criticalFrom(alice)).toEqual(waiting);
  await alice.api.postponed(id, waiting.client_id);
  const again = await alice.reload();
  await again.sync(id);
  for (let sent = 0; sent < 2; sent++) await again.api.acknowledged(id, ackOf(await again.post(id, "critical")));
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["ordinary", "first", "second"]);
  expect(await bob.problems(id)).toEqual([]);
});

test("P8.1 it is encrypted anew when too many have overtaken it, under the same id", async () => {
  await alice.api.enqueue(id, "patient", "critical");
  const waiting = await criticalFrom(alice);
  await alice.api.postponed(id, waiting.client_id);
  for (let at = 0; at < 30; at++) await alice.send(id, String(at));
  const anew = await criticalFrom(alice);
  expect(anew.client_id).toBe(waiting.client_id);
  expect(anew.content).not.toBe(waiting.content);
  await alice.api.acknowledged(id, ackOf(await alice.post(id, "critical")));
  await bob.sync(id);
  expect((await bob.texts(id)).at(-1)).toBe("patient");
  expect(await bob.problems(id)).toEqual([]);
});

test("P8.1 what waits can be taken back, what may be on its way cannot", async () => {
  await alice.api.enqueue(id, "no", "critical");
  const { client_id } = await criticalFrom(alice);
  await expect(alice.api.discard(id, client_id)).rejects.toThrow("out_of_order");
  await alice.api.postponed(id, client_id);
  await alice.api.discard(id, client_id);
  expect((await alice.api.nextOutgoing(id, "critical")).kind).toBe("empty");
});
