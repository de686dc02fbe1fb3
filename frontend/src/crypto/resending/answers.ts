/**
 * Rows that their author sent again (PROTOCOL.md 9.4), at the place where they stood.
 *
 * Promises: only what this device asked for, from the account whose row it is by the log; where the log's body is there to
 * compare, and it comes along unless it is too long, nothing but what it held. What breaks that is named and not shown. What was read
 * of changes meanwhile is made of it; what has disappeared or was deleted does not come back.
 */

import { takeMissedChange } from "../conversation/changes";
import { decodeContent, type NewerContent, type SentAgainContent, type TextContent } from "../conversation/content";
import { expiryOf, isOver } from "../conversation/fading";
import { countUnread, messageEntry } from "../conversation/incoming";
import type { Intake } from "../conversation/intake";
import { changed, indexMessage, seenName } from "../conversation/kept";
import {
  dropMissed,
  findMissed,
  headerOf,
  type MissedRow,
  type RowHeader,
  shrinkGap,
} from "../conversation/missedRows";
import { placeOf, systemEntry } from "../conversation/record";
import { rememberFile } from "../files/files";
import { RuleBroken } from "../failures";
import { commitmentOf, decodeAuthenticatedData, decodePrivate } from "../mls/message";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, msToTime, toBase64url } from "../primitives/encoding";
import { bodyHash } from "../statements/chain";
import { detachedSignature, judgeCritical } from "../statements/critical";
import type { MessageEntry, TimelineEntry } from "../types";
import type { Bytes, Id, Time, WireRow } from "../wire";
import { askedKey } from "./questions";
import { type AnsweredRow, needsBody, openRows } from "./rows";

type Said = NonNullable<AnsweredRow["said"]>;

export async function takeAnswer(intake: Intake, row: WireRow, { ask, to, sealed }: SentAgainContent): Promise<void> {
  const { record, unit, room } = intake;
  const key = to === room.device.deviceId ? await askedKey(unit, record.id, ask) : null;
  if (key === null) return;
  const answerer = { userId: row.sender_id, deviceId: row.sender_device_id };
  const rows = await openRows(await room.suite(), key, { conversation: record.id, ask, answerer, asker: to }, sealed);
  for (const answered of rows) {
    const missed = await findMissed(unit, record.id, answered.seq);
    // Somebody else of the account was quicker, or it was never asked for.
    if (missed === undefined) continue;
    try {
      await take(intake, row, missed, answered);
    } catch (error) {
      if (!(error instanceof RuleBroken)) throw error;
      intake.problem(row, error.code);
    }
  }
}

async function take(intake: Intake, row: WireRow, missed: MissedRow, answered: AnsweredRow): Promise<void> {
  const { unit, record } = intake;
  const { senderId, tag, clientId } = missed;
  const isAuthor = senderId === row.sender_id && (record.tags[tag]?.userId ?? senderId) === senderId;
  if (!isAuthor || clientId !== answered.clientId) throw new RuleBroken("resend_forged");
  const verified = answered.said === null ? null : await verify(missed, answered.said, record.id);
  const seen = seenName(record.id, missed);
  const isReplay = (await unit.get(seen)) !== undefined;
  dropMissed(unit, record, missed);
  const line = await shrinkGap(unit, record, missed.seq);
  if (line !== null) intake.entries.push(line);
  if (isReplay) return;
  unit.put(seen, missed.seq);
  if (verified !== null) await restore(intake, row, missed, verified, answered);
}

interface Verified {
  content: ReturnType<typeof decodeContent>;
  said: Said;
  hash: Bytes;
  type: string;
  /** Null: nobody can tell but its author. */
  header: RowHeader | null;
}

/** Holds the words against what the chain covers of the row. */
async function verify(missed: MissedRow, said: Said, id: Id): Promise<Verified> {
  const header = (await headerIn(missed, said, id)) ?? missed.header;
  const hash = toBase64url(await commitmentOf({ ...said, k: fromBase64url(said.k) }));
  const isProven = header !== null && header.commitment === hash && header.type === said.type;
  // Else its author could leave the body out and say what they like.
  if (!isProven && (header !== null || needsBody(said))) throw new RuleBroken("resend_forged");
  return { content: decodeContent(parsed(said.json)), said, hash, type: said.type, header };
}

