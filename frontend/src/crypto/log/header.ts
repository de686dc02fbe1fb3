/** The MLS message of a row and its authenticated data, held against the row that the server made of it (PROTOCOL.md 5.3). */

import type { PrivateMessage } from "ts-mls";
import type { Intake } from "../conversation/intake";
import { chainAt, type ConversationRecord, timerOf } from "../conversation/record";
import { type ProblemCode, RuleBroken } from "../failures";
import {
  type AuthenticatedData,
  decodeAuthenticatedData,
  decodePrivate,
  type Echo,
  type MessageType,
} from "../mls/message";
import { groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url } from "../primitives/encoding";
import { refuse } from "../refusals";
import type { WireRow } from "../wire";

const CONTENT = { message: "application", terminate: "application", leave: "application", commit: "commit" } as const;
const TYPES: Record<keyof typeof CONTENT, readonly MessageType[]> = {
  message: ["secured", "critical"],
  terminate: ["terminate"],
  leave: ["leave"],
  commit: ["commit"],
};
export type RowKind = keyof typeof CONTENT;

/** The MLS message of a row and its authenticated data, both held against the row (P5.3). */
export function openHeader(
  record: ConversationRecord,
  row: WireRow,
  kind: RowKind,
  content: Uint8Array,
): { message: PrivateMessage; data: AuthenticatedData } {
  const message = decodePrivate(content);
  const fits =
    row.generation === record.generation &&
    equalBytes(message.groupId, groupIdOf(record.id, row.generation)) &&
    message.epoch === BigInt(row.epoch) &&
    message.contentType === CONTENT[kind];
  if (!fits) throw new RuleBroken("bad_message");
  return { message, data: headerData(record, row, kind, message.authenticatedData) };
}

function headerData(record: ConversationRecord, row: WireRow, kind: RowKind, bytes: Uint8Array): AuthenticatedData {
  const data = decoded(bytes);
  const isCommit = kind === "commit";
  const fits =
    data.conversation === record.id &&
    data.generation === row.generation &&
    data.clientId === row.client_id &&
    TYPES[kind].some((type) => type === data.type) &&
    data.commitment.length === (isCommit ? 0 : 32) &&
    (isCommit || data.details.length === 0);
  if (!fits) throw new RuleBroken("bad_authenticated_data");
  // Only messages disappear, and all of an epoch after the time that its members agreed (P10.3).
  if (data.expiry !== (kind === "message" ? timerOf(record) : 0)) throw new RuleBroken("wrong_expiry");
  return data;
}

function decoded(bytes: Uint8Array): AuthenticatedData {
  try {
    return decodeAuthenticatedData(bytes);
  } catch (error) {
    return refuse("bad_authenticated_data", error);
  }
}

/** What the sender had verified when it wrote; null when it saw what we see (P5.3). */
export async function echoProblem(intake: Intake, row: WireRow, echo: Echo): Promise<ProblemCode | null> {
  if (echo.seq >= row.seq) return "echo_ahead";
  const chain = await chainAt(intake.unit, intake.record, echo.seq);
  return chain !== undefined && equalBytes(chain, echo.chain) ? null : "log_fork";
}

export function rowContent(row: WireRow): Uint8Array | null {
  return row.content === null ? null : fromBase64url(row.content);
}
