import { expect, test } from "vitest";
import { concat } from "./bytes";
import { FALCON_PUBLIC_KEY_BYTES, LABEL, packSignature, unpackSignature } from "./encoding";
import { BadSignature, exportEcdsa, hybridKeyPair, HybridSigner, importEcdsa, verifyHybrid } from "./hybrid";

const message = new TextEncoder().encode("what is signed");
const pair = await hybridKeyPair(true);
const signer = new HybridSigner(pair.publicKey, pair.secret);
const signature = await signer.sign(LABEL.auth, message);

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

test("P1.1 a hybrid signature verifies", async () => {
  await verifyHybrid(pair.publicKey, LABEL.auth, message, signature);
});

test("P1.2 a signature under one label is none under another", async () => {
  await expect(verifyHybrid(pair.publicKey, LABEL.mls, message, signature)).rejects.toThrow(BadSignature);
});

test("P1.1 both halves must be valid: one alone is not enough", async () => {
  const halves = unpackSignature(signature);
  const broken = [
    packSignature(flipped(halves.falcon, 60), halves.ecdsa),
    packSignature(halves.falcon, flipped(halves.ecdsa, 10)),
    flipped(signature, 0),
    signature.slice(0, -1),
    concat(signature, new Uint8Array(1)),
    new Uint8Array(),
  ];
  for (const bad of broken) {
    await expect(verifyHybrid(pair.publicKey, LABEL.auth, message, bad)).rejects.toThrow(BadSignature);
  }
  await expect(verifyHybrid(pair.publicKey, LABEL.auth, flipped(message, 0), signature)).rejects.toThrow(BadSignature);
});

test("P1.1 halves of two keys do not make a third", async () => {
  const other = await hybridKeyPair(true);
  const mixed = concat(
    pair.publicKey.slice(0, FALCON_PUBLIC_KEY_BYTES),
    other.publicKey.slice(FALCON_PUBLIC_KEY_BYTES),
  );
  const falcon = unpackSignature(signature).falcon;
  const ecdsa = unpackSignature(await new HybridSigner(other.publicKey, other.secret).sign(LABEL.auth, message)).ecdsa;
  await expect(verifyHybrid(mixed, LABEL.auth, message, packSignature(falcon, ecdsa))).rejects.toThrow(BadSignature);
});

test("a key that is no point, or of another length, is just invalid", async () => {
  for (const key of [new Uint8Array(962), pair.publicKey.slice(1)]) {
    await expect(verifyHybrid(key, LABEL.auth, message, signature)).rejects.toThrow(BadSignature);
  }
});

test("an exported account key signs again", async () => {
  const ecdsa = await importEcdsa(await exportEcdsa(pair.secret.ecdsa));
  const again = new HybridSigner(pair.publicKey, { falcon: pair.secret.falcon, ecdsa });
  await verifyHybrid(pair.publicKey, LABEL.auth, message, await again.sign(LABEL.auth, message));
});
