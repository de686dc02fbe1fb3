/** What this browser keeps of one conversation: its record, the entries of its timeline, the chain values that it verified. */

import { CryptoFailure, type ProblemCode } from "../failures";
import { roleName } from "../mls/roles";
import { decodeRoomState, type RoomState } from "../mls/roomState";
import type { Leaf } from "../mls/roster";
import type { DeviceRef } from "../mls/suite";
import { fromBase64url } from "../primitives/encoding";
import type { GenerationStatement } from "../statements/generation";
import { keyHashOf, note, problem } from "../store/person";
import type { Store, UnitOfWork } from "../store/storage";
import type { Actor, LostReason, MessageRef, Problem, ProblemEntry, SystemEntry, TimelineEntry } from "../types";
import type { Bytes, Id, Time, WireLostState } from "../wire";
import { indexMessage } from "./kept";

/** `none`: no MLS state (yet). `left`: the person left the room, or was put out. `lost`: cannot follow. `refused`: the log went on in a generation that this device does not accept. `erased`: ended by a member. */
export type GroupStatus = "none" | "member" | "removed" | "left" | "lost" | "refused" | "erased";

export interface LastCommit {
  seq: number;
  at: Time;
  /** When it was taken, by the clock of this browser: `at` is the server's, and the two must not be compared. */
  takenAt: number;
  by: Id;
  device: Id;
  membershipChanged: boolean;
  removedSome: boolean;
  contribution: { id: Bytes; receipt: unknown; at: Time } | null;
  /** Devices that it added. */
  added?: Id[];
  /** The encoded state of room or session before it; null: there was none. */
  before?: Bytes | null;
}

/** Where a device lost its group: the last epoch that it reached, and the row of `by` that it could not follow; null: its own keys broke. */
export interface LostGroup {
  reason: LostReason;
  seq: number | null;
  by: Id | null;
  epoch: number;
  /** Confirmed transcript hash of that epoch; null: never had it. */
  transcriptHash: Bytes | null;
  /** Another device than `by` wrote in a later epoch, by the log: it followed, and can add this one. */
  followed?: boolean;
  /** Devices that the row said to remove. */
  removed?: Id[];
}

/** A step that the server acknowledged before its row came. */
export interface Expectation {
  previousChain: Bytes;
  chain: Bytes;
}

/** The statement whose founding commit must follow. */
export interface Opening {
  seq: number;
  hash: Bytes;
  roster: DeviceRef[];
  reason: GenerationStatement["reason"];
  /** The last good one. */
  epoch?: number;
  /** Hash of the room that goes on, or of the session's state; null: a session without one. */
  room?: Bytes | null;
}

/** The newest request of this device, and the reference of the key package that it can be added with. */
export interface OwnRequest {
  generation: number;
  epoch: number;
  /** By this browser's clock. */
  at: number;
  package: string;
  request: WireLostState;
}

export interface ShownRequest extends DeviceRef {
  statement: Bytes;
  signature: Bytes;
  /** The server shows it at present. */
  open: boolean;
  /** By this browser's clock, when it was first shown. */
  seenAt: number;
  /** `false`: not of this device; said once. */
  verdict: "unknown" | "true" | "false";
}

/** What a conversation of many people has beside (PROTOCOL.md 10). */
export interface RoomPart {
  /** The encoded state of the present epoch; null before this device is in the group. */
  state: Bytes | null;
  /** People who said that they leave, and are still in the group. */
  left: Id[];
  /** Names of people, by the server's word. */
  people: { userId: Id; username: string }[];
  creator: Id;
  /** Who is in the group by the server's word, of that epoch. */
  shown: { generation: number; epoch: number; members: { userId: Id; deviceId: Id; joinedSeq: number }[] } | null;
  /** Who waits to be let in, by the server's word, as far as this account may do it. */
  joining: { userId: Id; username: string; since: Time }[];
  /** This account agreed to be in it. */
  agreed: boolean;
  /** Name and topic that this device founds it with; null: another device does. */
  founding: { name: string; topic: string } | null;
  /** Whose commits nobody could follow, so that a generation had to begin: the next time they are left out. */
  spoilers?: Id[];
  /** The commit that put this account out, until it is in again. */
  putOutBy?: number | null;
  /** From which row on each account has been in it without a break, as far as this device has seen. */
  since?: Record<Id, number>;
}

