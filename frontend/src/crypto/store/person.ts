/** What this browser knows about one account, and how it is shown (PROTOCOL.md 3.1, 3.2). */

import type { ProblemCode } from "../failures";
import type { Certified } from "../mls/policy";
import { compareBytes, concat, equalBytes, sha256, sha512 } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, msToTime, toBase64url, uuidBytes } from "../primitives/encoding";
import type { Contact, Problem } from "../types";
import type { Bytes, Id } from "../wire";

export interface KnownDevice {
  publicKey: Bytes;
  keyHash: Bytes;
  /** Under which account key it was certified: an accepted change of that key does not undo what is in a tree (P6.9). */
  certifiedBy: Bytes;
  mlKem: { number: number; keyHash: Bytes }[];
}

/** A device's place in the newest list. */
export interface Listing {
  keyHash: Bytes;
  added: number;
  /** 0: not revoked. */
  revoked: number;
}

export interface PersonRecord {
  userId: Id;
  username: string;
  /** SHA-256 of the account key that is pinned; null: none seen yet. */
  keyHash: Bytes | null;
  /** The key itself; null while only the pins record has named its hash. */
  publicKey: Bytes | null;
  /** Hashes that were pinned before a change was accepted. */
  previous: Bytes[];
  /** Hash of another key that the server serves now. */
  changed: Bytes | null;
  /** Hash of another *first* key that a browser of this account pinned. */
  conflict: Bytes | null;
  verified: boolean;
  agreed: boolean;
  /** When the person last decided (agreed, withdrew, accepted, verified): the later decision wins when pins are merged. */
  decidedAt: number;
  listVersion: number;
  /** Hashes of the lists seen, by version. */
  listHashes: Record<number, Bytes>;
  listed: Record<Id, Listing>;
  /** The newest list that the pins record names. */
  pinnedList: { version: number; hash: Bytes } | null;
  devices: Record<Id, KnownDevice>;
  problems: Problem[];
}

export const personName = (userId: Id) => `person/${userId}`;

export function newPerson(userId: Id, username: string): PersonRecord {
  return {
    userId,
    username,
    keyHash: null,
    publicKey: null,
    previous: [],
    changed: null,
    conflict: null,
    verified: false,
    agreed: false,
    decidedAt: 0,
    listVersion: 0,
    listHashes: {},
    listed: {},
    pinnedList: null,
    devices: {},
    problems: [],
  };
}

/** Usernames never change (P2.1): the first one stays. Answers whether this is it; a person without one yet takes it. */
export function knownAs(person: PersonRecord, username: string): boolean {
  if (person.username === "") person.username = username;
  return username === "" || person.username === username;
}

export function problem(code: ProblemCode, userId: Id | null, seq: number | null = null): Problem {
  return { code, userId, seq, noticedAt: msToTime(Date.now()) };
}

/** Writes it down unless the same stands there already. */
export function note(problems: Problem[], found: Problem): boolean {
  const known = problems.some(
    ({ code, userId, seq }) => code === found.code && userId === found.userId && seq === found.seq,
  );
  if (!known) problems.push(found);
  return !known;
}

/** A leaf is certified when any version of the account's list, revoked entries included, certifies device and key (P6.9). */
export function certified(person: PersonRecord | undefined, deviceId: Id, publicKey: Uint8Array): Certified {
  const device = person?.devices[deviceId];
  if (device === undefined) return "unknown";
  return equalBytes(fromBase64url(device.publicKey), publicKey) ? "certified" : "refused";
}

/** In the newest list and not revoked; null for one whose certificate has not been served. */
export function activeDevices(person: PersonRecord): [Id, KnownDevice | null][] {
  return Object.entries(person.listed)
    .filter(([, { revoked }]) => revoked === 0)
    .map(([deviceId]) => [deviceId, person.devices[deviceId] ?? null]);
}

export function isActive(person: PersonRecord | undefined, deviceId: Id): boolean {
  return person?.listed[deviceId]?.revoked === 0;
}

/** Why nothing may be encrypted for this person now (P3.2); null: go ahead. A swap is settled when safety numbers were compared. */
export function distrusted(
  person: PersonRecord | undefined,
): "account_key_changed" | "account_conflict" | "account_key_swapped" | null {
  if (person === undefined) return null;
  if (person.changed !== null) return "account_key_changed";
  if (person.conflict !== null) return "account_conflict";
  const swapped = person.problems.some(({ code }) => code === "account_key_swapped");
  return swapped && !person.verified ? "account_key_swapped" : null;
}

const account = (userId: Id, keyHash: Bytes) => fields(uuidBytes(userId), fromBase64url(keyHash));

/** Sixty digits over both user ids and account keys, the same on both sides. */
export async function safetyNumber(
  a: { userId: Id; keyHash: Bytes },
  b: { userId: Id; keyHash: Bytes },
): Promise<string> {
  const sides = [account(a.userId, a.keyHash), account(b.userId, b.keyHash)].sort(compareBytes);
  const digest = await sha512(fields(LABEL.safetyNumber, ...sides));
  const groups = Array.from({ length: 12 }, (_, at) => {
    const number = digest.slice(5 * at, 5 * at + 5).reduce((value, byte) => value * 256 + byte, 0);
    return String(number % 100_000).padStart(5, "0");
  });
  return groups.join(" ");
}

export async function keyHashOf(publicKey: Uint8Array): Promise<Bytes> {
  return toBase64url(await sha256(concat(publicKey)));
}

export async function contactOf(person: PersonRecord, self: { userId: Id; keyHash: Bytes }): Promise<Contact> {
  const { userId, keyHash } = person;
  const numberWith = async (hash: Bytes | null) =>
    hash === null || userId === self.userId ? null : safetyNumber(self, { userId, keyHash: hash });
  return {
    userId,
    username: person.username,
    keyHash,
    safetyNumber: await numberWith(keyHash),
    verified: person.verified,
    changedKeyHash: person.changed,
    changedSafetyNumber: await numberWith(person.changed),
    otherKeyHash: person.conflict,
    otherSafetyNumber: await numberWith(person.conflict),
    agreed: person.agreed,
    devices: Object.entries(person.devices).map(([deviceId, device]) => ({
      deviceId,
      keyHash: device.keyHash,
      revoked: !isActive(person, deviceId),
    })),
    listVersion: person.listVersion,
    problems: person.problems,
  };
}
