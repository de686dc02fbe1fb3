/** What the person decides about other people, and what the server says about them (PROTOCOL.md 3.1, 3.2). */

import {
  addEntry,
  addProblem,
  allConversations,
  type ConversationRecord,
  othersOf,
  saveConversation,
  systemEntry,
} from "../conversation/record";
import { CryptoFailure } from "../failures";
import { fromBase64url, msToTime, splitPublicKey, SUITE, uuidBytes } from "../primitives/encoding";
import { contactOf, knownAs, newPerson, note, personName, type PersonRecord, problem } from "../store/person";
import type { NotaryPin, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Contact, LearnedKeys, Problem, SystemEntry, TimelineEntry } from "../types";
import type {
  Bytes,
  Id,
  WireAccountKeys,
  WireConfig,
  WireConnection,
  WireConnectionRequest,
  WireNotaryKey,
  WireSeenKeys,
} from "../wire";
import { learn } from "./directory";
import { keepKey, replaceKey } from "./pins";

/** Pins the notary's keys, one per purpose, on first sight. Another server name or key is named and never followed (P2.1, P11.2). */
export function learnConfig(room: Room, unit: UnitOfWork, config: WireConfig): Problem[] {
  const { serverName, notary, receiptNotary } = room.self;
  if (config.server_name !== serverName) return [problem("server_name_changed", null)];
  const { establish, receipt } = config.notary_keys;
  const pinned = { notary: pinnedKey(notary, establish), receiptNotary: pinnedKey(receiptNotary, receipt) };
  if (pinned.notary === "changed" || pinned.receiptNotary === "changed") return [problem("notary_key_changed", null)];
  if (pinned.notary !== notary || pinned.receiptNotary !== receiptNotary) {
    room.updateSelf(unit, { notary: pinned.notary, receiptNotary: pinned.receiptNotary });
  }
  return [];
}

function pinnedKey(pinned: NotaryPin | null, served: WireNotaryKey | null | undefined): NotaryPin | null | "changed" {
  if (served == null) return pinned;
  splitPublicKey(fromBase64url(served.public_key));
  if (served.suite !== SUITE) return "changed";
  if (pinned === null) return { number: served.number, publicKey: served.public_key };
  return pinned.publicKey === served.public_key ? pinned : "changed";
}

export async function learnKeys(room: Room, unit: UnitOfWork, keys: WireAccountKeys): Promise<LearnedKeys> {
  uuidBytes(keys.user_id);
  const person = (await room.person(unit, keys.user_id)) ?? newPerson(keys.user_id, keys.username);
  const problems = await learn(person, keys, room.self.serverName);
  unit.put(personName(person.userId), person);
  const { learned } = room;
  unit.afterwards(() => learned.set(person.userId, (learned.get(person.userId) ?? 0) + 1));
  const entries = await tell(room, unit, person.userId, problems);
  return { contact: await contactOf(person, room.self), problems, entries };
}

/** Writes them into the conversations with this account. */
async function tell(room: Room, unit: UnitOfWork, userId: Id, problems: readonly Problem[]): Promise<TimelineEntry[]> {
  if (problems.length === 0) return [];
  const entries: TimelineEntry[] = [];
  for (const record of await conversationsWith(room, userId)) {
    for (const { code } of problems) {
      const at = { seq: record.verifiedSeq, time: msToTime(Date.now()) };
      const entry = addProblem(unit, record, at, code, userId);
      if (entry !== null) entries.push(entry);
    }
    saveConversation(unit, record);
  }
  return entries;
}

/** Sessions with this account and rooms that it is in; of one's own account all. */
async function conversationsWith(room: Room, userId: Id): Promise<ConversationRecord[]> {
  const me = room.self.userId;
  const all = await allConversations(room.store);
  return all.filter((record) => {
    const there = record.status === "member" && othersOf(record, me).includes(userId);
    return userId === me || record.peerId === userId || (record.room !== null && there);
  });
}

export async function contacts(room: Room): Promise<Contact[]> {
  const people = await room.store.all<PersonRecord>("person/");
  const others = people.map(([, person]) => person).filter(({ userId }) => userId !== room.self.userId);
  return Promise.all(others.map((person) => contactOf(person, room.self)));
}

export async function contact(room: Room, userId: Id): Promise<Contact | null> {
  const person = await room.person(room.store, userId);
  return person === undefined ? null : contactOf(person, room.self);
}

async function known(room: Room, unit: UnitOfWork, userId: Id): Promise<PersonRecord> {
  const person = await room.person(unit, userId);
  if (person === undefined) throw new CryptoFailure("unknown_account");
  return person;
}