export interface ConversationRecord {
  id: Id;
  /** The other person of a session; null: a room. */
  peerId: Id | null;
  /** Null: a session. */
  room: RoomPart | null;
  createdAt: Time;
  serverState: string;
  waitingFor: Id[];
  serverSeq: number;
  closedBy: string | null;
  generation: number;
  chain0: Bytes;
  /** Highest contiguously verified. */
  verifiedSeq: number;
  chain: Bytes;
  /** The epoch in which the next commit must be. */
  epoch: number;
  status: GroupStatus;
  /** By the server's time, when a commit took this device out last. */
  removedAt?: Time;
  /** `since`: seq of the commit that added it, as far as this device knows. */
  members: { userId: Id; deviceId: Id; keyHash: Bytes; since: number }[];
  /** Sender tag → device. */
  tags: Record<Bytes, { userId: Id; deviceId: Id }>;
  lastCommit: LastCommit | null;
  messagesInEpoch: number;
  terminatedBy: Id | null;
  readSeq: number;
  /** Seqs of others' messages after `readSeq`. */
  unread: number[];
  /** Those of them that mention this account. */
  mentioned: number[];
  delivered: Record<Id, number>;
  expected: Record<number, Expectation>;
  /** Why this device cannot follow the group; null while it can. */
  lost: LostGroup | null;
  /** A new generation whose founding commit must follow. */
  opening: Opening | null;
  /** Messages in a row, by the device that wrote them, that this one could not open in this epoch. */
  unreadable?: Record<Id, number>;
  /** When it last gave its keys up because of them, by the clock of this browser. */
  brokeAt?: number;
  /** A message of another device was read in this epoch. */
  heard: boolean;
  /** How it asked to be added again. */
  asked: OwnRequest | null;
  /** Messages that could not be opened here since then. */
  missed: number;
  /** Seqs of rows that could not be read here and may be sent again (P9.4), ascending. */
  missing?: number[];
  /** From when on there is something to ask for again, by this browser's clock; null: nothing, or not before it is in the group again. */
  askAt?: number | null;
  /** Where this device came back into the group, and the line that says how much it could not read until then. */
  gaps?: { seq: number; line: string }[];
  /** How many rows were sent again to devices that asked, since when by this browser's clock. */
  answered?: Partial<Record<Id, { since: number; rows: number }>>;
  /** How many bytes that were, by account. */
  answeredBytes?: Partial<Record<Id, { since: number; bytes: number }>>;
  /** When devices began to ask for rows, by the log's times. */
  questions?: Record<Id, number>;
  /** How others asked. */
  asking: ShownRequest[];
  last: TimelineEntry | null;
  /** Messages that stand out, newest pin last. */
  pinned: MessageRef[];
  /** Of a session: seconds after which messages of the present epoch disappear; missing or 0: never. */
  timer?: number;
  /** Position for the next entry at the same seq. */
  entry: { seq: number; index: number };
  problems: Problem[];
}

const name = (id: Id) => `conversation/${id}`;
export const editingName = (id: Id) => `editing/${id}`;
/** Of a person's wish that its contributions come from quantum hardware alone. */
export const hardwareOnlyName = (id: Id) => `hardware-only/${id}`;
export const draftName = (id: Id) => `draft/${id}`;
export const chainName = (id: Id, seq: number) => `chain/${id}/${padded(seq)}`;
export const padded = (seq: number) => String(seq).padStart(12, "0");

export async function loadConversation(from: UnitOfWork | Store, id: Id): Promise<ConversationRecord> {
  const record = await findConversation(from, id);
  if (record === undefined) throw new CryptoFailure("unknown_conversation");
  return record;
}

const LATER: Pick<ConversationRecord, "room" | "mentioned" | "pinned"> = { room: null, mentioned: [], pinned: [] };

export async function findConversation(from: UnitOfWork | Store, id: Id): Promise<ConversationRecord | undefined> {
  const record = await from.get<ConversationRecord>(name(id));
  // What stores lack that were made before there were rooms, mentions, or pins.
  return record === undefined ? undefined : { ...LATER, ...record };
}

const agreedName = (id: Id) => `agreed/${id}`;

/** This account is in the room by its own will: its other browsers hear of it with the pins (P3.2). */
export function agreeToRoom(unit: UnitOfWork, record: ConversationRecord): void {
  if (record.room !== null) record.room.agreed = true;
  pinRoom(unit, record.id);
}

export function pinRoom(unit: UnitOfWork, id: Id): void {
  unit.put(agreedName(id), true);
}

export async function isAgreedRoom(from: UnitOfWork | Store, id: Id): Promise<boolean> {
  return (await from.get(agreedName(id))) !== undefined;
}

export async function agreedRooms(store: Store): Promise<Id[]> {
  return (await store.names(agreedName(""))).map((found) => found.slice(agreedName("").length));
}

/** The other people: of a room those who are in it by its present state. */
export function othersOf(record: ConversationRecord, me: Id): Id[] {
  if (record.peerId !== null) return [record.peerId];
  const people = new Set([...record.members.map(({ userId }) => userId), ...(roomState(record)?.policy.away ?? [])]);
  people.delete(me);
  return [...people];
}

/** Notes since when everybody is there, whoever was away for a while included; `anew`: what was before is not known here. */
export function setSince(record: ConversationRecord, me: Id, seq: number, anew: boolean): void {
  if (record.room === null) return;
  const before = anew ? {} : (record.room.since ?? {});
  record.room.since = Object.fromEntries(
    [me, ...othersOf(record, me)].map((userId) => [userId, before[userId] ?? seq]),
  );
}

