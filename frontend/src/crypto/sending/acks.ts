/** Answers of the server to what this device sent: the step is recomputed at once (PROTOCOL.md 5.2). */

import type { Intake } from "../conversation/intake";
import type { SentBody } from "../conversation/outbox";
import { ownTag } from "../conversation/record";
import { CryptoFailure } from "../failures";
import { takeRows } from "../log/receive";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, timeToMs } from "../primitives/encoding";
import { nextChain } from "../statements/chain";
import type { Bytes, WireAck, WireRow } from "../wire";

type SentKind = "message" | "commit";

/**
 * Checks an ack against the bodies that were sent under its id, and takes its row at once when it is the next one; else the
 * row must turn out to be what was acknowledged.
 */
export async function takeAck(
  intake: Intake,
  ack: WireAck,
  kind: SentKind,
  bodies: readonly SentBody[],
): Promise<void> {
  const { record, room } = intake;
  // What stands there was taken already, and was not this: it would wait no more.
  if (ack.seq <= record.verifiedSeq) throw new CryptoFailure("bad_ack");
  const { deviceId } = room.device;
  const tag = ownTag(record, deviceId);
  record.expected[ack.seq] = { previousChain: ack.previous_chain, chain: ack.chain };
  if (tag === undefined) {
    // The server gives the tag with the founding commit: the row will tell it, and is checked then.
    intake.needs.push({ kind: "rows", after: record.verifiedSeq });
    return;
  }
  const bodyHash = await acknowledgedBody(ack, kind, tag, bodies);
  if (ack.seq !== record.verifiedSeq + 1) {
    intake.needs.push({ kind: "rows", after: record.verifiedSeq });
    return;
  }
  await takeRows(intake, [rowOf(intake, ack, kind, tag, bodyHash)], false);
}

/** Which of the sent bodies the acknowledged step covers; `bad_ack` if none. */
async function acknowledgedBody(ack: WireAck, kind: SentKind, tag: Bytes, bodies: readonly SentBody[]): Promise<Bytes> {
  const chain = fromBase64url(ack.chain);
  for (const { generation, epoch, hash } of bodies) {
    const step = {
      seq: ack.seq,
      generation,
      epoch,
      kind,
      senderTag: fromBase64url(tag),
      clientId: ack.client_id,
      timeMs: timeToMs(ack.time),
      bodyHash: fromBase64url(hash),
    };
    const expected = await nextChain(fromBase64url(ack.previous_chain), step);
    const same = ack.generation === generation && ack.epoch === epoch;
    if (same && equalBytes(expected, chain)) return hash;
  }
  throw new CryptoFailure("bad_ack");
}

function rowOf(intake: Intake, ack: WireAck, kind: SentKind, tag: Bytes, bodyHash: Bytes): WireRow {
  return {
    seq: ack.seq,
    conversation_id: intake.record.id,
    generation: ack.generation,
    epoch: ack.epoch,
    kind,
    sender_id: intake.room.self.userId,
    sender_device_id: intake.room.device.deviceId,
    sender_tag: tag,
    client_id: ack.client_id,
    timestamp: ack.time,
    body_hash: bodyHash,
    previous_chain: ack.previous_chain,
    chain: ack.chain,
    content: null,
    receipt: ack.receipt ?? null,
  };
}
