/**
 * From a password or a recovery code to two keys: one authenticates, the other encrypts (PROTOCOL.md 2.1, 2.4).
 *
 * Promises: the server, which gets the first, learns nothing about the second, and a hostile one gets no cheaper oracle
 * than Argon2id with 64 MiB and three passes over a salt that binds its own name. Does not: save a weak password.
 */

import { argon2id } from "hash-wasm";
import { CryptoFailure } from "../failures";
import { concat, equalBytes, hkdf, randomBytes, sha256, wipe } from "../primitives/bytes";
import { fields, fromBase64url, LABEL } from "../primitives/encoding";
import type { RecoveryCodeState } from "../types";
import type { WireLoginParameters } from "../wire";

const MEMORY_KIB = 65_536;
const ITERATIONS = 3;
const PARALLELISM = 1;
export const SALT_BYTES = 16;
const RECOVERY_BYTES = 20;
const CHECKSUM_BYTES = 2;
const RECOVERY_DIGITS = 36;
const EMPTY = new Uint8Array();
const USERNAME = /^[a-z0-9][a-z0-9._-]{2,31}$/;

/** `auth` goes to the server, `wrap` never leaves the worker; both 32 bytes. */
export interface Branches {
  auth: Uint8Array;
  wrap: Uint8Array;
}

/** The one form of a username: lower case, without blanks around it. */
export function normalisedUsername(typed: string): string {
  const username = typed.trim().toLowerCase();
  if (!USERNAME.test(username)) throw new CryptoFailure("invalid_username");
  return username;
}

export async function passwordBranches(input: {
  password: string;
  username: string;
  serverName: string;
  salt: Uint8Array;
}): Promise<Branches> {
  const salt = await sha256(fields(LABEL.password, input.serverName, input.username, input.salt));
  const root = await argon2id({
    password: input.password.normalize("NFKC"),
    salt,
    memorySize: MEMORY_KIB,
    iterations: ITERATIONS,
    parallelism: PARALLELISM,
    hashLength: 32,
    outputType: "binary",
  });
  const branches = await split(root, LABEL.passwordAuth, LABEL.passwordWrap);
  wipe(root);
  return branches;
}

/** The salt of the server's answer, unless it asks for anything but our parameters (P2.1). */
export function checkedSalt(parameters: WireLoginParameters): Uint8Array {
  const same =
    parameters.algorithm === "argon2id" &&
    parameters.memory_kib === MEMORY_KIB &&
    parameters.iterations === ITERATIONS &&
    parameters.parallelism === PARALLELISM;
  if (!same) throw new CryptoFailure("weak_parameters");
  const salt = fromBase64url(parameters.salt);
  if (salt.length !== SALT_BYTES) throw new CryptoFailure("weak_parameters");
  return salt;
}

async function split(root: Uint8Array, auth: string, wrap: string): Promise<Branches> {
  return { auth: await hkdf("SHA-512", root, EMPTY, auth), wrap: await hkdf("SHA-512", root, EMPTY, wrap) };
}

export function recoveryBranches(bits: Uint8Array): Promise<Branches> {
  return split(bits, LABEL.recoveryAuth, LABEL.recoveryWrap);
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** 160 random bits, and how they are printed: with a 16-bit checksum, Crockford base32 in groups of four. */
export async function newRecoveryCode(): Promise<{ bits: Uint8Array; code: string }> {
  const bits = randomBytes(RECOVERY_BYTES);
  return { bits, code: await recoveryCodeText(bits) };
}

export async function recoveryCodeText(bits: Uint8Array): Promise<string> {
  const checksum = (await sha256(bits)).slice(0, CHECKSUM_BYTES);
  const binary = [...concat(bits, checksum)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const digits = Array.from(binary.matchAll(/.{1,5}/g), ([digit]) => digit);
  const text = digits.map((digit) => CROCKFORD.charAt(Number.parseInt(digit.padEnd(5, "0"), 2))).join("");
  return Array.from(text.matchAll(/.{4}/g), ([group]) => group).join("-");
}

/** What can be said of a code while it is typed: whether digits are missing, and whether its checksum fits. */
export async function recoveryCodeState(typed: string): Promise<RecoveryCodeState> {
  if ((await recoveryCodeBits(typed)) !== null) return "right";
  return digitsOf(typed).length < RECOVERY_DIGITS ? "incomplete" : "wrong";
}

function digitsOf(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
}

/** The bits of a typed code; null for one that cannot be right (typing errors are caught with 65,535 in 65,536). */
export async function recoveryCodeBits(typed: string): Promise<Uint8Array | null> {
  const values = Array.from(digitsOf(typed)).map((character) => CROCKFORD.indexOf(character));
  if (values.length !== RECOVERY_DIGITS || values.includes(-1)) return null;
  const binary = values.map((value) => value.toString(2).padStart(5, "0")).join("");
  const bytes = Uint8Array.from({ length: 22 }, (_, at) => Number.parseInt(binary.slice(8 * at, 8 * at + 8), 2));
  const bits = bytes.slice(0, RECOVERY_BYTES);
  const sum = (await sha256(bits)).slice(0, CHECKSUM_BYTES);
  return equalBytes(sum, bytes.slice(RECOVERY_BYTES)) && binary.endsWith("0000") ? bits : null;
}
