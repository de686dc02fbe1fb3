/**
 * Takes rows of a conversation's log, in order (PROTOCOL.md 5.1 to 5.3).
 *
 * Promises: nothing is shown that the chain does not cover; what breaks a rule is written down with its position; what only
 * lacks something is held back, and everything taken is on disk when the promise resolves. Rows are taken up to the first
 * one that is held back; the caller pulls again from `verifiedSeq`.
 */

import { nameGhosts } from "../conversation/ghosts";
import { ENOUGH_ANSWERS, HeldBack, type Intake } from "../conversation/intake";
import { affected } from "../conversation/affected";
import { loadOutbox, saveOutbox } from "../conversation/outbox";
import { chainAt, chainName, type ConversationRecord, saveConversation, settle } from "../conversation/record";
import { type ProblemCode, RuleBroken } from "../failures";
import { CertificateMissing } from "../mls/policy";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, MalformedEncoding, msToTime, timeToMs } from "../primitives/encoding";
import { bodyHash, nextChain } from "../statements/chain";
import { detachedSignature, isStripped } from "../statements/critical";
import type { Id, WireRow } from "../wire";
import { followNoMore, takeCommit } from "./commitRows";
import { takeGeneration } from "./generationRows";
import { rowContent } from "./header";
import { takeMessage } from "./messageRows";

/** Broken by the server's log itself: nothing behind it is taken, and it may heal when the right row is served. */
const STOPPING: ReadonlySet<ProblemCode> = new Set([
  "log_fork",
  "log_gap",
  "log_order",
  "body_mismatch",
  "signature_missing",
  "bad_row",
]);

/** Codes after which a commit's epoch goes on without this device. */
const NOT_LOSING: ReadonlySet<ProblemCode> = new Set(["commit_wrong_epoch", "log_order"]);

export async function takeRows(intake: Intake, rows: readonly WireRow[], pulled: boolean): Promise<void> {
  for (const row of rows) {
    const goesOn = await takeRow(intake, row, pulled).catch((error: unknown) => stopped(intake, row, error));
    if (!goesOn) break;
  }
  nameGhosts(intake);
  saveConversation(intake.unit, intake.record);
}

/** The answer to a pull: names a head below what the log held before the question, and rows up to the head that are not there. */
export async function checkHead(intake: Intake, headSeq: number, rows: number, atLeast: number): Promise<void> {
  const { record } = intake;
  const time = msToTime(Date.now());
  if (headSeq < atLeast) {
    intake.name({ seq: headSeq + 1, time }, "log_gap", null);
    await unsend(intake, headSeq);
  }
  if (rows === 0 && headSeq > record.verifiedSeq) intake.name({ seq: record.verifiedSeq + 1, time }, "log_gap", null);
}

/** Own messages that were acknowledged behind the end of the log have not been sent. */
async function unsend({ unit, record, room, entries }: Intake, headSeq: number): Promise<void> {
  record.expected = Object.fromEntries(Object.entries(record.expected).filter(([seq]) => Number(seq) <= headSeq));
  const items = await loadOutbox(unit, record.id);
  const lost = items.filter(({ state, ackSeq }) => state === "sent" && (ackSeq ?? 0) > headSeq);
  for (const item of lost) Object.assign(item, { state: "failed", failure: "log_gap", ackSeq: null });
  saveOutbox(unit, record.id, items);
  entries.push(...(await affected(room, unit, record.id, lost)));
}

/** Whether the next row may be looked at. */
async function takeRow(intake: Intake, row: WireRow, pulled: boolean): Promise<boolean> {
  const { record } = intake;
  if (row.conversation_id !== record.id) throw new RuleBroken("log_order");
  if (row.seq <= record.verifiedSeq) {
    await checkKnown(intake, row);
    return true;
  }
  if (row.seq !== record.verifiedSeq + 1) {
    intake.needs.push({ kind: "rows", after: record.verifiedSeq });
    if (pulled) throw new RuleBroken("log_gap");
    return false;
  }
  await checkStep(record, row);
  // The right row has come for this place.
  settle(record, ({ code, seq }) => seq === row.seq && STOPPING.has(code));
  checkExpectation(intake, row);
  await judged(intake, row);
  advance(intake, row);
  return true;
}

/** A row that was taken before is ignored, if it is the same one. */
async function checkKnown({ unit, record }: Intake, row: WireRow): Promise<void> {
  const chain = await chainAt(unit, record, row.seq);
  if (chain === undefined || !equalBytes(chain, fromBase64url(row.chain))) throw new RuleBroken("log_fork");
}

