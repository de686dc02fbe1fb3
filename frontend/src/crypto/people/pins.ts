/**
 * The pins record: what this account has pinned, sealed for the account's other browsers (PROTOCOL.md 3.2).
 *
 *   record = sealed(pins key, fields(pins/v1, server name, user id, version), JSON)
 *
 * Merged entry by entry: the later decision of the person wins, newer device lists win, and two different *first* keys of one
 * account are named and block sending. Of the notary the record keeps the key that it named first; a browser that pinned another
 * one names that, goes on with its own and overwrites nothing. A version below one seen before is named and not taken.
 */

import { agreedRooms, findConversation, pinRoom, saveConversation } from "../conversation/record";
import { CryptoFailure } from "../failures";
import { openSealed, seal } from "../primitives/bytes";
import { fields, fromBase64url, LABEL, toBase64url, uuidBytes } from "../primitives/encoding";
import { decidedPrivacy, type Decided, mergePrivacy } from "./privacy";
import { knownAs, newPerson, note, personName, type PersonRecord, problem } from "../store/person";
import type { NotaryPin, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Problem } from "../types";
import type { Bytes, Id, WirePins } from "../wire";

interface Pin {
  username: string;
  key_hash: Bytes | null;
  previous: Bytes[];
  agreed: boolean;
  verified: boolean;
  decided_at: number;
  list: { version: number; hash: Bytes } | null;
}

interface WireNotaryPin {
  number: number;
  public_key: Bytes;
}

interface PinsContent {
  server_name: string;
  notary: WireNotaryPin | null;
  receipt_notary: WireNotaryPin | null;
  contacts: Record<Id, Pin>;
  /** Rooms that this account agreed to be in. */
  rooms?: Id[];
  /** What others may see, where the person has decided that. */
  privacy?: Decided;
}

interface PinsState {
  /** Highest version seen; 0: none. */
  version: number;
  content: string;
}

const STATE = "pins";

function aad(room: Room, version: number): Uint8Array {
  return fields(LABEL.pins, room.self.serverName, uuidBytes(room.self.userId), version);
}

async function key(room: Room): Promise<CryptoKey> {
  const found = await room.store.cryptoKey("pins");
  if (found === undefined) throw new CryptoFailure("locked");
  return found;
}

async function state(room: Room): Promise<PinsState> {
  return (await room.store.get<PinsState>(STATE)) ?? { version: 0, content: "" };
}

/** Entries in the order of their ids, so that equal pins are equal text. */
async function content(room: Room, known: PinsState): Promise<string> {
  const { serverName, notary, receiptNotary } = room.self;
  // The keys that the record named first stay in it.
  const named = known.content === "" ? null : (JSON.parse(known.content) as PinsContent);
  const people = await room.store.all<PersonRecord>("person/");
  const privacy = await decidedPrivacy(room.store);
  const pins: PinsContent = {
    server_name: serverName,
    notary: named?.notary ?? notaryOf(notary),
    receipt_notary: named?.receipt_notary ?? notaryOf(receiptNotary),
    contacts: Object.fromEntries(people.map(([, person]) => [person.userId, pinOf(person)])),
    ...((await agreedRooms(room.store)).length > 0 ? { rooms: await agreedRooms(room.store) } : {}),
    ...(Object.keys(privacy).length > 0 ? { privacy } : {}),
  };
  return JSON.stringify(pins);
}

function pinOf(person: PersonRecord): Pin {
  const hash = person.listHashes[person.listVersion];
  return {
    username: person.username,
    key_hash: person.keyHash,
    previous: person.previous,
    agreed: person.agreed,
    verified: person.verified,
    decided_at: person.decidedAt,
    list: hash === undefined ? person.pinnedList : { version: person.listVersion, hash },
  };
}

export async function pinsToStore(room: Room): Promise<{ ifMatch: number | null; record: WirePins } | null> {
  const known = await state(room);
  const now = await content(room, known);
  if (now === known.content) return null;
  const version = known.version + 1;
  const sealed = await seal(await key(room), aad(room, version), new TextEncoder().encode(now));
  room.pinsSent.set(version, now);
  return { ifMatch: known.version === 0 ? null : known.version, record: { version, sealed: toBase64url(sealed) } };
}

export async function pinsStored(room: Room, version: number): Promise<void> {
  const sent = room.pinsSent.get(version);
  if (sent === undefined) throw new CryptoFailure("nothing_pending");
  const unit = room.store.begin();
  unit.put(STATE, { version, content: sent });
  await unit.commit();
  room.pinsSent.delete(version);
}

