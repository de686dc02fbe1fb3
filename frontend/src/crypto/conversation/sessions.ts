/** What the server says about sessions, held against what the log proves; and how conversations are read. */

import { CryptoFailure } from "../failures";
import { encodeProfile } from "../mls/roomState";
import { MLS_SUITE_NAME } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, SUITE, toBase64url, uuidBytes } from "../primitives/encoding";
import { chainStart } from "../statements/chain";
import { contactOf, knownAs, newPerson, note, personName, problem } from "../store/person";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { Conversation, ConversationDetails, Editing, NewestKeys, TimelineEntry } from "../types";
import type { Id, WireLog, WireRoom, WireSession } from "../wire";
import { nameGhosts } from "./ghosts";
import { Intake } from "./intake";
import {
  addProblem,
  agreeToRoom,
  allConversations,
  type ConversationRecord,
  draftName,
  editingName,
  findConversation,
  hardwareOnlyName,
  isAgreedRoom,
  loadConversation,
  padded,
  type RoomPart,
  saveConversation,
} from "./record";
import { takeRequests } from "./requests";
import { Showing } from "./shown";
import { view } from "./view";

export async function learnSession(room: Room, unit: UnitOfWork, session: WireSession): Promise<Intake> {
  const peerId = checkedPeer(room, session);
  const record =
    (await findConversation(unit, session.id)) ?? (await newConversation(room, session, { peerId, room: null }));
  const person = (await room.person(unit, peerId)) ?? newPerson(peerId, "");
  const intake = new Intake(room, unit, record);
  if (!knownAs(person, session.peer.username)) {
    note(person.problems, problem("username_changed", peerId));
    intake.name({ seq: record.verifiedSeq, time: session.created_at }, "username_changed", peerId);
  }
  unit.put(personName(peerId), person);
  record.waitingFor = session.waiting_for;
  record.closedBy = session.closed_by;
  await takeLog(intake, session);
  return intake;
}

export async function learnRoom(room: Room, unit: UnitOfWork, shown: WireRoom): Promise<Intake> {
  const known = await findConversation(unit, shown.id);
  const record = known ?? (await newConversation(room, shown, { peerId: null, room: await newRoom(unit, shown) }));
  if (record.room === null) throw new CryptoFailure("malformed");
  const intake = new Intake(room, unit, record);
  // Who has left is shown nobody; the names of those who were there stay.
  const people = shown.people.map(({ id, username }) => ({ userId: id, username }));
  const gone = record.room.people.filter(({ userId }) => !people.some((person) => person.userId === userId));
  record.room.people = [...people, ...gone];
  await takeLog(intake, shown);
  const members = shown.members.map(({ user_id: userId, device_id: deviceId, joined_seq: joinedSeq }) => ({
    userId,
    deviceId,
    joinedSeq,
  }));
  record.room.shown = shown.left ? null : { generation: shown.generation, epoch: shown.epoch, members };
  takeJoining(room, record.room, shown);
  nameGhosts(intake);
  saveConversation(unit, record);
  return intake;
}

function takeJoining(room: Room, part: RoomPart, { id, joining }: WireRoom): void {
  part.joining = joining.map((each) => ({ userId: each.user_id, username: each.username, since: each.created_at }));
  const still = part.joining.map(({ userId }) => userId).filter((userId) => room.turnedAway.get(id)?.has(userId));
  room.turnedAway.set(id, new Set(still));
}

async function newRoom(unit: UnitOfWork, { id, creator_id }: WireRoom): Promise<RoomPart> {
  const agreed = await isAgreedRoom(unit, id);
  return { state: null, left: [], people: [], creator: creator_id, agreed, founding: null, shown: null, joining: [] };
}