export async function acceptAccountKey(room: Room, unit: UnitOfWork, userId: Id, keyHash: Bytes) {
  const person = await known(room, unit, userId);
  const fresh = person.changed ?? person.conflict;
  if (fresh === null || userId === room.self.userId) throw new CryptoFailure("nothing_pending");
  const keeps = person.changed === null && keyHash === person.keyHash;
  if (fresh !== keyHash && !keeps) throw new CryptoFailure("key_changed_meanwhile");
  if (keeps) keepKey(person, fresh);
  else replaceKey(person, fresh);
  person.decidedAt = Date.now();
  unit.put(personName(userId), person);
  // Nothing changes for what was written before.
  if (keeps) return { contact: await contactOf(person, room.self), entries: [] };
  const entries: SystemEntry[] = [];
  for (const record of await conversationsWith(room, userId)) {
    const at = { seq: record.verifiedSeq, time: msToTime(person.decidedAt) };
    entries.push(addEntry(unit, record, systemEntry(record, at, "account_key_accepted", userId)));
    saveConversation(unit, record);
  }
  return { contact: await contactOf(person, room.self), entries };
}

async function decide(
  room: Room,
  unit: UnitOfWork,
  person: PersonRecord,
  decision: Partial<Pick<PersonRecord, "agreed" | "verified">>,
): Promise<Contact> {
  Object.assign(person, decision, { decidedAt: Math.max(Date.now(), person.decidedAt + 1) });
  unit.put(personName(person.userId), person);
  return contactOf(person, room.self);
}

export async function markVerified(room: Room, unit: UnitOfWork, userId: Id, keyHash: Bytes | null): Promise<Contact> {
  const person = await known(room, unit, userId);
  if (person.keyHash === null) throw new CryptoFailure("keys_missing");
  const now = person.changed ?? person.conflict ?? person.keyHash;
  if (keyHash !== null && (keyHash !== person.keyHash || keyHash !== now)) {
    throw new CryptoFailure("key_changed_meanwhile");
  }
  return decide(room, unit, person, { verified: keyHash !== null });
}

export async function agree(room: Room, unit: UnitOfWork, peer: { userId: Id; username: string }): Promise<Contact> {
  uuidBytes(peer.userId);
  const person = (await room.person(unit, peer.userId)) ?? newPerson(peer.userId, "");
  if (!knownAs(person, peer.username)) note(person.problems, problem("username_changed", peer.userId));
  if (!person.agreed) return decide(room, unit, person, { agreed: true });
  unit.put(personName(peer.userId), person);
  return contactOf(person, room.self);
}

export async function withdraw(room: Room, unit: UnitOfWork, userId: Id): Promise<Contact | null> {
  const person = await room.person(unit, userId);
  if (person === undefined) return null;
  return person.agreed ? decide(room, unit, person, { agreed: false }) : contactOf(person, room.self);
}

export async function seenKeys(room: Room, peer: Id): Promise<WireSeenKeys> {
  const person = await room.person(room.store, peer);
  // `none` as long as the account has no device: nobody can have seen its key (P3.2).
  const own = room.self.device?.state === "bound" ? room.self.keyHash : null;
  return { own_key_hash: own, peer_key_hash: person?.keyHash ?? null };
}

/** `own_key_hash` is ours as the other side was shown it, `peer_key_hash` the one that it names as its own; `none` to a key is no change. */
export async function checkRequest(room: Room, request: WireConnectionRequest): Promise<Problem[]> {
  if (request.direction !== "in") return [];
  const found: Problem[] = [];
  const person = await room.person(room.store, request.peer.id);
  const differs = (named: string | null, mine: string | null | undefined) =>
    named !== null && mine != null && named !== mine;
  if (person !== undefined && !knownAs(person, request.peer.username)) {
    found.push(problem("username_changed", request.peer.id));
  }
  if (differs(request.peer_key_hash, person?.keyHash)) found.push(problem("account_key_changed", request.peer.id));
  if (differs(request.own_key_hash, room.self.keyHash)) found.push(problem("account_key_changed", room.self.userId));
  return found;
}

/** What was named at the time of asking or answering: a key that was accepted or is served since is no swap. */
export async function checkConnection(
  room: Room,
  unit: UnitOfWork,
  connection: WireConnection,
): Promise<TimelineEntry[]> {
  const { peer, own_key_hash, peer_key_hash } = connection;
  const person = await room.person(unit, peer.id);
  if (person === undefined) return [];
  const shown = [person.keyHash, person.changed, ...person.previous];
  const peerFits = peer_key_hash === null || person.keyHash === null || shown.includes(peer_key_hash);
  const ownFits = own_key_hash === null || own_key_hash === room.self.keyHash;
  const found = problem("account_key_swapped", peer.id);
  if ((peerFits && ownFits) || !note(person.problems, found)) return [];
  unit.put(personName(peer.id), person);
  return tell(room, unit, peer.id, [found]);
}
