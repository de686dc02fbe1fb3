/**
 * Questions for rows that could not be read (PROTOCOL.md 9.4): asked by a device that came back into the group, and answered by
 * those of their author.
 *
 * Promises: a row is asked for once a day and three times at most; a device gets rows of this account alone, of those that its own
 * account was there for, and no more in an hour than resending/quota.ts lets it. Does not: wait. What answers may take is decided when they are sealed.
 */

import type { AskAgainContent, Stretch } from "../conversation/content";
import { MAX_ASKED, MAX_STRETCHES } from "../conversation/content";
import type { Intake } from "../conversation/intake";
import { dropMissed, findMissed, type MissedRow, missing, saveMissed } from "../conversation/missedRows";
import { type AnswerContent, loadOutbox, newItem, saveOutbox } from "../conversation/outbox";
import { type ConversationRecord, roomState, wasThere } from "../conversation/record";
import { findSent, saveSent, type SentRow } from "../conversation/sentRows";
import { roleOf } from "../mls/roles";
import { uuidv7 } from "../primitives/bytes";
import { timeToMs, toBase64url } from "../primitives/encoding";
import type { UnitOfWork } from "../store/storage";
import type { Bytes, Id, WireRow } from "../wire";
import { askedBefore, type Found, noted, rowsLeft, spend, wasSent } from "./quota";
import { bytesOf, MAX_ANSWER_BYTES } from "./rows";

const DAY_MS = 86_400_000;
/** Its author may be away for a day or two; after that a question is noise for everybody else. */
const MAX_ASKS = 3;
/** A question's key is erased then: whoever answers later is asked again, with another one. */
const KEY_KEPT_MS = 2 * DAY_MS;

interface AskedKey {
  ask: Id;
  key: Bytes;
  at: number;
}

const nameOf = (id: Id) => `asked-again/${id}`;

/** The private half of a question of this device. */
export async function askedKey(unit: UnitOfWork, id: Id, ask: Id): Promise<Bytes | null> {
  return (await youngKeys(unit, nameOf(id), Date.now())).find((each) => each.ask === ask)?.key ?? null;
}

async function youngKeys(unit: UnitOfWork, name: string, now: number): Promise<AskedKey[]> {
  const asked = (await unit.get<AskedKey[]>(name)) ?? [];
  return asked.filter(({ at }) => Math.abs(now - at) < KEY_KEPT_MS);
}

/** Erases those that are too old, of all conversations. `now` is this browser's clock, as when they were made. */
export async function forgetKeys(unit: UnitOfWork, now: number): Promise<void> {
  for (const name of await unit.store.names(nameOf(""))) {
    const kept = await youngKeys(unit, name, now);
    if (kept.length === 0) unit.delete(name);
    else unit.put(name, kept);
  }
}

/** Puts a question into the outbox when there is something to ask for. */
export async function askAgain(intake: Intake): Promise<void> {
  const { record, unit, room } = intake;
  const now = Date.now();
  const due = record.askAt ?? null;
  if (due === null || now < due || record.status !== "member" || !room.caughtUp.has(record.id)) return;
  if (!maySpeak(record, room.self.userId)) return;
  const rows = await dueRows(intake, now);
  record.askAt = missing(record).length === 0 ? null : now + DAY_MS;
  if (rows.length === 0) return;
  const { hpke } = (await room.suite()).cs;
  const pair = await hpke.generateKeyPair();
  const key = toBase64url(await hpke.exportPublicKey(pair.publicKey));
  const all = rows.some(({ asks }) => asks > 1);
  const item = newItem(uuidv7(), { kind: "ask_again", key, rows: stretches(rows), all }, "secured");
  saveOutbox(unit, record.id, [...(await loadOutbox(unit, record.id)), item]);
  const asked = { ask: item.clientId, key: toBase64url(await hpke.exportPrivateKey(pair.privateKey)), at: now };
  unit.put(nameOf(record.id), [...(await youngKeys(unit, nameOf(record.id), now)), asked]);
}

/** Questions and answers are messages: where this account may not write, nothing is asked. */
function maySpeak(record: ConversationRecord, me: Id): boolean {
  const state = roomState(record);
  return state === null || roleOf(state.policy, me) >= state.policy.settings.post;
}

