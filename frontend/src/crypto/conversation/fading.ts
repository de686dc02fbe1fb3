/**
 * Messages that disappear (PROTOCOL.md 10.3; docs/crypto.md "Disappearing").
 *
 * Promises: a message is hidden when the first of two clocks says that its time is over, this browser's or the server's, and
 * erased when both do, with its file, its changes, and quotes of it: no clock alone destroys one early. What nobody has read
 * here leaves a line that says so. Until the server has told its time nothing is erased.
 */

import { forgetFile } from "../files/files";
import { msToTime, timeToMs } from "../primitives/encoding";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { Editing, Faded, MessageEntry, TimelineEntry } from "../types";
import type { Id, Time, WireRow } from "../wire";
import { FADING, refOf, unindexMessage, whole } from "./kept";
import { isChange, loadOutbox, saveOutbox } from "./outbox";
import { forgetPin } from "./pins";
import { forgetSent } from "./sentRows";
import { type ConversationRecord, editingName, loadConversation, saveConversation, systemEntry } from "./record";

/** A body may be gone a little before this browser thinks so: the server's time was on its way when it came. */
const LENIENT_MS = 120_000;

/** When the message of a row disappears that lasts so many seconds; null: never. */
export const expiryOf = ({ timestamp }: Pick<WireRow, "timestamp">, seconds: number): Time | null =>
  seconds === 0 ? null : msToTime(timeToMs(timestamp) + seconds * 1000);

/** The milliseconds until it is hidden, and until it is erased. */
function left(room: Room, expiresAt: Time): { hidden: number; erased: number } {
  const here = timeToMs(expiresAt) - Date.now();
  const ahead = room.serverAhead;
  return { hidden: here - Math.max(0, ahead ?? 0), erased: ahead === null ? Infinity : here - Math.min(0, ahead) };
}

export function isHidden(room: Room, entry: TimelineEntry): boolean {
  return entry.kind === "message" && isOver(room, entry.expiresAt ?? null);
}

/** By the first of the two clocks. */
export const isOver = (room: Room, expiresAt: Time | null): boolean =>
  expiresAt !== null && left(room, expiresAt).hidden <= 0;

/** Whether the server may have erased the body of this row, by what its members agreed in its epoch. */
export function mayBeGone(room: Room, row: WireRow, seconds: number): boolean {
  const expiresAt = expiryOf(row, seconds);
  return expiresAt !== null && left(room, expiresAt).hidden <= LENIENT_MS;
}

interface Over {
  place: string;
  entry: MessageEntry;
}

export async function fade(room: Room, unit: UnitOfWork): Promise<Faded> {
  const faded: Faded = { gone: [], entries: [], next: null };
  const over: Over[] = [];
  // Those of one conversation that last equally long come in the order in which they end.
  const rows = Map.groupBy(await room.store.names(FADING), (name) => name.slice(0, name.lastIndexOf("/")));
  for (const names of rows.values()) over.push(...(await fadeInOrder(room, names, faded)));
  for (const [id, some] of Map.groupBy(over, ({ entry }) => entry.conversationId)) {
    faded.entries.push(...(await erase(unit, await loadConversation(unit, id), some)));
  }
  return faded;
}

async function fadeInOrder(room: Room, names: readonly string[], faded: Faded): Promise<Over[]> {
  const over: Over[] = [];
  for (const name of names) {
    const place = (await room.store.get<string>(name)) ?? "";
    const entry = await room.store.get<MessageEntry>(place);
    if (entry === undefined || entry.expiresAt === null) continue;
    const { hidden, erased } = left(room, entry.expiresAt);
    const next = hidden > 0 ? hidden : erased;
    if (next > 0 && next < (faded.next ?? Infinity)) faded.next = next;
    if (hidden > 0) break;
    faded.gone.push({ ...refOf(entry), conversationId: entry.conversationId });
    if (erased <= 0) over.push({ place, entry: whole(entry) });
  }
  return over;
}

/** Answers the lines that stand in the place of what nobody has read here. */
async function erase(unit: UnitOfWork, record: ConversationRecord, over: readonly Over[]): Promise<TimelineEntry[]> {
  const lines = new Map<string, TimelineEntry | null>();
  for (const { place, entry } of over) {
    unindexMessage(unit, entry);
    forgetPin(record, entry);
    await forgetFile(unit, record.id, entry.key, false);
    await forgetSent(unit, record.id, entry.seq);
    const line = wasUnread(record, entry) ? disappeared(record, entry.seq, entry.time, entry.senderId) : null;
    lines.set(place, line);
    if (line === null) unit.delete(place);
    else unit.put(place, line);
  }
  const seqs = new Set(over.map(({ entry }) => entry.seq));
  record.unread = record.unread.filter((seq) => !seqs.has(seq));
  record.mentioned = record.mentioned.filter((seq) => !seqs.has(seq));
  if (over.some(({ entry }) => entry.key === record.last?.key))
    record.last = await newest(unit.store, record.id, lines);
  await forgetOwnWords(unit, record.id, over);
  saveConversation(unit, record);
  return [...lines.values()].filter((line) => line !== null);
}

const wasUnread = ({ readSeq }: ConversationRecord, { own, seq, deletedAt }: MessageEntry) =>
  !own && deletedAt === null && seq !== null && seq > readSeq;

/** The line of a message that was gone before it was read here. */
export const disappeared = (record: ConversationRecord, seq: number | null, time: Time, senderId: Id) =>
  systemEntry(record, { seq: seq ?? record.verifiedSeq, time }, "disappeared", senderId);

/** The newest entry that stays; `lines` are what takes the others' places. */
async function newest(
  store: Store,
  id: Id,
  lines: ReadonlyMap<string, TimelineEntry | null>,
): Promise<TimelineEntry | null> {
  const found = await store.scan<TimelineEntry>(`entry/${id}/`, `entry/${id}/\uffff`, lines.size + 1, true);
  for (const [place, entry] of found) {
    const now = lines.has(place) ? (lines.get(place) ?? null) : entry;
    if (now !== null) return now;
  }
  return null;
}

/** What this person was about to change of them. */
async function forgetOwnWords(unit: UnitOfWork, id: Id, over: readonly Over[]): Promise<void> {
  const refs = over.map(({ entry }) => refOf(entry));
  const isGone = (one: { deviceId: Id; clientId: Id }) =>
    refs.some(({ deviceId, clientId }) => deviceId === one.deviceId && clientId === one.clientId);
  const editing = await unit.get<Editing>(editingName(id));
  if (editing !== undefined && isGone(editing)) unit.delete(editingName(id));
  const items = await loadOutbox(unit, id);
  const isOut = (state: string) => state === "sending" || state === "sent";
  const kept = items.filter((item) => !isChange(item) || isOut(item.state) || !isGone(item.content.target));
  if (kept.length < items.length) saveOutbox(unit, id, kept);
}