/** Name and topic with which this device founds the room. `bad_room_name`. */
export async function nameRoom(unit: UnitOfWork, id: Id, name: string, topic: string): Promise<ConversationRecord> {
  encodeProfile({ name, topic, avatar: new Uint8Array() });
  const record = await loadConversation(unit, id);
  if (record.room === null || record.epoch > 0) throw new CryptoFailure("not_active");
  record.room.founding = { name, topic };
  agreeToRoom(unit, record);
  saveConversation(unit, record);
  return record;
}

/** What both kinds of conversation have: where the log stands, who asks to be added, who has read how far. */
async function takeLog(intake: Intake, shown: WireLog): Promise<void> {
  const { record, unit, room } = intake;
  const chain0 = fromBase64url(shown.chain_0);
  if (!equalBytes(chain0, fromBase64url(record.chain0))) {
    const entry = addProblem(unit, record, { seq: 0, time: shown.created_at }, "log_fork", null);
    if (entry !== null) intake.entries.push(entry);
  }
  takeTags(intake, shown);
  await takeRequests(intake, shown);
  record.serverState = shown.state;
  record.serverSeq = Math.max(record.serverSeq, shown.seq);
  if (record.verifiedSeq >= record.serverSeq) room.caughtUp.add(record.id);
  else intake.needs.push({ kind: "rows", after: record.verifiedSeq });
  takeReceipts(record, shown);
  saveConversation(unit, record);
}

/** A session is between exactly me and one other (P4.1). */
function checkedPeer(room: Room, session: WireSession): Id {
  const me = room.self.userId;
  const users = [session.user1_id, session.user2_id];
  const peer = users.find((userId) => userId !== me);
  if (!users.includes(me) || peer === undefined || peer !== session.peer.id) {
    throw new CryptoFailure("malformed");
  }
  uuidBytes(session.id);
  return peer;
}

async function newConversation(
  room: Room,
  shown: WireLog & ({ user1_id: Id } | { creator_id: Id }),
  kind: Pick<ConversationRecord, "peerId" | "room">,
): Promise<ConversationRecord> {
  const creator = "user1_id" in shown ? shown.user1_id : shown.creator_id;
  const chain0 = toBase64url(await chainStart(shown.id, creator, room.self.serverName));
  return {
    ...kind,
    id: shown.id,
    createdAt: shown.created_at,
    serverState: shown.state,
    waitingFor: [],
    serverSeq: 0,
    closedBy: null,
    generation: 0,
    chain0,
    verifiedSeq: 0,
    chain: chain0,
    epoch: 0,
    status: "none",
    members: [],
    tags: {},
    lastCommit: null,
    messagesInEpoch: 0,
    terminatedBy: null,
    readSeq: 0,
    unread: [],
    mentioned: [],
    delivered: {},
    expected: {},
    lost: null,
    opening: null,
    heard: false,
    asked: null,
    asking: [],
    missed: 0,
    last: null,
    pinned: [],
    entry: { seq: 0, index: -1 },
    problems: [],
  };
}

/** The server's word for which tag is whose; the log's own rows must agree with it (P5.7). */
function takeTags({ record, unit, entries }: Intake, session: WireLog): void {
  for (const { sender_tag, user_id, device_id } of session.members) {
    const holder = record.tags[sender_tag];
    if (holder === undefined) {
      const taken = Object.values(record.tags).some(({ deviceId }) => deviceId === device_id);
      if (!taken) record.tags[sender_tag] = { userId: user_id, deviceId: device_id };
    } else if (holder.deviceId !== device_id) {
      const at = { seq: record.verifiedSeq, time: session.created_at };
      const entry = addProblem(unit, record, at, "sender_mismatch", user_id);
      if (entry !== null) entries.push(entry);
    }
  }
}

function takeReceipts(record: ConversationRecord, session: WireLog): void {
  for (const { user_id, seq } of session.delivered) {
    record.delivered[user_id] = Math.max(record.delivered[user_id] ?? 0, seq);
  }
  read(record, session.my_read_seq);
}

