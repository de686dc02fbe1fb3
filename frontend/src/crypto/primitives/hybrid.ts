/**
 * Hybrid signatures: Falcon-512 *and* ECDSA P-256/SHA-256 over the same labelled bytes; valid only if both are.
 *
 * Promises: unforgeable while either half is. Verification throws `BadSignature`; it never answers a boolean that could
 * be overlooked. Does not: hide which half failed from the caller's timing.
 */

import type { HalfState } from "../types";
import { buffer, concat, wipe } from "./bytes";
import { MalformedEncoding, packSignature, signatureInput, splitPublicKey, unpackSignature } from "./encoding";
import { falconKeyPair, falconSign, falconVerify } from "./falcon";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const HASHED = { name: "ECDSA", hash: "SHA-256" };
const NO_CONTEXT = new Uint8Array();

export class BadSignature extends Error {
  override name = "BadSignature";
}

/** Something that signs with one hybrid key. */
export interface Signer {
  /** 962 bytes. */
  readonly publicKey: Uint8Array;
  sign(label: string, message: Uint8Array): Promise<Uint8Array>;
}

/** Private halves of a hybrid key; `falcon` is wiped by whoever took it. */
export interface HybridSecret {
  /** 1281 bytes. */
  falcon: Uint8Array;
  ecdsa: CryptoKey;
}

export interface HybridKeyPair {
  publicKey: Uint8Array;
  secret: HybridSecret;
}

/** `extractable` only for the account key, which has to go into the vault. */
export async function hybridKeyPair(extractable: boolean): Promise<HybridKeyPair> {
  const falcon = await falconKeyPair();
  const ecdsa = await crypto.subtle.generateKey(CURVE, extractable, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ecdsa.publicKey));
  return {
    publicKey: concat(falcon.publicKey, point),
    secret: { falcon: falcon.secretKey, ecdsa: ecdsa.privateKey },
  };
}

export async function exportEcdsa(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
}

export function importEcdsa(pkcs8: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", buffer(pkcs8), CURVE, false, ["sign"]);
}

export class HybridSigner implements Signer {
  constructor(
    readonly publicKey: Uint8Array,
    private readonly secret: HybridSecret,
  ) {}

  async sign(label: string, message: Uint8Array): Promise<Uint8Array> {
    const input = await signatureInput(label, this.publicKey, NO_CONTEXT, message);
    const falcon = await falconSign(this.secret.falcon, input);
    const ecdsa = new Uint8Array(await crypto.subtle.sign(HASHED, this.secret.ecdsa, buffer(input)));
    return packSignature(falcon, ecdsa);
  }

  wipe(): void {
    wipe(this.secret.falcon);
  }
}

/** Throws `BadSignature` unless both halves are valid. */
export async function verifyHybrid(
  publicKey: Uint8Array,
  label: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<void> {
  if (!(await bothValid(publicKey, label, message, signature).catch(unlessMalformed))) throw new BadSignature();
}

/** Each half by itself, for showing: only `verifyHybrid`, or two times `valid`, means that a signature holds. */
export async function verifyHalves(
  publicKey: Uint8Array,
  label: string,
  message: Uint8Array,
  halves: { falcon: Uint8Array | null; ecdsa: Uint8Array | null },
): Promise<{ falcon: HalfState; ecdsa: HalfState }> {
  const key = splitPublicKey(publicKey);
  const input = await signatureInput(label, publicKey, NO_CONTEXT, message);
  const state = async (half: Uint8Array | null, verify: (half: Uint8Array) => Promise<boolean>) => {
    if (half === null) return "missing" as const;
    return (await verify(half).catch(unlessMalformed)) ? ("valid" as const) : ("invalid" as const);
  };
  return {
    falcon: await state(halves.falcon, (half) => falconVerify(key.falcon, input, half)),
    ecdsa: await state(halves.ecdsa, (half) => ecdsaVerify(key.ecdsa, input, half)),
  };
}

async function ecdsaVerify(publicKey: Uint8Array, input: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const point = await crypto.subtle.importKey("raw", buffer(publicKey), CURVE, false, ["verify"]);
  return crypto.subtle.verify(HASHED, point, buffer(signature), buffer(input));
}

/** Bytes that are no key or no signature are just invalid; anything else (no WebAssembly, say) is not the signer's fault. */
function unlessMalformed(error: unknown): false {
  if (error instanceof MalformedEncoding || (error instanceof DOMException && error.name === "DataError")) return false;
  throw error;
}

async function bothValid(
  publicKey: Uint8Array,
  label: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = splitPublicKey(publicKey);
  const halves = unpackSignature(signature);
  const input = await signatureInput(label, publicKey, NO_CONTEXT, message);
  const classical = await ecdsaVerify(key.ecdsa, input, halves.ecdsa);
  return (await falconVerify(key.falcon, input, halves.falcon)) && classical;
}
