import { expect, test, vi } from "vitest";
import { concat } from "./bytes";
import { FALCON_PUBLIC_KEY_BYTES, LABEL, MalformedEncoding, packSignature, unpackSignature } from "./encoding";
import { falconSign, falconVerify } from "./falcon";
import {
  BadSignature,
  exportEcdsa,
  hybridKeyPair,
  HybridSigner,
  importEcdsa,
  verifyHalves,
  verifyHybrid,
} from "./hybrid";

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

test("P1.1 halves of impossible lengths are invalid, each by itself", async () => {
  const { falcon, ecdsa } = unpackSignature(signature);
  const judge = (halves: Parameters<typeof verifyHalves>[3]) =>
    verifyHalves(pair.publicKey, LABEL.auth, message, halves);
  expect(await judge({ falcon: new Uint8Array(), ecdsa })).toEqual({ falcon: "invalid", ecdsa: "valid" });
  expect(await judge({ falcon: new Uint8Array(753), ecdsa: null })).toEqual({ falcon: "invalid", ecdsa: "missing" });
  expect(await judge({ falcon, ecdsa: ecdsa.slice(1) })).toEqual({ falcon: "valid", ecdsa: "invalid" });
  for (const bad of [() => packSignature(new Uint8Array(), ecdsa), () => packSignature(falcon, ecdsa.slice(1))]) {
    expect(bad).toThrow(MalformedEncoding);
  }
});

test("P1.1 Falcon takes keys of its own lengths only", async () => {
  expect(() => falconSign(new Uint8Array(32), message)).toThrow(RangeError);
  expect(await falconVerify(new Uint8Array(896), message, unpackSignature(signature).falcon)).toBe(false);
});

test("P1.1 a browser that cannot verify does not call the signature bad", async () => {
  const broken = vi.spyOn(crypto.subtle, "verify").mockRejectedValue(new Error("no WebCrypto here"));
  const verified = verifyHybrid(pair.publicKey, LABEL.auth, message, signature);
  await expect(verified).rejects.not.toThrow(BadSignature);
  broken.mockRestore();
  await verifyHybrid(pair.publicKey, LABEL.auth, message, signature);
});

test("P1.2 a label that does not fit its length field signs nothing", async () => {
  await expect(signer.sign("x".repeat(65_536), message)).rejects.toThrow(RangeError);
});
