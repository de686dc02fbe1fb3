/**
 * This device's ML-KEM keys: replaced weekly, and the private half of a replaced one erased after 30 days (PROTOCOL.md 3.5).
 *
 * Promises: a key is stored before it is signed for anybody; whatever was made for a key that the server served can be opened for as
 * long as commits are kept (P10.3); ages go by this browser's own clock, so that no server keeps an old key in use. Does not: refuse a
 * commit whose contribution is for a replaced key, since others cannot see when it was replaced (P6.9); `usedTooLate` names it.
 */

import { RuleBroken } from "../failures";
import { randomBytes, sha256 } from "../primitives/bytes";
import { fromBase64url, LABEL, timeToMs, toBase64url } from "../primitives/encoding";
import { encodeMlKemKey } from "../statements/certificates";
import { ML_KEM_SEED_BYTES, mlKemPublicKey, type Transcript } from "../statements/contribution";
import type { MlKemKey, Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { OwnMlKemKey } from "../types";
import type { Bytes, WireMlKemKey, WireMlKemKeyTaken } from "../wire";

export const REPLACED_AFTER_MS = 7 * 24 * 3_600_000;
export const KEPT_MS = 30 * 24 * 3_600_000;
/** So far may the clocks of app_service, which takes a key, and of quantum_service, which draws for it, be apart. */
const CLOCKS_APART_MS = 10 * 60_000;
/** A clock that was put right by this much is no reason to replace anything. */
const CLOCK_SET_BACK_MS = 3_600_000;

const NAME = "ml-kem";

interface Former extends MlKemKey {
  /** By this browser's clock. */
  replacedAt: number;
  /** By the server's: when it took the key that followed. */
  servedUntil: number;
}

interface MlKemRecord {
  /** When the present key was made, by this browser's clock; null: nobody wrote it down. */
  madeAt: number | null;
  /** On its way to the server, or taken by it without this browser knowing yet. */
  next: (MlKemKey & { madeAt: number }) | null;
  former: Former[];
}

async function load(from: Store | UnitOfWork): Promise<MlKemRecord> {
  return (await from.get<MlKemRecord>(NAME)) ?? { madeAt: null, next: null, former: [] };
}

export function firstMlKemKey(unit: UnitOfWork): MlKemKey {
  unit.put(NAME, { madeAt: Date.now(), next: null, former: [] } satisfies MlKemRecord);
  return { number: 1, seed: freshSeed() };
}

const freshSeed = (): Bytes => toBase64url(randomBytes(ML_KEM_SEED_BYTES));

/** Body of `POST /api/devices/ml-kem-keys` when a key waits to be published, or it is time for one; `asked`: it is in any case. */
export async function nextMlKemKey(room: Room, unit: UnitOfWork, asked: boolean): Promise<WireMlKemKey | null> {
  const record = await load(unit);
  const now = Date.now();
  record.former = record.former
    .map((key) => ({ ...key, replacedAt: Math.min(key.replacedAt, now) }))
    .filter(({ replacedAt }) => now - replacedAt < KEPT_MS);
  const newest = await newestPublished(room, unit);
  if (record.next !== null && !(await mayStillCome(record.next, newest))) record.next = null;
  const { number } = room.device.mlKem;
  if (record.next === null && (asked || newest.number > number || isDue(record, now))) {
    record.next = { number: Math.max(number, newest.number) + 1, seed: freshSeed(), madeAt: now };
  }
  unit.put(NAME, record);
  return record.next === null ? null : signedMlKemKey(room, record.next, now);
}

function isDue({ madeAt }: MlKemRecord, now: number): boolean {
  return madeAt === null || now - madeAt >= REPLACED_AFTER_MS || now - madeAt < -CLOCK_SET_BACK_MS;
}

/** The newest number that this device signed, by the server's word and its own signature: a copy of this store may have gone on. */
async function newestPublished(room: Room, unit: UnitOfWork): Promise<{ number: number; keyHash: Bytes | null }> {
  const { userId, deviceId } = room.device;
  const me = await room.person(unit, userId);
  return me?.devices[deviceId]?.mlKem.at(-1) ?? { number: 0, keyHash: null };
}

async function mayStillCome(next: MlKemKey, newest: { number: number; keyHash: Bytes | null }): Promise<boolean> {
  if (next.number !== newest.number) return next.number > newest.number;
  return newest.keyHash === toBase64url(await sha256(mlKemPublicKey(fromBase64url(next.seed))));
}

export async function signedMlKemKey(room: Room, { number, seed }: MlKemKey, timeMs: number): Promise<WireMlKemKey> {
  const { serverName } = room.self;
  const { userId, deviceId } = room.device;
  const key = mlKemPublicKey(fromBase64url(seed));
  const statement = encodeMlKemKey({ serverName, userId, deviceId, number, key, timeMs });
  const { signer } = await room.suite();
  const signature = toBase64url(await signer.sign(LABEL.mlKemKey, statement));
  return { number, statement: toBase64url(statement), signature };
}

/** The server took it: others use it from now on. */
export async function mlKemKeyTaken(room: Room, unit: UnitOfWork, { number, time }: WireMlKemKeyTaken): Promise<void> {
  const record = await load(unit);
  const { device } = room.self;
  const { next } = record;
  // An answer that came twice.
  if (next?.number !== number || device === null) return;
  const former = { ...device.mlKem, replacedAt: Date.now(), servedUntil: timeToMs(time) };
  unit.put(NAME, { madeAt: next.madeAt, next: null, former: [...record.former, former] } satisfies MlKemRecord);
  room.updateSelf(unit, { device: { ...device, mlKem: { number, seed: next.seed } } });
}

/** The seed of the key that this device's part is for; `contribution_unreadable` when it is erased, or never was. */
export async function seedFor(room: Room, unit: UnitOfWork, transcript: Transcript): Promise<Uint8Array> {
  const { next, former } = await load(unit);
  const number = ownNumber(room, transcript);
  const key = [room.device.mlKem, ...(next === null ? [] : [next]), ...former].find((each) => each.number === number);
  if (key === undefined) throw new RuleBroken("contribution_unreadable");
  return fromBase64url(key.seed);
}

function ownNumber(room: Room, { recipients }: Transcript): number | null {
  return recipients.find(({ deviceId }) => deviceId === room.device.deviceId)?.number ?? null;
}

/** Whether it was drawn for a key of this device that the server knew to be replaced. */
export async function usedTooLate(room: Room, unit: UnitOfWork, transcript: Transcript): Promise<boolean> {
  const { former } = await load(unit);
  const key = former.find(({ number }) => number === ownNumber(room, transcript));
  return key !== undefined && transcript.timeMs > key.servedUntil + CLOCKS_APART_MS;
}

/** As the person sees them. */
export async function shownMlKemKey(room: Room): Promise<OwnMlKemKey> {
  const { madeAt, next, former } = await load(room.store);
  const { number, seed } = room.device.mlKem;
  return {
    number,
    keyHash: toBase64url(await sha256(mlKemPublicKey(fromBase64url(seed)))),
    madeAt,
    replacedAt: madeAt === null ? null : madeAt + REPLACED_AFTER_MS,
    waiting: next !== null,
    former: former.map((key) => ({ number: key.number, erasedAt: key.replacedAt + KEPT_MS })),
  };
}
