/** An answer is made when it is next to go (PROTOCOL.md 9.4): what was deleted or has disappeared since it was asked for is not in it. */

import { isOver } from "../conversation/fading";
import { findMessage } from "../conversation/kept";
import { type AnswerContent, loadOutbox } from "../conversation/outbox";
import type { ConversationRecord } from "../conversation/record";
import { findSent, type SentRow } from "../conversation/sentRows";
import { RuleBroken } from "../failures";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Id } from "../wire";
import { type AnsweredRow, bytesOf, MAX_ANSWER_BYTES, needsBody, sealRows } from "./rows";

/** The content of the message; null when there is nobody to seal it for. */
export async function sealedAnswer(
  room: Room,
  unit: UnitOfWork,
  { id, members }: ConversationRecord,
  { ask, to, key, seqs }: AnswerContent,
): Promise<unknown> {
  if (!members.some(({ deviceId }) => deviceId === to)) return null;
  const regretted = await aboutToGo(unit, id);
  const rows: AnsweredRow[] = [];
  for (const seq of seqs) {
    const sent = await findSent(unit, id, seq);
    const row = sent === undefined ? null : answered(room, seq, regretted.has(seq) ? { ...sent, said: null } : sent);
    if (row !== null) rows.push(row);
  }
  const { userId, deviceId } = room.device;
  const question = { conversation: id, ask, answerer: { userId, deviceId }, asker: to };
  try {
    return { kind: "sent_again", ask, to, sealed: await sealRows(await room.suite(), key, question, rows) };
  } catch (error) {
    // A key that is none: whoever asks so gets nothing, and what waits behind it goes on.
    if (error instanceof RuleBroken) return null;
    throw error;
  }
}

/** Places of messages, and of their edits, whose deletion waits to be sent. */
async function aboutToGo(unit: UnitOfWork, id: Id): Promise<Set<number>> {
  const seqs = new Set<number>();
  for (const { content, state } of await loadOutbox(unit, id)) {
    if (content.kind !== "delete" || state === "failed") continue;
    const seq = (await findMessage(unit, id, content.target))?.entry.seq;
    if (seq == null) continue;
    for (const each of [seq, ...((await findSent(unit, id, seq))?.edits ?? [])]) seqs.add(each);
  }
  return seqs;
}

/** Null: too long to be sent again, or nobody would believe it since its body is not here. */
function answered(room: Room, seq: number, { clientId, expiresAt, said }: SentRow): AnsweredRow | null {
  const gone = { seq, clientId, expiresAt, said: null };
  if (said === null || isOver(room, expiresAt)) return gone;
  const whole = { ...gone, said };
  if (said.body !== null && fits(whole)) return whole;
  const withoutProof = { ...gone, said: { ...said, body: null } };
  return fits(withoutProof) && !needsBody(said) ? withoutProof : null;
}

const fits = (row: AnsweredRow) => bytesOf(row) <= MAX_ANSWER_BYTES;
