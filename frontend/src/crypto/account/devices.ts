/** This browser as a device of its account: keys, certificate, device list, key packages (PROTOCOL.md 3). */

import { CryptoFailure } from "../failures";
import {
  decodePackage,
  encodePackage,
  lifetimeOf,
  makeKeyPackage,
  packageName,
  packageRef,
  type StoredKeyPackage,
} from "../mls/keyPackages";
import { learn } from "../people/directory";
import { uuidv7 } from "../primitives/bytes";
import { fromBase64url, LABEL, timeToMs, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, type Signer } from "../primitives/hybrid";
import {
  type DeviceList,
  encodeCertificate,
  encodeChallenge,
  encodeDeviceList,
  type ListedDevice,
  NO_LIST,
} from "../statements/certificates";
import { activeDevices, keyHashOf, personName, type PersonRecord } from "../store/person";
import type { OwnDevice, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CryptoApi, OwnKeys } from "../types";
import type { Id, Time, WireAccountKeys, WireNewDevice, WireRevocation } from "../wire";
import { firstMlKemKey, shownMlKemKey, signedMlKemKey } from "./mlKem";
import type { UnlockedVault } from "./vault";

const WELCOMES_KEPT_MS = 30 * 24 * 3_600_000;

/** Own keys, verified; whatever does not fit stops everything that would build on it. */
async function ownList(room: Room, keys: WireAccountKeys): Promise<PersonRecord> {
  const { userId, serverName } = room.self;
  if (keys.user_id !== userId) throw new CryptoFailure("malformed");
  if (keys.identity_public_key === null) throw new CryptoFailure("no_identity");
  const me = await room.person(room.store, userId);
  if (me === undefined) throw new CryptoFailure("store_damaged");
  const problems = await learn(me, keys, serverName);
  if (me.changed !== null) throw new CryptoFailure("account_key_changed");
  if (problems.length > 0) throw new CryptoFailure("bad_own_list");
  const unit = room.store.begin();
  unit.put(personName(userId), me);
  await unit.commit();
  return me;
}

/** The list that follows the one we hold. */
function nextList(
  room: Room,
  me: PersonRecord,
  change: (devices: ListedDevice[], version: number) => void,
): DeviceList {
  const { serverName, userId } = room.self;
  const version = me.listVersion + 1;
  const devices = Object.entries(me.listed).map(([deviceId, { keyHash, added, revoked }]) => ({
    deviceId,
    keyHash: fromBase64url(keyHash),
    added,
    revoked,
  }));
  change(devices, version);
  const before = me.listHashes[me.listVersion];
  const previous = before === undefined ? NO_LIST : fromBase64url(before);
  return { serverName, userId, version, previous, timeMs: Date.now(), devices };
}

async function signedList(identity: Signer, list: DeviceList): Promise<WireRevocation> {
  const statement = encodeDeviceList(list);
  const signature = await identity.sign(LABEL.deviceList, statement);
  return { list: toBase64url(statement), list_signature: toBase64url(signature) };
}

/** Made once and stored before anything is signed for it: a lost answer must not lose the keys. */
async function deviceKeys(room: Room): Promise<OwnDevice> {
  if (room.self.device !== null) return room.self.device;
  const pair = await hybridKeyPair(false);
  await room.store.putCryptoKey("device-ecdsa", pair.secret.ecdsa);
  const unit = room.store.begin();
  const device: OwnDevice = {
    deviceId: uuidv7(),
    state: "made",
    publicKey: toBase64url(pair.publicKey),
    falcon: toBase64url(pair.secret.falcon),
    mlKem: firstMlKemKey(unit),
  };
  room.updateSelf(unit, { device });
  await unit.commit();
  return device;
}

