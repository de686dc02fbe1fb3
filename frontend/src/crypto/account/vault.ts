/**
 * The vault: the account's own keys, sealed in the browser, kept as ciphertext by the server (PROTOCOL.md 2.5, 3.4).
 *
 *   vault = sealed(vault key, fields(vault/v1, server name, user id, version, "vault"),
 *                  fields(vault/v1, Falcon-512 secret key (1281), ECDSA key (PKCS#8), pins key (32), …))
 *   wrap  = sealed(wrapping key, fields(vault/v1, server name, user id, wrap's version, "password" or "recovery"), vault key)
 *
 * Promises: the server reads none of it and cannot swap wraps or versions unnoticed; the account key is in the clear only for
 * the length of one signature. The plaintext is fields and not JSON because bytes can be wiped and strings cannot; fields that
 * later versions append are ignored.
 */

import { CryptoFailure } from "../failures";
import { importAesKey, KEY_BYTES, openSealed, randomBytes, seal, wipe } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, Reader, toBase64url, uuidBytes } from "../primitives/encoding";
import { exportEcdsa, hybridKeyPair, HybridSigner, importEcdsa, type Signer, verifyHybrid } from "../primitives/hybrid";
import type { Bytes, Id, WireNewVault, WireVault } from "../wire";

export interface AccountScope {
  serverName: string;
  userId: Id;
  username: string;
}

type WrapKind = "password" | "recovery";

/** A way into the vault: the 32-byte wrapping key of a password or of a recovery code. */
export interface Way {
  kind: WrapKind;
  key: Uint8Array;
}

function vaultAad({ serverName, userId }: AccountScope, version: number, kind: WrapKind | "vault"): Uint8Array {
  return fields(LABEL.vault, serverName, uuidBytes(userId), version, kind);
}

/** A vault whose key is in memory (not extractable), until `lock`. */
export class UnlockedVault {
  constructor(
    readonly scope: AccountScope,
    readonly version: number,
    readonly identityPublicKey: Uint8Array,
    private readonly key: CryptoKey,
    private readonly sealed: Uint8Array,
  ) {}

  /** Runs `sign` with the account key, then wipes it. */
  async withIdentity<T>(sign: (identity: Signer) => Promise<T>): Promise<T> {
    const contents = await this.#open();
    try {
      const ecdsa = await importEcdsa(contents.ecdsa);
      return await sign(new HybridSigner(this.identityPublicKey, { falcon: contents.falcon, ecdsa }));
    } finally {
      wipe(contents.falcon, contents.ecdsa, contents.pins);
    }
  }

  async pinsKey(): Promise<CryptoKey> {
    const contents = await this.#open();
    try {
      return await importAesKey(contents.pins);
    } finally {
      wipe(contents.falcon, contents.ecdsa, contents.pins);
    }
  }

  /** The same contents under the same key, as another version. */
  async sealedAs(version: number): Promise<Uint8Array> {
    const plaintext = await openSealed(this.key, vaultAad(this.scope, this.version, "vault"), this.sealed);
    const sealed = await seal(this.key, vaultAad(this.scope, version, "vault"), plaintext);
    wipe(plaintext);
    return sealed;
  }

  async #open(): Promise<{ falcon: Uint8Array; ecdsa: Uint8Array; pins: Uint8Array }> {
    const aad = vaultAad(this.scope, this.version, "vault");
    try {
      const plaintext = await openSealed(this.key, aad, this.sealed);
      const reader = new Reader(plaintext);
      reader.label(LABEL.vault);
      const contents = { falcon: reader.blob(), ecdsa: reader.blob(), pins: reader.blob(KEY_BYTES) };
      wipe(plaintext);
      return contents;
    } catch (error) {
      throw new CryptoFailure("vault_damaged", error);
    }
  }
}