async function checkStep(record: ConversationRecord, row: WireRow): Promise<void> {
  const previous = fromBase64url(record.chain);
  const hash = fromBase64url(row.body_hash);
  const content = rowContent(row);
  if (content !== null && !equalBytes(await bodyHash(content, detachedSignature(row)), hash)) {
    throw new RuleBroken(isStripped(row, content) ? "signature_missing" : "body_mismatch");
  }
  const chain = await nextChain(previous, {
    ...row,
    senderTag: fromBase64url(row.sender_tag),
    clientId: row.client_id,
    timeMs: timeToMs(row.timestamp),
    bodyHash: hash,
  });
  const fits = row.previous_chain === record.chain && equalBytes(chain, fromBase64url(row.chain));
  if (!fits) throw new RuleBroken("log_fork");
}

/** The row must be what was acknowledged for its place (P5.2). */
function checkExpectation(intake: Intake, row: WireRow): void {
  const { expected } = intake.record;
  const acknowledged = expected[row.seq];
  if (acknowledged === undefined) return;
  intake.record.expected = Object.fromEntries(Object.entries(expected).filter(([seq]) => Number(seq) !== row.seq));
  const same = acknowledged.chain === row.chain && acknowledged.previousChain === row.previous_chain;
  if (!same) intake.problem(row, "ack_mismatch", null);
}

/** A row of a later epoch by another device than the one that could not be followed: somebody did follow. */
function noteFollower({ lost, generation }: ConversationRecord, row: WireRow): void {
  if (lost === null || lost.seq === null || row.generation !== generation) return;
  if (row.epoch > lost.epoch && row.sender_device_id !== lost.by) lost.followed = true;
}

/** The content by its kind; a broken rule is named and the log goes on, a lacking thing goes up. */
async function judged(intake: Intake, row: WireRow): Promise<void> {
  noteFollower(intake.record, row);
  try {
    if (row.kind === "message" || row.kind === "terminate" || row.kind === "leave")
      await takeMessage(intake, row, row.kind);
    else if (row.kind === "commit") await takeCommit(intake, row);
    else if (row.kind === "generation") await takeGeneration(intake, row);
    else throw new RuleBroken("bad_message");
  } catch (error) {
    if (!(error instanceof RuleBroken)) throw error;
    intake.problem(row, error.code);
    if (row.kind === "commit" && !NOT_LOSING.has(error.code)) await followNoMore(intake, row);
  }
}

function advance({ unit, record }: Intake, row: WireRow): void {
  record.verifiedSeq = row.seq;
  record.chain = row.chain;
  unit.put(chainName(record.id, row.seq), row.chain);
  settle(record, ({ code, seq }) => seq === row.seq && code === "list_withheld");
}

/**
 * Names whose list still does not confirm what the row says of a device, although their keys were fetched after it came: the
 * server keeps the list back, or let somebody through who is in none. The row goes on waiting (P6.9).
 */
function nameWithheld(intake: Intake, row: WireRow, userIds: readonly Id[]): void {
  const { learned, held } = intake.room;
  let waiting = held.get(row.conversation_id);
  if (waiting?.seq !== row.seq) {
    waiting = { seq: row.seq, since: new Map() };
    held.set(row.conversation_id, waiting);
  }
  for (const userId of userIds) {
    const now = learned.get(userId) ?? 0;
    const since = waiting.since.get(userId) ?? now;
    waiting.since.set(userId, since);
    if (now - since >= ENOUGH_ANSWERS) intake.problem(row, "list_withheld", userId);
  }
}

/** Why a row was not taken; always false: what follows must wait. */
async function stopped(intake: Intake, row: WireRow, error: unknown): Promise<false> {
  if (error instanceof CertificateMissing) {
    await intake.needKeys(error.userIds);
    nameWithheld(intake, row, error.userIds);
  } else if (error instanceof RuleBroken && STOPPING.has(error.code)) {
    intake.problem(row, error.code, null);
  } else if (error instanceof MalformedEncoding) {
    // Neither its place nor its time can be believed.
    const at = { seq: intake.record.verifiedSeq + 1, time: msToTime(Date.now()) };
    intake.name(at, "bad_row", null);
  } else if (!(error instanceof HeldBack)) {
    throw error;
  }
  return false;
}
