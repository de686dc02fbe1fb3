/** The signed receipt of a draw: only the pinned notary's word on a draw counts (PROTOCOL.md 11.1, 11.2). */

import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { fields, LABEL, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { Browser } from "../testing/browser";
import { FakeService } from "../testing/fakeService";
import { readDraw } from "./draw";

const newSigner = async () => {
  const pair = await hybridKeyPair(false);
  return new HybridSigner(pair.publicKey, pair.secret);
};
const notary = await newSigner();
const pinned = toBase64url(notary.publicKey);
const digest = new Uint8Array(64);
const said = { sources: ["os"], credited_bits: 0 };

async function signed(statement: Uint8Array, signer = notary, label: string = LABEL.draw) {
  return { statement: toBase64url(statement), signature: toBase64url(await signer.sign(label, statement)) };
}
const statementOf = (receipt: string, label: string = LABEL.draw) => fields(label, digest, receipt);

test("P11.1 the receipt of a draw is what the pinned notary signed for a draw", async () => {
  const statement = statementOf(JSON.stringify(said));
  expect(await readDraw(await signed(statement), pinned)).toEqual(said);
});

test("P11.1 another key, another label, another statement and bytes that nobody reads are no receipt", async () => {
  const statement = statementOf(JSON.stringify(said));
  const genuine = await signed(statement);
  const better = statementOf(JSON.stringify({ ...said, credited_bits: 512 }));
  const wrong = [
    await signed(statement, await newSigner()),
    await signed(statement, notary, LABEL.receipt),
    await signed(statementOf(JSON.stringify(said), LABEL.receipt)),
    { ...genuine, statement: toBase64url(better) },
    { ...genuine, signature: "AAAA" },
    { ...genuine, statement: "!" },
    await signed(statementOf("no JSON")),
    await signed(fields(LABEL.draw, new Uint8Array(63), "{}")),
    await signed(fields(LABEL.draw, digest, "{}", 1)),
  ];
  for (const draw of wrong) expect(await readDraw(draw, pinned)).toBeNull();
  expect(await readDraw(genuine, null)).toBeNull();
});

test("P11.2 the vault asks for the key of receipts that it pinned", async () => {
  const service = new FakeService();
  const { api } = await Browser.register(service, "draw");
  await api.learnConfig(await service.config());
  const statement = statementOf(JSON.stringify(said));
  expect(await api.verifiedReceipt(await signed(statement, await service.receipts()))).toEqual(said);
  expect(await api.verifiedReceipt(await signed(statement, await service.notary()))).toBeNull();
});