export async function newDevice(
  room: Room,
  vault: UnlockedVault,
  keys: WireAccountKeys,
  challenge: string,
): Promise<WireNewDevice> {
  const me = await ownList(room, keys);
  const device = await deviceKeys(room);
  if (me.listed[device.deviceId] !== undefined) throw new CryptoFailure("out_of_order");
  const { serverName, userId } = room.self;
  const { deviceId } = device;
  const publicKey = fromBase64url(device.publicKey);
  const keyHash = fromBase64url(await keyHashOf(publicKey));
  const list = nextList(room, me, (devices, added) => devices.push({ deviceId, keyHash, added, revoked: 0 }));
  const scope = { serverName, userId, deviceId };
  const timeMs = Date.now();
  const certificate = encodeCertificate({ ...scope, publicKey, listVersion: list.version, timeMs });
  const signed = await vault.withIdentity(async (identity) => ({
    certificate: toBase64url(certificate),
    certificate_signature: toBase64url(await identity.sign(LABEL.deviceCertificate, certificate)),
    ...(await signedList(identity, list)),
  }));
  const mlKem = await signedMlKemKey(room, device.mlKem, timeMs);
  return { device_id: deviceId, ...signed, ml_kem: mlKem, ...(await signChallenge(room, challenge)) };
}

export async function ownKeys(room: Room): Promise<OwnKeys> {
  const { serverName, userId, username, identityPublicKey, keyHash } = room.self;
  const { deviceId, publicKey } = room.device;
  const me = await room.person(room.store, userId);
  return {
    serverName,
    userId,
    username,
    account: { publicKey: identityPublicKey, keyHash },
    device: { deviceId, publicKey, keyHash: await keyHashOf(fromBase64url(publicKey)) },
    mlKem: await shownMlKemKey(room),
    devices: (me === undefined ? [] : activeDevices(me)).flatMap(([id, device]) =>
      device === null
        ? []
        : [
            {
              deviceId: id,
              publicKey: device.publicKey,
              keyHash: device.keyHash,
              mlKem: device.mlKem.at(-1) ?? null,
            },
          ],
    ),
  };
}

export async function deviceRegistered(room: Room): Promise<void> {
  const { device } = room.self;
  if (device === null) throw new CryptoFailure("not_bound");
  const unit = room.store.begin();
  room.updateSelf(unit, { device: { ...device, state: "bound" } });
  await unit.commit();
}

export async function signChallenge(room: Room, challenge: string) {
  const { serverName, userId } = room.self;
  const statement = encodeChallenge({ serverName, userId, deviceId: room.device.deviceId }, challenge);
  const { signer } = await room.suite();
  return { challenge, challenge_signature: toBase64url(await signer.sign(LABEL.auth, statement)) };
}

export async function revokeDevice(
  room: Room,
  vault: UnlockedVault,
  keys: WireAccountKeys,
  deviceId: Id,
): Promise<WireRevocation> {
  const me = await ownList(room, keys);
  if (me.listed[deviceId]?.revoked !== 0) throw new CryptoFailure("out_of_order");
  const list = nextList(room, me, (devices, version) => {
    for (const device of devices) if (device.deviceId === deviceId) device.revoked = version;
  });
  return vault.withIdentity((identity) => signedList(identity, list));
}

export async function keyPackages(
  room: Room,
  unit: UnitOfWork,
  { count, lastResort, time }: Parameters<CryptoApi["keyPackages"]>[0],
) {
  const suite = await room.suite();
  const now = timeToMs(time) / 1000;
  const make = async (last: boolean) => {
    const made = await makeKeyPackage(suite, room.device, now, last);
    const publicPackage = toBase64url(encodePackage(made.publicPackage));
    const stored: StoredKeyPackage = {
      publicPackage,
      init: toBase64url(made.privatePackage.initPrivateKey),
      hpke: toBase64url(made.privatePackage.hpkePrivateKey),
      lastResort: last,
    };
    unit.put(packageName(await packageRef(made.publicPackage, suite.cs)), stored);
    return publicPackage;
  };
  const packages: string[] = [];
  for (let made = 0; made < count; made++) packages.push(await make(false));
  return { key_packages: packages, last_resort: lastResort ? await make(true) : null };
}

/** A welcome may lie in the log for as long as commits are kept (P10.3); a last resort goes like the others (P3.6). */
export async function purgeKeyPackages(room: Room, unit: UnitOfWork, time: Time): Promise<void> {
  const oldest = BigInt(Math.floor((timeToMs(time) - WELCOMES_KEPT_MS) / 1000));
  for (const [name, { publicPackage }] of await room.store.all<StoredKeyPackage>(packageName(""))) {
    if (lifetimeOf(decodePackage(fromBase64url(publicPackage))).notAfter < oldest) unit.delete(name);
  }
}
