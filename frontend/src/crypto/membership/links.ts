/** Invitation links on both sides: making them, and asking to come in by one (PROTOCOL.md 10.2). */

import { askedBy, dropOwnJoin, keepOwnJoin, ownJoin } from "../conversation/ownJoins";
import { type ConversationRecord, loadConversation, roomState } from "../conversation/record";
import { CryptoFailure } from "../failures";
import { encodePackage, makeKeyPackage, packageName, packageRef, type StoredKeyPackage } from "../mls/keyPackages";
import { mayInvite } from "../mls/roles";
import { type Invitation, MAX_INVITATIONS } from "../mls/roomState";
import { groupIdOf } from "../mls/suite";
import { randomBytes, sha256, uuidv7, wipe } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url, uuidBytes } from "../primitives/encoding";
import { hybridKeyPair } from "../primitives/hybrid";
import { decodeFragment, encodeFragment, openLinkKey, sealLinkKey, welcomeKeyOf } from "../statements/invitation";
import { encodeRoomJoin } from "../statements/roomJoin";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { LinkLimits, LinkToKeep } from "../types";
import type { Bytes, Id, WireJoin, WireLink } from "../wire";

const SEED_BYTES = 32;
const NONCE_BYTES = 32;

/** A link that this browser made; only its maker's browser can show it again. */
export interface OwnLink {
  room: Id;
  seed: Bytes;
  publicKey: Bytes;
  expiry: number;
  allowed: number;
}

const linkName = (link: Id) => `link/${link}`;

/** A new link, whose key the server keeps sealed; the act `make_link` then makes it one of the room. */
export async function newLink(room: Room, unit: UnitOfWork, id: Id, limits: LinkLimits): Promise<LinkToKeep> {
  const { policy } = await stateOfRoom(unit, id);
  if (!mayInvite(policy, room.self.userId)) throw new CryptoFailure("not_allowed");
  if (policy.invitations.length >= MAX_INVITATIONS) throw new CryptoFailure("too_many_links");
  const link = uuidv7();
  const seed = randomBytes(SEED_BYTES);
  const pair = await hybridKeyPair(true);
  const place = { serverName: room.self.serverName, conversation: id, link, publicKey: pair.publicKey };
  const sealed = await sealLinkKey(seed, place, pair);
  const kept: OwnLink = {
    room: id,
    seed: toBase64url(seed),
    publicKey: toBase64url(pair.publicKey),
    expiry: limits.expiry,
    allowed: limits.allowed,
  };
  unit.put(linkName(link), kept);
  return { request: { link_id: link, sealed_key: toBase64url(sealed) }, ...pathOf(room, link, kept) };
}

async function stateOfRoom(unit: UnitOfWork, id: Id) {
  const state = roomState(await loadConversation(unit, id));
  if (state === null) throw new CryptoFailure("not_active");
  return state;
}

function pathOf({ self }: Room, link: Id, { seed }: OwnLink): { code: string; fragment: string } {
  const fragment = encodeFragment({ seed: fromBase64url(seed), inviterHash: fromBase64url(self.keyHash) });
  return { code: codeOf(link), fragment };
}

const codeOf = (link: Id) => toBase64url(uuidBytes(link));

/** A link that this browser made, to be copied again; null: another browser did. */
export async function linkAgain(room: Room, link: Id): Promise<{ code: string; fragment: string } | null> {
  const kept = await room.store.get<OwnLink>(linkName(link));
  return kept === undefined ? null : pathOf(room, link, kept);
}

/** What the room's state takes up of it. */
export async function linkInState(
  unit: UnitOfWork,
  { id }: ConversationRecord,
  inviter: Id,
  link: Id,
): Promise<{ invitation: Invitation; welcomeKey: Uint8Array }> {
  const kept = await unit.get<OwnLink>(linkName(link));
  if (kept?.room !== id) throw new CryptoFailure("bad_link");
  const { expiry, allowed, publicKey } = kept;
  const invitation = { id: link, publicKey: fromBase64url(publicKey), inviter, expiry, allowed, used: 0 };
  return { invitation, welcomeKey: await welcomeKeyOf(fromBase64url(kept.seed)) };
}

/** What this account asks with to come in by a link. Whether it is its maker's the welcome shows: now their keys are not ours to see. */
export async function askToJoin(room: Room, unit: UnitOfWork, shown: WireLink, fragment: string): Promise<WireJoin> {
  const { seed, inviterHash } = decodeFragment(fragment);
  const { userId, deviceId } = room.device;
  const { serverName, keyHash } = room.self;
  const publicKey = fromBase64url(shown.public_key);
  const place = { serverName, conversation: shown.room_id, link: shown.link_id, publicKey };
  const signer = await openLinkKey(seed, place, fromBase64url(shown.sealed_key));
  const offered = await ownPackage(room, unit);
  const statement = encodeRoomJoin({
    serverName,
    groupId: groupIdOf(shown.room_id, shown.generation),
    link: shown.link_id,
    userId,
    deviceId,
    accountHash: fromBase64url(keyHash),
    packageHash: await sha256(offered.keyPackage),
    timeMs: Date.now(),
    nonce: randomBytes(NONCE_BYTES),
  });
  const signature = await signer.sign(LABEL.roomJoin, statement);
  signer.wipe();
  await forgetJoin(unit, shown.room_id);
  keepOwnJoin(unit, shown.room_id, {
    link: shown.link_id,
    inviter: shown.inviter.id,
    inviterHash: toBase64url(inviterHash),
    welcomeKey: toBase64url(await welcomeKeyOf(seed)),
    package: offered.ref,
  });
  wipe(seed);
  return {
    statement: toBase64url(statement),
    signature: toBase64url(signature),
    key_package: toBase64url(offered.keyPackage),
  };
}

/** The room that this browser waits to come into by the link of this address; null: it asked by none, or asks no more. */
export function askedByCode({ store }: Room, code: string): Promise<Id | null> {
  return askedBy(store, (link) => codeOf(link) === code);
}

/** A package that is used for nothing else. */
async function ownPackage(room: Room, unit: UnitOfWork): Promise<{ ref: string; keyPackage: Uint8Array }> {
  const suite = await room.suite();
  const { publicPackage, privatePackage } = await makeKeyPackage(suite, room.device);
  const keyPackage = encodePackage(publicPackage);
  const ref = await packageRef(publicPackage, suite.cs);
  const stored: StoredKeyPackage = {
    publicPackage: toBase64url(keyPackage),
    init: toBase64url(privatePackage.initPrivateKey),
    hpke: toBase64url(privatePackage.hpkePrivateKey),
    lastResort: false,
  };
  unit.put(packageName(ref), stored);
  return { ref, keyPackage };
}

/** Withdrawn, or declined: a welcome that comes after all is nobody's. */
export async function forgetJoin(unit: UnitOfWork, roomId: Id): Promise<void> {
  const join = await ownJoin(unit, roomId);
  if (join !== null) dropOwnJoin(unit, roomId, join);
}
