/** What is being taken into one conversation: what every part that judges it writes to, and what it still needs. */

import type { ClientState } from "ts-mls";
import { type ProblemCode, RuleBroken } from "../failures";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Need, TimelineEntry } from "../types";
import type { Id, Time, WireRow } from "../wire";
import { addEntry, addProblem, type ConversationRecord, othersOf } from "./record";

/** So often keys are fetched after a row came before it is judged without what is missing: an answer on its way then may be older. */
export const ENOUGH_ANSWERS = 2;

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

  /** Everybody whose conversation it is, by its present state. */
  get accounts(): Id[] {
    const { userId } = this.room.self;
    return [userId, ...othersOf(this.record, userId)];
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

  /** Whether the keys of these accounts were fetched often enough since this row was first held back for them. */
  askedEnough(row: WireRow, userIds: readonly Id[]): boolean {
    const { held, learned } = this.room;
    const waiting = held.get(this.record.id);
    if (waiting?.seq !== row.seq) return false;
    return userIds.every(
      (userId) => (learned.get(userId) ?? 0) - (waiting.since.get(userId) ?? Infinity) >= ENOUGH_ANSWERS,
    );
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
