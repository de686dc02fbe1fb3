/**
 * The timeline of a conversation, page by page.
 *
 * Promises: a page ends between two positions of the log, never inside one, so that `before` and `after`, which name
 * positions, neither lose nor repeat an entry.
 */

import { CryptoFailure } from "../failures";
import type { Room } from "../store/room";
import type { Store } from "../store/storage";
import type { PageAsked, TimelineEntry, TimelinePage } from "../types";
import type { Id } from "../wire";
import { findMessage } from "./kept";
import { isText, loadOutbox, outboxEntry } from "./outbox";
import { loadConversation, padded } from "./record";
import { Showing } from "./shown";

const MAX_PAGE = 200;

type Found = [place: string, entry: TimelineEntry][];

/** The entries of one conversation, by their places. */
class Entries {
  readonly #prefix: string;

  constructor(
    private readonly store: Store,
    id: Id,
  ) {
    this.#prefix = `entry/${id}/`;
  }

  /** The newest `count` before this position, and what else stands at the oldest one of them. */
  async before(seq: number | null, count: number): Promise<Found> {
    const last = this.#prefix + (seq === null ? "\uffff" : padded(seq));
    const found = (await this.store.scan<TimelineEntry>(this.#prefix, last, count, true)).reverse();
    const oldest = found[0]?.[0];
    if (oldest === undefined) return [];
    const rest = await this.store.scan<TimelineEntry>(this.#position(oldest), oldest);
    return [...rest.slice(0, -1), ...found];
  }

  async after(seq: number, count: number): Promise<Found> {
    const found = await this.store.scan<TimelineEntry>(this.#end(seq), `${this.#prefix}\uffff`, count);
    const newest = found.at(-1)?.[0];
    if (newest === undefined) return [];
    const rest = await this.store.scan<TimelineEntry>(newest, `${this.#position(newest)}/\uffff`);
    return [...found, ...rest.slice(1)];
  }

  async isBefore(seq: number): Promise<boolean> {
    return (await this.store.scan(this.#prefix, this.#prefix + padded(seq), 1)).length > 0;
  }

  async isAfter(seq: number): Promise<boolean> {
    return (await this.store.scan(this.#end(seq), `${this.#prefix}\uffff`, 1)).length > 0;
  }

  seqOf(place: string): number {
    return Number(this.#position(place).slice(this.#prefix.length));
  }

  #position(place: string): string {
    return place.slice(0, this.#prefix.length + padded(0).length);
  }

  #end(seq: number): string {
    return `${this.#prefix}${padded(seq)}/\uffff`;
  }
}

export async function timeline(room: Room, id: Id, asked: PageAsked): Promise<TimelinePage> {
  const { store } = room;
  const record = await loadConversation(store, id);
  const entries = new Entries(store, id);
  const found = await find(store, id, entries, asked);
  const [oldest, newest] = [found[0]?.[0], found.at(-1)?.[0]];
  const beside = asked.before ?? asked.after ?? 0;
  const from = oldest === undefined ? beside : entries.seqOf(oldest);
  const to = newest === undefined ? beside : entries.seqOf(newest);
  const older = await entries.isBefore(from);
  const newer = asked.before !== undefined || (await entries.isAfter(to));
  const outbox = newer || room.self.device === null ? [] : await loadOutbox(store, id);
  const waiting = outbox.filter(isText).map((item) => outboxEntry(room, id, item));
  const showing = await Showing.of(room, store, record);
  const all = [...found.map(([, entry]) => entry), ...waiting];
  return { entries: await showing.all(all), from, to, older, newer };
}

async function find(store: Store, id: Id, entries: Entries, asked: PageAsked): Promise<Found> {
  const count = Math.max(1, Math.min(asked.limit, MAX_PAGE));
  if (asked.after !== undefined) return entries.after(asked.after, count);
  if (asked.around === undefined) return entries.before(asked.before ?? null, count);
  const { around } = asked;
  const seq = typeof around === "number" ? around : (await findMessage(store, id, around))?.entry.seq;
  if (seq === undefined || seq === null) throw new CryptoFailure("unknown_message");
  const half = Math.ceil(count / 2);
  const older = await entries.before(seq, half);
  // A place near the end: the page is as long as any other.
  const newer = await entries.after(seq - 1, Math.max(half, count - older.length));
  return [...older, ...newer];
}
