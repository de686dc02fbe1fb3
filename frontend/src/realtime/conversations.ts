/** The conversations as shown: crypto/'s sealed view joined with what the server says of sessions and people. */
import type { Room, Session } from "../api/types";
import type { Conversation as Sealed, PageAsked, Received, TimelineEntry } from "../crypto/client";
import { changes, type Page } from "./changes";
import type { Context } from "./context";
import { Lanes } from "./lanes";
import { messageRef } from "./messages";
import type { People } from "./people";
import { conversationOf, entriesOf, recentOf, type Recent, type SealedSession } from "./projection";
import { roomOf, type SealedRoom } from "./roomProjection";
import type { Finding, FindingKind, Id, Place, Problem, WaitsFor } from "./state";

/** So many entries of the newest page tell preview and end. */
const RECENT = 30;
const PAGE = 50;

const isSession = (sealed: Sealed): sealed is SealedSession => sealed.peer !== null;
const isRoom = (sealed: Sealed): sealed is SealedRoom => sealed.room !== null;

export class Conversations {
  readonly #sessions = new Map<Id, Session>();
  readonly #rooms = new Map<Id, Room>();
  readonly #waits = new Map<Id, WaitsFor>();
  readonly #keysRefused = new Map<Id, Problem>();
  readonly #delivered = new Map<Id, number>();
  /** How far others have read, who let this account know. */
  readonly #seen = new Map<Id, Map<Id, number>>();
  /** What was refused here before it came near the log, so that crypto/ has no record of it. */
  readonly #refused = new Map<Id, Finding[]>();
  readonly #open = new Set<Id>();
  readonly #lanes = new Lanes();

  constructor(
    private readonly context: Context,
    private readonly people: People,
    /** Details of an open panel may have changed. */
    private readonly changed: (id: Id) => void,
    /** Who tells nobody how far they read is not told either. */
    private readonly tellsReceipts: () => boolean,
    /** There are messages that disappear. */
    private readonly fading: () => void,
  ) {}

  session(id: Id): Session | null {
    return this.#sessions.get(id) ?? null;
  }

  /** Whether the server has told of it since this browser is online. */
  knows(id: Id): boolean {
    return this.#sessions.has(id) || this.#rooms.has(id);
  }

