/** What stands beside the text of a row of type `critical` (PROTOCOL.md 8.2): judged, named, and never hidden. */

import { HeldBack, type Intake } from "../conversation/intake";
import type { SentMessage } from "../conversation/outbox";
import type { ProblemCode } from "../failures";
import type { AuthenticatedData } from "../mls/message";
import type { Leaf } from "../mls/roster";
import { fromBase64url } from "../primitives/encoding";
import { judgeCritical, judgeOwn, ownProof } from "../statements/critical";
import type { CriticalProof, TextType } from "../types";
import type { WireRow } from "../wire";

export interface Judged {
  /** Null for a secured message. */
  proof: CriticalProof | null;
  faults: ProblemCode[];
}

const NOT_CRITICAL: Judged = { proof: null, faults: [] };

/** Before the message's key is used up: the receipt is checked with a notary key that may have been made a moment ago. */
export function needNotary({ room, needs }: Intake): void {
  if (room.self.receiptNotary !== null || room.askedForNotary) return;
  room.askedForNotary = true;
  needs.push({ kind: "config" });
  throw new HeldBack();
}

export interface Opened {
  /** The MLS message, whole. */
  content: Uint8Array;
  data: AuthenticatedData;
  author: Leaf;
}

export async function judged(intake: Intake, row: WireRow, { content, data, author }: Opened): Promise<Judged> {
  const notaryKey = intake.room.self.receiptNotary?.publicKey ?? null;
  const found = data.type === "critical" ? await judgeCritical(row, content, data, author, notaryKey) : NOT_CRITICAL;
  return withFlippedType(found, row, data.type);
}

/** One's own: the row holds a body that was sent, so the signature is this device's. */
export async function judgedOwn(intake: Intake, row: WireRow, type: TextType, body: SentMessage): Promise<Judged> {
  const { receiptNotary } = intake.room.self;
  if (type === "secured") return withFlippedType(NOT_CRITICAL, row, type);
  if (receiptNotary === null) return withFlippedType({ proof: ownProof(), faults: [] }, row, type);
  const subject = {
    conversation: row.conversation_id,
    clientId: row.client_id,
    deviceId: row.sender_device_id,
    ciphertext: fromBase64url(body.ciphertext),
  };
  return withFlippedType(await judgeOwn(row.receipt ?? null, subject, receiptNotary.publicKey), row, type);
}

/** What the server calls a message says nothing about it; that it lies does. */
function withFlippedType({ proof, faults }: Judged, row: WireRow, type: string): Judged {
  const flipped = row.message_type != null && row.message_type !== type;
  return { proof, faults: flipped ? ["type_flipped", ...faults] : faults };
}