/** Of the body that came along: it must be the one that was logged, for this very place. */
async function headerIn(missed: MissedRow, { body }: Said, id: Id): Promise<RowHeader | null> {
  if (body === null) return null;
  const content = fromBase64url(body.content);
  const hash = await bodyHash(content, detachedSignature(body));
  const header = equalBytes(hash, fromBase64url(missed.bodyHash)) ? headerOf(content, id, missed) : null;
  if (header === null) throw new RuleBroken("resend_forged");
  return header;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new RuleBroken("bad_message", error);
  }
}

async function restore(
  intake: Intake,
  row: WireRow,
  missed: MissedRow,
  verified: Verified,
  { expiresAt: said }: AnsweredRow,
): Promise<void> {
  const { content, header } = verified;
  if (content.kind === "edit" || content.kind === "delete") return takeMissedChange(intake, missed, content);
  if (content.kind !== "text" && content.kind !== "newer") return;
  const expiresAt = header === null ? said : expiryOf({ timestamp: missed.time }, header.expiry);
  if (isOver(intake.room, expiresAt)) return gone(intake, missed);
  await addMessage(intake, row, missed, { ...verified, content, expiresAt });
}

function gone({ unit, record, entries }: Intake, { seq, time, senderId }: MissedRow): Promise<void> {
  return insert({ unit, record, entries }, systemEntry(record, { seq, time }, "disappeared", senderId));
}

async function addMessage(
  intake: Intake,
  row: WireRow,
  missed: MissedRow,
  verified: Verified & { content: TextContent | NewerContent; expiresAt: Time | null },
): Promise<void> {
  const { unit, record } = intake;
  const { seq, time, clientId, senderId, deviceId } = missed;
  const { content, hash, expiresAt, header } = verified;
  const place = { seq, time, clientId, senderId, senderDeviceId: deviceId };
  const found = { hash, expiresAt, ...(await criticalOf(intake, missed, verified)) };
  // A tag that is nobody's here: whose row it is, is the server's word alone.
  const proven = header !== null && record.tags[missed.tag] !== undefined;
  const resent = { at: row.timestamp, deviceId: row.sender_device_id, proven };
  let entry: MessageEntry = { ...messageEntry(intake, place, content, found), resent };
  for (const { by, hash: meant, change: made, time: at } of missed.changes) {
    const isFor = meant === entry.hash && entry.deletedAt === null && (made.kind !== "edit" || entry.critical === null);
    if (isFor) entry = changed(entry, by, made, at);
  }
  if (content.kind === "text" && content.file !== null && entry.deletedAt === null)
    rememberFile(unit, record.id, entry.key, content.file);
  await insert(intake, entry);
  countUnread(intake, entry);
}

const UNSIGNED = { falcon: "missing", ecdsa: "missing", receipt: "missing", receiptAt: null } as const;

/** A critical one is judged as if it had come today, by the signature and receipt that came along. */
async function criticalOf(
  { room, unit }: Intake,
  { senderId, deviceId, epoch }: MissedRow,
  { said: { body }, type }: Verified,
): Promise<Pick<MessageEntry, "critical" | "faults">> {
  if (type !== "critical") return { critical: null, faults: [] };
  const device = (await room.person(unit, senderId))?.devices[deviceId];
  if (body === null || device === undefined) {
    return { critical: { ...UNSIGNED, checkedAt: msToTime(Date.now()) }, faults: ["signature_missing"] };
  }
  const content = fromBase64url(body.content);
  const data = decodeAuthenticatedData(decodePrivate(content).authenticatedData);
  const author = { deviceId, publicKey: fromBase64url(device.publicKey) };
  const notaryKey = room.self.receiptNotary?.publicKey ?? null;
  const { proof, faults } = await judgeCritical({ ...body, epoch }, content, data, author, notaryKey);
  return { critical: proof, faults };
}

/** Where it stood, behind what stands there already. */
async function insert(
  { unit, record, entries }: Pick<Intake, "unit" | "record" | "entries">,
  entry: TimelineEntry,
): Promise<void> {
  const seq = entry.seq ?? 0;
  let index = 0;
  while ((await unit.get(placeOf(record.id, { seq, index }))) !== undefined) index += 1;
  const place = placeOf(record.id, { seq, index });
  unit.put(place, entry);
  if (entry.kind === "message") indexMessage(unit, entry, place);
  entries.push(entry);
}