  /** Those with this person; with oneself: all. */
  idsWith(userId: Id): Id[] {
    const self = userId === this.context.userId;
    const sessions = [...this.#sessions.values()].filter(({ peer }) => self || peer.id === userId);
    const rooms = [...this.#rooms.values()].filter(({ people }) => self || people.some(({ id }) => id === userId));
    return [...sessions, ...rooms].map(({ id }) => id);
  }

  async showAll(): Promise<void> {
    const all = await this.context.crypto.conversations();
    const sessions = all.filter(isSession);
    const rooms = all.filter(isRoom);
    this.context.publish(changes.conversations(await Promise.all(sessions.map((sealed) => this.#session(sealed)))));
    this.context.publish(changes.rooms(await Promise.all(rooms.map((sealed) => this.#room(sealed)))));
  }

  /** Takes what the server says of a session; answers what crypto/ needs because of it. */
  async learn(session: Session): Promise<Received> {
    this.#sessions.set(session.id, session);
    for (const { user_id, seq } of session.delivered) {
      if (user_id !== this.context.userId) this.deliveredUpTo(session.id, seq);
    }
    for (const { user_id, seq } of session.seen) this.seenUpTo(session.id, user_id, seq);
    const received = await this.context.crypto.learnSession(session);
    await this.took(received);
    return received;
  }

  async learnRoom(room: Room): Promise<Received> {
    this.#rooms.set(room.id, room);
    for (const { user_id, seq } of room.seen) this.seenUpTo(room.id, user_id, seq);
    const received = await this.context.crypto.learnRoom(room);
    await this.took(received);
    return received;
  }

  /** Shows what came of rows, sessions and commits. */
  async took(received: Received): Promise<void> {
    this.show(received.entries);
    await this.refresh(received.conversation.id);
  }

  refresh(id: Id): Promise<void> {
    // One after another: an older picture never covers a newer one.
    return this.#lanes.run(id, async () => {
      const sealed = await this.context.crypto.conversation(id);
      if (isSession(sealed)) this.context.publish(changes.conversation(await this.#session(sealed)));
      if (isRoom(sealed)) this.context.publish(changes.room(await this.#room(sealed)));
      this.changed(id);
    });
  }

  async refreshWith(userId: Id): Promise<void> {
    const all = await this.context.crypto.conversations();
    const concerned = all.filter(({ peer, room }) => {
      return peer?.userId === userId || room?.people.some((person) => person.userId === userId) === true;
    });
    await Promise.all(concerned.map(({ id }) => this.refresh(id)));
  }

  show(entries: readonly TimelineEntry[]): void {
    if (entries.some((entry) => entry.kind === "message" && entry.expiresAt !== null)) this.fading();
    const byConversation = Map.groupBy(entries, (entry) => entry.conversationId);
    for (const [conversationId, some] of byConversation) {
      if (!this.#open.has(conversationId)) continue;
      const shown = some.flatMap((entry) => entriesOf(entry, this.context.userId));
      this.context.publish(changes.entries({ conversationId, entries: shown }));
    }
  }

  waitFor(id: Id, what: WaitsFor | null): void {
    if ((this.#waits.get(id) ?? null) === what) return;
    if (what === null) this.#waits.delete(id);
    else this.#waits.set(id, what);
    void this.refresh(id).catch(this.context.failed);
  }

  /** Why no keys can be made, or null. */
  keysRefused(id: Id, problem: Problem | null): void {
    if (this.#keysRefused.get(id)?.code === problem?.code) return;
    if (problem === null) this.#keysRefused.delete(id);
    else this.#keysRefused.set(id, problem);
    void this.refresh(id).catch(this.context.failed);
  }

  async refused(id: Id, kind: FindingKind): Promise<void> {
    const known = this.#refused.get(id) ?? [];
    if (known.some((finding) => finding.kind === kind)) return;
    const finding = { id: `refused/${kind}`, kind, at: this.context.environment.clock.now(), seq: null, from: null };
    this.#refused.set(id, [...known, finding]);
    await this.refresh(id);
  }

  deliveredUpTo(id: Id, seq: number): void {
    this.#delivered.set(id, Math.max(seq, this.#delivered.get(id) ?? 0));
  }

  seenUpTo(id: Id, userId: Id, seq: number): void {
    const seen = this.#seen.get(id) ?? new Map<Id, number>();
    this.#seen.set(id, seen.set(userId, Math.max(seq, seen.get(userId) ?? 0)));
  }

  /** How far all of these have read. */
  #seenBy(id: Id, userIds: readonly Id[]): number {
    if (userIds.length === 0 || !this.tellsReceipts()) return 0;
    return Math.min(...userIds.map((userId) => this.#seen.get(id)?.get(userId) ?? 0));
  }

  // ---------------------------------------------------------------- open timelines

  /** The newest page, or the one around a message or position. */
  async open(conversationId: Id, place: Place | null): Promise<void> {
    this.#open.add(conversationId);
    const around = typeof place === "string" ? messageRef(place) : place;
    await this.#page(conversationId, "whole", around === null ? {} : { around });
  }

  close(conversationId: Id): void {
    this.#open.delete(conversationId);
  }

  older(conversationId: Id, before: number): Promise<void> {
    return this.#page(conversationId, "older", { before });
  }

  newer(conversationId: Id, after: number): Promise<void> {
    return this.#page(conversationId, "newer", { after });
  }

  async #page(conversationId: Id, which: Page["which"], place: Omit<PageAsked, "limit">): Promise<void> {
    const page = await this.context.crypto.timeline(conversationId, { ...place, limit: PAGE });
    if (!this.#open.has(conversationId)) return;
    const { from, to, older: hasOlder, newer: hasNewer } = page;
    const entries = page.entries.flatMap((entry) => entriesOf(entry, this.context.userId));
    const beside = place.before ?? place.after ?? null;
    this.context.publish(changes.page({ conversationId, which, beside, entries, from, to, hasOlder, hasNewer }));
  }

  // ----------------------------------------------------------------

  async #session(sealed: SealedSession) {
    const [person, contact, recent] = await Promise.all([
      this.people.person(sealed.peer.userId),
      this.context.crypto.contact(sealed.peer.userId),
      this.#recent(sealed),
    ]);
    return conversationOf({
      sealed,
      session: this.session(sealed.id),
      person,
      contact,
      recent,
      waitsFor: this.#waits.get(sealed.id) ?? null,
      keysRefused: this.#keysRefused.get(sealed.id) ?? null,
      deliveredSeq: this.#delivered.get(sealed.id) ?? 0,
      seenSeq: this.#seenBy(sealed.id, [sealed.peer.userId]),
      refused: this.#refused.get(sealed.id) ?? [],
      selfId: this.context.userId,
    });
  }

  async #room(sealed: SealedRoom) {
    const others = sealed.room.people.map(({ userId }) => userId).filter((userId) => userId !== this.context.userId);
    return roomOf({
      sealed,
      seenSeq: this.#seenBy(sealed.id, others),
      recent: await this.#recent(sealed),
      waitsFor: this.#waits.get(sealed.id) ?? null,
      refused: this.#refused.get(sealed.id) ?? [],
      selfId: this.context.userId,
    });
  }

  async #recent(sealed: Sealed): Promise<Recent> {
    const { last } = sealed;
    const enough = last === null || (last.kind === "message" && sealed.state === "active");
    if (enough) return recentOf(last === null ? [] : [last]);
    return recentOf((await this.context.crypto.timeline(sealed.id, { limit: RECENT })).entries);
  }
}
