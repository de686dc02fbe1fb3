/** What the parts that judge rows share. */

import type { ClientState, PrivateMessage } from "ts-mls";
import { equalBytes } from "./bytes";
import { addEntry, addProblem, chainAt, type ConversationRecord } from "./conversation";
import { fromBase64url, MalformedEncoding } from "./encoding";
import { type ProblemCode, RuleBroken } from "./failures";
import {
  type AuthenticatedData,
  decodeAuthenticatedData,
  decodePrivate,
  type Echo,
  type MessageType,
} from "./mls/message";
import { groupIdOf } from "./mls/suite";
import type { Room } from "./room";
import type { UnitOfWork } from "./storage";
import type { Need, TimelineEntry } from "./types";
import type { Id, Time, WireRow } from "./wire";

/** Something of the row is not here yet: it is held back, not refused. */
export class HeldBack extends Error {
  override name = "HeldBack";
}

export class Intake {
  readonly entries: TimelineEntry[] = [];
  readonly needs: Need[] = [];

  #group: ClientState | null | undefined;

  constructor(
    readonly room: Room,
    readonly unit: UnitOfWork,
    readonly record: ConversationRecord,
  ) {}

  /** The group as far as the rows taken so far have brought it. */
  async group(): Promise<ClientState | null> {
    this.#group ??= await this.room.group(this.unit, this.record.id);
    return this.#group;
  }

  setGroup(state: ClientState): void {
    this.#group = state;
    this.room.putGroup(this.unit, this.record.id, state);
  }

  dropGroup(): void {
    this.#group = null;
    this.room.dropGroup(this.unit, this.record.id);
  }

  get accounts(): Id[] {
    return [this.room.self.userId, this.record.peerId];
  }

  own(row: WireRow): boolean {
    return row.sender_device_id === this.room.self.device?.deviceId;
  }

  add(entry: TimelineEntry): void {
    this.entries.push(addEntry(this.unit, this.record, entry));
  }

  problem(row: WireRow, code: ProblemCode, userId: Id | null = row.sender_id): void {
    this.name({ seq: row.seq, time: row.timestamp }, code, userId);
  }

  /** Names a broken rule at a place of the log. */
  name(at: { seq: number; time: Time }, code: ProblemCode, userId: Id | null): void {
    const entry = addProblem(this.unit, this.record, at, code, userId);
    if (entry !== null) this.entries.push(entry);
  }

  async needKeys(userIds: readonly Id[]): Promise<void> {
    for (const userId of userIds) {
      const person = await this.room.person(this.unit, userId);
      this.needs.push({ kind: "account_keys", userId, since: person?.listVersion ?? 0 });
    }
  }

  /** A sender tag belongs to one device of the conversation, and a device to one tag (P5.7). */
  bindTag(row: WireRow): void {
    const { tags } = this.record;
    const holder = tags[row.sender_tag];
    if (holder !== undefined && holder.deviceId !== row.sender_device_id) throw new RuleBroken("sender_mismatch");
    const other = Object.entries(tags).find(([, { deviceId }]) => deviceId === row.sender_device_id);
    if (other !== undefined && other[0] !== row.sender_tag) throw new RuleBroken("sender_mismatch");
    tags[row.sender_tag] = { userId: row.sender_id, deviceId: row.sender_device_id };
  }
}

const CONTENT = { message: "application", terminate: "application", commit: "commit" } as const;
const TYPES: Record<keyof typeof CONTENT, readonly MessageType[]> = {
  message: ["secured", "critical"],
  terminate: ["terminate"],
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
    data.expiry === 0 &&
    data.commitment.length === (isCommit ? 0 : 32) &&
    (isCommit || data.details.length === 0);
  if (!fits) throw new RuleBroken("bad_authenticated_data");
  return data;
}

function decoded(bytes: Uint8Array): AuthenticatedData {
  try {
    return decodeAuthenticatedData(bytes);
  } catch (error) {
    throw error instanceof MalformedEncoding ? new RuleBroken("bad_authenticated_data", error) : error;
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