/** Whether an account was in the conversation at this row, and has been since (P9.4). */
export function wasThere({ room }: ConversationRecord, userId: Id, seq: number): boolean {
  // The row that let somebody in is none that they could have read.
  return room === null || (room.since?.[userId] ?? Infinity) < seq;
}

/** Only people who are in the conversation can be meant in it. */
export function meant(record: ConversationRecord, me: Id, mentions: readonly Id[] = []): Id[] {
  const people = new Set([me, ...othersOf(record, me)]);
  return mentions.filter((id) => people.has(id));
}

/** The state of the room in the present epoch; null for sessions, and before this device is in the group. */
export function roomState({ room }: ConversationRecord): RoomState | null {
  return room === null || room.state === null ? null : decodeRoomState(fromBase64url(room.state));
}

/** Seconds after which messages of the present epoch disappear; 0: never. */
export const timerOf = (record: ConversationRecord): number =>
  record.room === null ? (record.timer ?? 0) : (roomState(record)?.policy.settings.timer ?? 0);

/** Somebody in the role that they have in the present epoch. */
export function actor(record: ConversationRecord, userId: Id): Actor {
  const state = roomState(record);
  return { userId, role: state === null ? "member" : roleName(state.policy, userId) };
}

export async function allConversations(store: Store): Promise<ConversationRecord[]> {
  const found = await store.names("conversation/");
  return Promise.all(found.map((each) => loadConversation(store, each.slice("conversation/".length))));
}

export function saveConversation(unit: UnitOfWork, record: ConversationRecord): void {
  unit.put(name(record.id), record);
}

/** Own sender tag, once it is known. */
export function ownTag(record: ConversationRecord, deviceId: Id): Bytes | undefined {
  return Object.entries(record.tags).find(([, device]) => device.deviceId === deviceId)?.[0];
}

/** The members after the commit at `seq`. */
export async function setMembers(record: ConversationRecord, leaves: readonly Leaf[], seq: number): Promise<void> {
  const since = new Map(record.members.map((member) => [member.deviceId, member.since]));
  record.members = await Promise.all(
    leaves.map(async ({ userId, deviceId, publicKey }) => ({
      userId,
      deviceId,
      keyHash: await keyHashOf(publicKey),
      since: since.get(deviceId) ?? seq,
    })),
  );
}

export const placeOf = (id: Id, { seq, index }: ConversationRecord["entry"]) =>
  `entry/${id}/${padded(seq)}/${String(index).padStart(4, "0")}`;

/**
 * Writes an entry behind everything that stands in the timeline, whatever position it names, for there something may stand
 * already. Answers it with the position that it got.
 */
export function addEntry<E extends TimelineEntry>(unit: UnitOfWork, record: ConversationRecord, entry: E): E {
  const seq = Math.max(entry.seq ?? 0, record.verifiedSeq, record.entry.seq);
  record.entry = seq === record.entry.seq ? { seq, index: record.entry.index + 1 } : { seq, index: 0 };
  const place = placeOf(record.id, record.entry);
  const added = { ...entry, seq };
  unit.put(place, added);
  if (added.kind === "message") indexMessage(unit, added, place);
  record.last = added;
  return added;
}

export function systemEntry(
  record: ConversationRecord,
  at: { seq: number; time: Time },
  event: SystemEntry["event"],
  userId: Id,
  more: Partial<Pick<SystemEntry, "devices" | "people" | "text" | "contribution" | "reason" | "missed">> = {},
): SystemEntry {
  const key = `${event}/${at.seq}/${at.time}`;
  const base = { key, conversationId: record.id, ...at, kind: "system" as const, event, userId };
  return { ...base, devices: [], people: [], text: null, contribution: null, reason: null, missed: 0, ...more };
}

/** What stood in the way is over: its line in the timeline stays. */
export function settle(record: ConversationRecord, isOver: (problem: Problem) => boolean): void {
  record.problems = record.problems.filter((found) => !isOver(found));
}

/** Names a broken rule at a position, once; null when it stands there already. */
export function addProblem(
  unit: UnitOfWork,
  record: ConversationRecord,
  at: { seq: number; time: Time },
  code: ProblemCode,
  userId: Id | null,
): ProblemEntry | null {
  if (!note(record.problems, problem(code, userId, at.seq))) return null;
  const key = `${code}/${at.seq}/${userId ?? ""}`;
  // A row that was not taken has no place yet: its problem stands where it would come.
  const seq = Math.min(at.seq, record.verifiedSeq + 1);
  const entry: ProblemEntry = { key, conversationId: record.id, seq, time: at.time, kind: "problem", code, userId };
  return addEntry(unit, record, entry);
}

/** The chain value at a position up to `verifiedSeq`. */
export async function chainAt(
  from: UnitOfWork | Store,
  record: ConversationRecord,
  seq: number,
): Promise<Uint8Array | undefined> {
  if (seq === 0) return fromBase64url(record.chain0);
  const chain = await from.get<Bytes>(chainName(record.id, seq));
  return chain === undefined ? undefined : fromBase64url(chain);
}
