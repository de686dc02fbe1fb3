/**
 * What it takes to send a row of this account once more (PROTOCOL.md 9.4): its body as the chain covers it, and what its
 * commitment opens to.
 *
 * Promises: nothing is kept of what was deleted or has disappeared, edits of it included, but that it was there; nor for longer
 * than 30 days, as long as the server keeps commits: whoever was away longer has lost more than messages.
 */

import { commitmentOf, decodeAuthenticatedData, decodePrivate, type Disclosure } from "../mls/message";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, timeToMs, toBase64url } from "../primitives/encoding";
import { bodyHash } from "../statements/chain";
import { detachedSignature } from "../statements/critical";
import type { Store, UnitOfWork } from "../store/storage";
import type { Target } from "../types";
import type { Bytes, Id, Time, WireReceipt, WireRow } from "../wire";
import { findMessage } from "./kept";
import { padded } from "./record";

const KEPT_MS = 30 * 86_400_000;

/** The body of a row as it went into the log. */
export interface RowBody {
  content: Bytes;
  signature_falcon: Bytes | null;
  signature_ecdsa: Bytes | null;
  receipt: WireReceipt | null;
}

export interface SentRow {
  clientId: Id;
  /** Of this account: which of its devices wrote it. */
  deviceId: Id;
  time: Time;
  expiresAt: Time | null;
  /** Null: deleted, disappeared, or nothing that is sent again. */
  said: { k: Bytes; type: string; json: string; body: RowBody | null } | null;
  /** Where it was edited. */
  edits: number[];
  /** Which devices it was sent to again, and when they asked by the log's times (resending/quota.ts). */
  again?: Record<Id, number>;
}

const prefix = (id: Id) => `sent/${id}/`;
const nameOf = (id: Id, seq: number) => prefix(id) + padded(seq);

export async function findSent(from: UnitOfWork | Store, id: Id, seq: number): Promise<SentRow | undefined> {
  return from.get<SentRow>(nameOf(id, seq));
}

export function saveSent(unit: UnitOfWork, id: Id, seq: number, sent: SentRow): void {
  unit.put(nameOf(id, seq), sent);
}

/** Which rows are sent again: texts as they were written, their edits, and deletions. What else was said of them is not. */
export type About = { kind: "text" } | { kind: "edit"; target: Target } | { kind: "delete" } | null;

/** A row of this account that was read, or is its own. `bodies`: what may be its body. */
export async function keepSent(
  unit: UnitOfWork,
  row: WireRow,
  { about, disclosure, expiresAt }: { about: About; disclosure: Disclosure | null; expiresAt: Time | null },
  bodies: readonly RowBody[],
): Promise<void> {
  const { conversation_id: id, seq, client_id: clientId, sender_device_id: deviceId, timestamp: time } = row;
  const sent: SentRow = { clientId, deviceId, time, expiresAt, said: null, edits: [] };
  if (about !== null && disclosure !== null && (await belongs(unit, id, seq, about))) {
    const { k, type, json } = disclosure;
    sent.said = { k: toBase64url(k), type, json, body: await bodyOf(row, disclosure, bodies) };
  }
  unit.put(nameOf(id, seq), sent);
}

/** An edit goes with the message that it edits: it is erased with it, and not kept without it. */
async function belongs(unit: UnitOfWork, id: Id, seq: number, about: NonNullable<About>): Promise<boolean> {
  if (about.kind !== "edit") return true;
  const edited = (await findMessage(unit, id, about.target))?.entry;
  if (edited === undefined || edited.seq === null || edited.deletedAt !== null) return false;
  const sent = await findSent(unit, id, edited.seq);
  if (sent === undefined) return false;
  unit.put(nameOf(id, edited.seq), { ...sent, edits: [...sent.edits, seq] });
  return true;
}

/** The one that the chain covers, with the commitment of these words. */
async function bodyOf(row: WireRow, disclosure: Disclosure, bodies: readonly RowBody[]): Promise<RowBody | null> {
  for (const body of bodies) {
    const content = fromBase64url(body.content);
    const hash = await bodyHash(content, detachedSignature(body));
    if (!equalBytes(hash, fromBase64url(row.body_hash))) continue;
    const { commitment } = decodeAuthenticatedData(decodePrivate(content).authenticatedData);
    if (equalBytes(commitment, await commitmentOf(disclosure))) return body;
  }
  return null;
}

export const rowBody = (row: WireRow): RowBody[] =>
  row.content === null
    ? []
    : [
        {
          content: row.content,
          signature_falcon: row.signature_falcon ?? null,
          signature_ecdsa: row.signature_ecdsa ?? null,
          receipt: row.receipt ?? null,
        },
      ];

/** Nothing of a message and its edits is sent again from now on. */
export async function forgetSent(unit: UnitOfWork, id: Id, seq: number | null): Promise<void> {
  const sent = seq === null ? undefined : await findSent(unit, id, seq);
  if (sent === undefined || seq === null) return;
  unit.put(nameOf(id, seq), { ...sent, said: null, edits: [] });
  for (const edit of sent.edits) await forgetSent(unit, id, edit);
}

/** `time` is the server's, like the rows' own. */
export async function forgetOldSent(unit: UnitOfWork, id: Id, time: Time): Promise<void> {
  const isOld = (sent: SentRow) => timeToMs(time) - timeToMs(sent.time) > KEPT_MS;
  for (const name of await unit.store.names(prefix(id))) {
    const sent = await unit.get<SentRow>(name);
    if (sent === undefined || !isOld(sent)) return;
    unit.delete(name);
  }
}
