/**
 * How much is sent again to whoever asks (PROTOCOL.md 9.4), since every answer goes to all who are in the conversation.
 *
 * Promises: in one conversation and hour, a device gets no more rows, and an account with all its devices no more bytes, than is
 * said here; a row goes to the same device once a day. Does not: count over conversations, or what other browsers of this account send.
 */

import type { ConversationRecord } from "../conversation/record";
import type { SentRow } from "../conversation/sentRows";
import { timeToMs } from "../primitives/encoding";
import type { Id, WireRow } from "../wire";
import { bytesOf } from "./rows";

const HOUR_MS = 3_600_000;
/** Somewhat less than the day after which a device asks again. */
const SOON_MS = 20 * HOUR_MS;
/** Longer than a device goes on asking for a row. */
const FORGOTTEN_MS = 7 * 24 * HOUR_MS;
/** To one device: some days of talk. */
export const MAX_ROWS_PER_HOUR = 200;
/** To one account, as JSON. */
export const MAX_BYTES_PER_HOUR = 512 * 1024;
/** What a question counts for at least: ten in an hour are looked through. */
const LEAST_ROWS = 20;

type Asker = Pick<WireRow, "sender_id" | "sender_device_id" | "timestamp">;
export type Found = [seq: number, sent: SentRow];

/** Of the last hour, by this browser's clock. */
function young<Spent extends { since: number }>(all: Partial<Record<Id, Spent>> = {}): Partial<Record<Id, Spent>> {
  const isYoung = (spent: Spent | undefined) => spent !== undefined && Math.abs(Date.now() - spent.since) < HOUR_MS;
  return Object.fromEntries(Object.entries(all).filter(([, spent]) => isYoung(spent)));
}

/** How many rows this device may have now. */
export function rowsLeft({ answered }: ConversationRecord, device: Id): number {
  return Math.max(0, MAX_ROWS_PER_HOUR - (young(answered)[device]?.rows ?? 0));
}

/** As many of them as the device and its account may have now: they count as sent. A question is looked through in any case, so it counts for some. */
export function spend(record: ConversationRecord, asker: Asker, found: readonly Found[]): Found[] {
  const { sender_id: account, sender_device_id: device } = asker;
  const byAccount = young(record.answeredBytes);
  const byDevice = young(record.answered);
  const { since: first, bytes: before } = byAccount[account] ?? { since: Date.now(), bytes: 0 };
  const { since, rows } = byDevice[device] ?? { since: Date.now(), rows: 0 };
  const given: Found[] = [];
  let bytes = before;
  for (const each of found.slice(0, rowsLeft(record, device))) {
    const more = bytesOf(each[1]);
    if (bytes + more > MAX_BYTES_PER_HOUR) break;
    bytes += more;
    given.push(each);
  }
  record.answered = { ...byDevice, [device]: { since, rows: rows + Math.max(given.length, LEAST_ROWS) } };
  record.answeredBytes = { ...byAccount, [account]: { since: first, bytes } };
  return given;
}

/** Whether the device asked a good while before, too, as this browser saw it itself: that it says so is not enough. Notes the question. */
export function askedBefore(record: ConversationRecord, { sender_device_id: device, timestamp }: Asker): boolean {
  const at = timeToMs(timestamp);
  const known = new Map(Object.entries(record.questions ?? {}).filter(([, first]) => at - first < FORGOTTEN_MS));
  const first = known.get(device) ?? at;
  record.questions = Object.fromEntries(known.set(device, first));
  return at - first >= SOON_MS;
}

/** Whether it goes to this device already, by the times of the questions. */
export function wasSent({ again = {} }: SentRow, { sender_device_id: device, timestamp }: Asker): boolean {
  const at = again[device];
  return at !== undefined && Math.abs(timeToMs(timestamp) - at) < SOON_MS;
}

/** The row with a note that it goes to this device. */
export function noted(sent: SentRow, { sender_device_id: device, timestamp }: Asker): SentRow {
  const asked = timeToMs(timestamp);
  const recent = Object.entries(sent.again ?? {}).filter(([, at]) => Math.abs(asked - at) < SOON_MS);
  return { ...sent, again: { ...Object.fromEntries(recent), [device]: asked } };
}