/** Only ever forward, and never beyond what is verified here. */
function read(record: ConversationRecord, seq: number): void {
  record.readSeq = Math.max(record.readSeq, seq);
  record.unread = record.unread.filter((unread) => unread > record.readSeq);
  record.mentioned = record.mentioned.filter((unread) => unread > record.readSeq);
}

/** Answers own messages that count as delivered from now on. */
export async function receipt(room: Room, unit: UnitOfWork, id: Id, userId: Id, seq: number): Promise<TimelineEntry[]> {
  const record = await loadConversation(unit, id);
  const before = record.delivered[userId] ?? 0;
  if (seq <= before) return [];
  record.delivered[userId] = seq;
  saveConversation(unit, record);
  const prefix = `entry/${id}/`;
  const found = await room.store.scan<TimelineEntry>(prefix + padded(before + 1), `${prefix + padded(seq)}/\uffff`);
  const showing = await Showing.of(room, unit, record);
  const own = found.flatMap(([, entry]) => (entry.kind === "message" && entry.own ? [entry] : []));
  return showing.all(own);
}

export async function conversations(room: Room): Promise<Conversation[]> {
  return Promise.all((await allConversations(room.store)).map((record) => view(room, room.store, record)));
}

export async function newestKeys(room: Room): Promise<NewestKeys[]> {
  return (await allConversations(room.store)).flatMap(({ id, lastCommit }) =>
    lastCommit === null ? [] : [{ conversationId: id, at: lastCommit.at, contribution: lastCommit.contribution }],
  );
}

export async function markRead(unit: UnitOfWork, id: Id, seq: number): Promise<ConversationRecord> {
  const record = await loadConversation(unit, id);
  read(record, Math.min(seq, record.verifiedSeq));
  saveConversation(unit, record);
  return record;
}

export const hardwareOnly = async (store: Store, id: Id): Promise<boolean> =>
  (await store.get<boolean>(hardwareOnlyName(id))) === true;

export async function setHardwareOnly(unit: UnitOfWork, id: Id, on: boolean): Promise<void> {
  await loadConversation(unit, id);
  if (on) unit.put(hardwareOnlyName(id), true);
  else unit.delete(hardwareOnlyName(id));
}

export async function setDraft(unit: UnitOfWork, id: Id, text: string): Promise<void> {
  await loadConversation(unit, id);
  if (text === "") unit.delete(draftName(id));
  else unit.put(draftName(id), text);
}

export async function setEditing(unit: UnitOfWork, id: Id, editing: Editing | null): Promise<void> {
  await loadConversation(unit, id);
  if (editing === null) unit.delete(editingName(id));
  else unit.put(editingName(id), editing);
}

export async function details(room: Room, unit: UnitOfWork, id: Id): Promise<ConversationDetails> {
  const record = await loadConversation(unit, id);
  const { peerId } = record;
  const person =
    peerId === null ? null : await contactOf((await room.person(unit, peerId)) ?? newPerson(peerId, ""), room.self);
  const group = record.status === "member" ? await room.group(unit, id) : null;
  const authenticator = group?.keySchedule.epochAuthenticator;
  const { lastCommit } = record;
  return {
    conversation: await view(room, unit, record),
    safetyNumber: person?.safetyNumber ?? null,
    verified: person?.verified ?? false,
    chain: record.chain,
    epochAuthenticator: authenticator === undefined ? null : toBase64url(authenticator),
    suite: SUITE,
    mlsSuite: MLS_SUITE_NAME,
    members: record.members.map((member) => ({ ...member, me: member.deviceId === room.self.device?.deviceId })),
    lastRotation: lastCommit === null ? null : { at: lastCommit.at, by: lastCommit.by, seq: lastCommit.seq },
    contribution: lastCommit?.contribution ?? null,
    contributionMissing: lastCommit !== null && lastCommit.contribution === null,
    messagesInEpoch: record.messagesInEpoch,
  };
}