export async function mergePins(room: Room, record: WirePins): Promise<Problem[]> {
  const known = await state(room);
  if (record.version < known.version) return [problem("pins_rollback", null)];
  const plaintext = await opened(room, record).catch(() => null);
  if (plaintext === null) return [problem("pins_damaged", null)];
  const text = new TextDecoder().decode(plaintext);
  const pins = JSON.parse(text) as PinsContent;
  if (pins.server_name !== room.self.serverName) return [problem("server_name_changed", null)];
  const unit = room.store.begin();
  const problems = await merge(room, unit, pins);
  unit.put(STATE, { version: record.version, content: text });
  await unit.commit();
  return problems;
}

async function opened(room: Room, { version, sealed }: WirePins): Promise<Uint8Array> {
  return openSealed(await key(room), aad(room, version), fromBase64url(sealed));
}

async function merge(room: Room, unit: UnitOfWork, pins: PinsContent): Promise<Problem[]> {
  const problems: Problem[] = [];
  const { notary, receiptNotary } = room.self;
  const merged = {
    notary: mergedNotary(notary, pins.notary),
    receiptNotary: mergedNotary(receiptNotary, pins.receipt_notary),
  };
  if (merged.notary.differs || merged.receiptNotary.differs) problems.push(problem("notary_key_changed", null));
  room.updateSelf(unit, { notary: merged.notary.pin, receiptNotary: merged.receiptNotary.pin });
  for (const id of pins.rooms ?? []) await mergeRoom(unit, id);
  await mergePrivacy(unit, pins.privacy ?? {});
  for (const [userId, pin] of Object.entries(pins.contacts)) {
    const person = (await room.person(unit, userId)) ?? newPerson(userId, "");
    mergePerson(person, pin);
    if (!knownAs(person, pin.username)) {
      const found = problem("username_changed", userId);
      if (note(person.problems, found)) problems.push(found);
    }
    if (person.conflict !== null) {
      const found = problem("account_conflict", userId);
      if (note(person.problems, found)) problems.push(found);
    }
    unit.put(personName(userId), person);
  }
  return problems;
}

/** Agreements are united. */
async function mergeRoom(unit: UnitOfWork, id: Id): Promise<void> {
  const record = await findConversation(unit, id);
  pinRoom(unit, id);
  if (record?.room == null || record.room.agreed) return;
  record.room.agreed = true;
  saveConversation(unit, record);
}

const notaryOf = (pin: NotaryPin | null): WireNotaryPin | null =>
  pin === null ? null : { number: pin.number, public_key: pin.publicKey };

/** The first one that a browser of this account pinned stays. */
function mergedNotary(own: NotaryPin | null, wire: WireNotaryPin | null): { pin: NotaryPin | null; differs: boolean } {
  if (wire === null || own?.publicKey === wire.public_key) return { pin: own, differs: false };
  if (own === null) return { pin: { number: wire.number, publicKey: wire.public_key }, differs: false };
  return { pin: own, differs: true };
}

function mergePerson(person: PersonRecord, pin: Pin): void {
  mergeKey(person, pin);
  // Another key's safety number says nothing about this one.
  const verified = pin.verified && pin.key_hash === person.keyHash;
  if (pin.decided_at > person.decidedAt) {
    Object.assign(person, { agreed: pin.agreed, verified, decidedAt: pin.decided_at });
  } else if (pin.decided_at === person.decidedAt) {
    person.agreed ||= pin.agreed;
    person.verified ||= verified;
  }
  if (pin.list !== null && pin.list.version > (person.pinnedList?.version ?? 0)) person.pinnedList = pin.list;
}

function mergeKey(person: PersonRecord, pin: Pin): void {
  if (pin.key_hash === null) return;
  if (pin.key_hash === person.keyHash) {
    // Another browser of this account was asked first, and the person chose what this one has.
    if (person.conflict !== null && pin.previous.includes(person.conflict)) keepKey(person, person.conflict);
    return;
  }
  if (person.keyHash === null) {
    person.keyHash = pin.key_hash;
    person.previous = pin.previous;
  } else if (pin.previous.includes(person.keyHash)) {
    replaceKey(person, pin.key_hash);
  } else if (!person.previous.includes(pin.key_hash)) {
    person.conflict = pin.key_hash;
  }
}

/** The other key is put aside for good. */
export function keepKey(person: PersonRecord, other: Bytes): void {
  person.previous = [...person.previous, other];
  person.conflict = null;
  person.problems = person.problems.filter(({ code }) => code !== "account_conflict");
}

/** Another account key is pinned from now on. Devices stay known for the leaves they hold (P6.9), but are listed no more. */
export function replaceKey(person: PersonRecord, keyHash: Bytes): void {
  if (person.keyHash !== null) person.previous = [...person.previous, person.keyHash];
  const fresh = { publicKey: null, changed: null, conflict: null, verified: false, listVersion: 0, pinnedList: null };
  Object.assign(person, fresh, { keyHash, listHashes: {}, listed: {} });
  person.problems = person.problems.filter(({ code }) => code !== "account_key_changed" && code !== "account_conflict");
}
