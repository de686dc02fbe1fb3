/**
 * What an invitation link carries, PROTOCOL.md 10.2: `/join/{code}#{seed (32) ‖ account key hash of who made it (32)}`.
 *
 *   code        = the link's id; the server finds the room by it
 *   sealing key = HKDF-SHA-512(seed, info invitation-key/v1)       opens the private halves of the link's signature key
 *   welcome key = HKDF-SHA-512(seed, info invitation-welcome/v1)   in the room's state: with it members show that they are the room
 *   sealed key  = sealed(sealing key, fields(invitation-key/v1, server name, conversation, link id, public key),
 *                        fields(Falcon-512 secret key (1281), ECDSA key (PKCS#8)))
 *   proof       = HMAC-SHA-256(welcome key, fields(invitation-welcome/v1, group id, epoch, user id of who joins))
 *
 * Whoever has the fragment can come in; the server, which never sees it, cannot let anybody in, or show another room for it.
 */

import { CryptoFailure } from "../failures";
import { concat, hkdf, hmacSha256, importAesKey, openSealed, seal, wipe } from "../primitives/bytes";
import {
  FALCON_SECRET_KEY_BYTES,
  fields,
  fromBase64url,
  LABEL,
  MalformedEncoding,
  Reader,
  toBase64url,
  uuidBytes,
} from "../primitives/encoding";
import { exportEcdsa, type HybridKeyPair, HybridSigner, importEcdsa } from "../primitives/hybrid";
import type { Bytes, Id } from "../wire";

const SEED_BYTES = 32;
const HASH_BYTES = 32;
const NO_SALT = new Uint8Array();

/** What a link is bound to. */
export interface LinkPlace {
  serverName: string;
  conversation: Id;
  link: Id;
  publicKey: Uint8Array;
}

export interface Fragment {
  seed: Uint8Array;
  inviterHash: Uint8Array;
}

export function encodeFragment({ seed, inviterHash }: Fragment): Bytes {
  return toBase64url(concat(seed, inviterHash));
}

/** `bad_link` for what is no fragment of ours, or not the whole of one. */
export function decodeFragment(text: string): Fragment {
  try {
    const bytes = fromBase64url(text);
    if (bytes.length === SEED_BYTES + HASH_BYTES) {
      return { seed: bytes.slice(0, SEED_BYTES), inviterHash: bytes.slice(SEED_BYTES) };
    }
  } catch (error) {
    if (!(error instanceof MalformedEncoding)) throw error;
  }
  throw new CryptoFailure("bad_link");
}

export function isFragment(text: string): boolean {
  try {
    decodeFragment(text);
    return true;
  } catch (error) {
    if (error instanceof CryptoFailure) return false;
    throw error;
  }
}

export const welcomeKeyOf = (seed: Uint8Array) => hkdf("SHA-512", seed, NO_SALT, LABEL.invitationWelcome);

async function sealingKey(seed: Uint8Array): Promise<CryptoKey> {
  const key = await hkdf("SHA-512", seed, NO_SALT, LABEL.invitationKey);
  try {
    return await importAesKey(key);
  } finally {
    wipe(key);
  }
}

const bound = ({ serverName, conversation, link, publicKey }: LinkPlace) =>
  fields(LABEL.invitationKey, serverName, uuidBytes(conversation), uuidBytes(link), publicKey);

/** The private halves, for the server to keep; wiped here. */
export async function sealLinkKey(seed: Uint8Array, place: LinkPlace, { secret }: HybridKeyPair): Promise<Uint8Array> {
  const ecdsa = await exportEcdsa(secret.ecdsa);
  const plain = fields(secret.falcon, ecdsa);
  try {
    return await seal(await sealingKey(seed), bound(place), plain);
  } finally {
    wipe(plain, ecdsa, secret.falcon);
  }
}

/** Signs as the link; `bad_link` when this seed does not open what the server gave for it. */
export async function openLinkKey(seed: Uint8Array, place: LinkPlace, sealed: Uint8Array): Promise<HybridSigner> {
  const plain = await openSealed(await sealingKey(seed), bound(place), sealed).catch((error: unknown) => {
    throw new CryptoFailure("bad_link", error);
  });
  try {
    const reader = new Reader(plain);
    const falcon = reader.blob(FALCON_SECRET_KEY_BYTES);
    const ecdsa = reader.blob();
    reader.end();
    return new HybridSigner(place.publicKey, { falcon: falcon.slice(), ecdsa: await importEcdsa(ecdsa) });
  } finally {
    wipe(plain);
  }
}

/** Shows who joins in that epoch that the room has the link. */
export function welcomeProof(
  welcomeKey: Uint8Array,
  groupId: Uint8Array,
  epoch: number,
  userId: Id,
): Promise<Uint8Array> {
  return hmacSha256(welcomeKey, fields(LABEL.invitationWelcome, groupId, epoch, uuidBytes(userId)));
}