/** Counts them as asked for, those alone that the question names; what was asked for often enough is given up. */
async function dueRows({ unit, record }: Intake, now: number): Promise<MissedRow[]> {
  const rows: MissedRow[] = [];
  for (const seq of missing(record)) {
    const missed = await findMissed(unit, record.id, seq);
    if (missed === undefined || Math.abs(now - missed.askedAt) < DAY_MS) continue;
    if (missed.asks >= MAX_ASKS) dropMissed(unit, record, missed);
    else rows.push({ ...missed, asks: missed.asks + 1, askedAt: now });
  }
  const asked = nameable(rows);
  for (const row of asked) saveMissed(unit, record.id, row);
  return asked;
}

/** As many as one question can name: those first that were asked for least, and of these the newest. In their order. */
export function nameable(rows: readonly MissedRow[]): MissedRow[] {
  const chosen = new Set<number>();
  let count = 0;
  for (const { seq } of [...rows].sort((a, b) => a.asks - b.asks || b.seq - a.seq)) {
    const more = 1 - Number(chosen.has(seq - 1)) - Number(chosen.has(seq + 1));
    if (chosen.size === MAX_ASKED || count + more > MAX_STRETCHES) continue;
    chosen.add(seq);
    count += more;
  }
  return rows.filter(({ seq }) => chosen.has(seq));
}

function stretches(rows: readonly MissedRow[]): Stretch[] {
  const found: Stretch[] = [];
  for (const { seq } of rows) {
    const last = found.at(-1);
    if (last?.[1] === seq - 1) last[1] = seq;
    else found.push([seq, seq]);
  }
  return found;
}

/** Somebody's question: the own rows that are asked for go into the outbox, to be sealed for that device when they go. */
export async function takeQuestion(intake: Intake, row: WireRow, question: AskAgainContent): Promise<void> {
  const { record, unit } = intake;
  const ask = row.client_id;
  const to = row.sender_device_id;
  const isLater = askedBefore(record, row);
  // Read long after it was asked: the key is gone.
  if (Math.abs(Date.now() - timeToMs(row.timestamp)) > KEY_KEPT_MS) return;
  if (!maySpeak(record, intake.room.self.userId) || rowsLeft(record, to) === 0) return;
  const found: Found[] = [];
  for (const seq of question.rows.flatMap(seqsOf)) {
    if (seq >= row.seq || !mayRead(intake, row, seq)) continue;
    const sent = await findSent(unit, record.id, seq);
    if (sent === undefined || sent.deviceId === to || wasSent(sent, row)) continue;
    if (isMine(intake, sent, question.all && isLater)) found.push([seq, sent]);
  }
  const given = spend(record, row, found);
  for (const [seq, sent] of given) saveSent(unit, record.id, seq, noted(sent, row));
  const answers = packed(given);
  if (answers.length === 0) return;
  const items = answers.map((seqs) => {
    const content: AnswerContent = { kind: "answer", ask, to, key: question.key, seqs };
    return newItem(uuidv7(), content, "secured");
  });
  saveOutbox(unit, record.id, [...(await loadOutbox(unit, record.id)), ...items]);
}

const seqsOf = ([from, to]: Stretch) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** Its own account's rows everybody has a right to; others' only whoever was there then, and is without a break since. */
function mayRead({ record, room }: Intake, row: WireRow, seq: number): boolean {
  return row.sender_id === room.self.userId || wasThere(record, row.sender_id, seq);
}

/** The browser that wrote a row answers; when that is gone, or did not, the others of the account. */
function isMine({ record, room }: Intake, { deviceId }: SentRow, all: boolean): boolean {
  const here = record.members.some((member) => member.deviceId === deviceId);
  return all || !here || deviceId === room.device.deviceId;
}

/** As many in one answer as fit. */
function packed(found: readonly Found[]): number[][] {
  const answers: number[][] = [];
  let room = 0;
  for (const [seq, sent] of found) {
    const size = bytesOf(sent);
    const last = answers.at(-1);
    if (last === undefined || size > room) {
      answers.push([seq]);
      room = MAX_ANSWER_BYTES - size;
    } else {
      last.push(seq);
      room -= size;
    }
  }
  return answers;
}