/** New identity, new vault, version 1. `wraps` holds the 32-byte wrapping keys. */
export async function newVault(
  scope: AccountScope,
  wraps: Record<WrapKind, Uint8Array>,
): Promise<{ vault: UnlockedVault; wire: Omit<WireNewVault, "recovery_auth_secret"> }> {
  const version = 1;
  const identity = await hybridKeyPair(true);
  const ecdsa = await exportEcdsa(identity.secret.ecdsa);
  const pins = randomBytes(KEY_BYTES);
  const plaintext = fields(LABEL.vault, identity.secret.falcon, ecdsa, pins);
  const rawKey = randomBytes(KEY_BYTES);
  const key = await importAesKey(rawKey);
  const sealed = await seal(key, vaultAad(scope, version, "vault"), plaintext);
  const wrap = (kind: WrapKind) => wrapKey(scope, version, kind, wraps[kind], rawKey);
  const wire = {
    identity_public_key: toBase64url(identity.publicKey),
    vault: toBase64url(sealed),
    wraps: { password: await wrap("password"), recovery: await wrap("recovery") },
  };
  wipe(identity.secret.falcon, ecdsa, pins, plaintext, rawKey);
  return { vault: new UnlockedVault(scope, version, identity.publicKey, key, sealed), wire };
}

async function wrapKey(
  scope: AccountScope,
  version: number,
  kind: WrapKind,
  wrappingKey: Uint8Array,
  vaultKey: Uint8Array,
): Promise<Bytes> {
  return toBase64url(await seal(await importAesKey(wrappingKey), vaultAad(scope, version, kind), vaultKey));
}

/**
 * `wrong_password` or `wrong_recovery_code` when the wrap does not open, `vault_damaged` when the vault does not or something
 * served is no base64url.
 */
export async function openVault(
  scope: AccountScope,
  wire: WireVault,
  identityPublicKey: Bytes,
  way: Way,
): Promise<UnlockedVault> {
  const rawKey = await openWrap(scope, wire, way);
  const vault = await vaultUnder(rawKey, scope, wire, identityPublicKey);
  wipe(rawKey);
  return vault;
}

/**
 * The next version of a vault, with a new wrap of its key (PROTOCOL.md 2.5). What goes out has been opened by the new way
 * before: nobody must find after the change that it does not.
 */
export async function nextVault(
  scope: AccountScope,
  wire: WireVault,
  identityPublicKey: Bytes,
  by: Way,
  to: Way,
): Promise<{ vault: Bytes; wrap: Bytes }> {
  const rawKey = await openWrap(scope, wire, by);
  const version = wire.version + 1;
  const current = await vaultUnder(rawKey, scope, wire, identityPublicKey);
  const vault = toBase64url(await current.sealedAs(version));
  const wrap = await wrapKey(scope, version, to.kind, to.key, rawKey);
  wipe(rawKey);
  const wraps = { ...wire.wraps, [to.kind]: { version, sealed: wrap } };
  await openVault(scope, { version, vault, wraps }, identityPublicKey, to);
  return { vault, wrap };
}

async function openWrap(scope: AccountScope, wire: WireVault, { kind, key }: Way): Promise<Uint8Array> {
  const { version, sealed } = wire.wraps[kind];
  const aad = vaultAad(scope, version, kind);
  return openSealed(await importAesKey(key), aad, served(sealed)).catch((error: unknown) => {
    throw new CryptoFailure(kind === "password" ? "wrong_password" : "wrong_recovery_code", error);
  });
}

async function vaultUnder(
  rawKey: Uint8Array,
  scope: AccountScope,
  wire: WireVault,
  identityPublicKey: Bytes,
): Promise<UnlockedVault> {
  const key = await importAesKey(rawKey);
  const vault = new UnlockedVault(scope, wire.version, served(identityPublicKey), key, served(wire.vault));
  // The served public key must belong to the sealed private one: sign once, verify (the signature is thrown away).
  await checkIdentity(vault);
  return vault;
}

function served(text: Bytes): Uint8Array {
  try {
    return fromBase64url(text);
  } catch (error) {
    throw new CryptoFailure("vault_damaged", error);
  }
}

async function checkIdentity(vault: UnlockedVault): Promise<void> {
  const probe = randomBytes(KEY_BYTES);
  await vault.withIdentity(async (identity) => {
    const signature = await identity.sign(LABEL.vault, probe);
    await verifyHybrid(vault.identityPublicKey, LABEL.vault, probe, signature).catch((error: unknown) => {
      throw new CryptoFailure("vault_damaged", error);
    });
  });
}
