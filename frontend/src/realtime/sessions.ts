/** Walks sessions through their states: who founds when, when keys are renewed, what waits for quantum_service. */
import { isApiError } from "../api/errors";
import type { Room, Session } from "../api/types";
import { failureCode } from "../crypto/client";
import { changes } from "./changes";
import type { Commits } from "./commits";
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Jobs, Verdict } from "./jobs";
import type { Log } from "./log";
import type { Pins } from "./pins";
import { refusal } from "./problems";
import type { Id } from "./state";

/** Who did not accept leaves the founding to the one who did, for a while. */
const LEAVE_MS = 4_000;
const SPREAD_MS = 4_000;
/** So long people who come by a link are gathered, to be let in by one commit. */
const GATHER_MS = 400;
/** How often a browser that may not found without an agreement looks whether another one of the account has it. */
const AGREED_EVERY_MS = 60_000;
const DUE_EVERY_MS = 5 * 60_000;
/** Whoever asks for new keys again and again does not keep this browser busy. */
const ASKED_EVERY_MS = 60_000;
/** What was refused for good: the person is told, and can try again earlier. */
const REFUSED_EVERY_MS = 5 * 60_000;
/** How often a browser that waits to be added looks whether anybody is left who could do it. */
const LOST_EVERY_MS = 15_000;

export interface SessionsDependencies {
  readonly conversations: Conversations;
  readonly commits: Commits;
  readonly log: Log;
  readonly pins: Pins;
  /** A conversation may have something to send now. */
  readonly ready: (conversationId: Id) => void;
  /** quantum_service is back. */
  readonly quantumBack: () => void;
}

export class Sessions {
  readonly #foundings: Jobs;
  readonly #renewals: Jobs;
  readonly #asked: Jobs;
  /** When this browser last made new keys because it was asked to. */
  readonly #answered = new Map<Id, number>();
  /** When this browser first saw a session in `establishing`. */
  readonly #seen = new Map<Id, number>();
  /** Until when a renewal that is due leaves the turn to others. */
  readonly #turns = new Map<Id, number>();
  #quantum = true;

  constructor(
    private readonly context: Context,
    private readonly dependencies: SessionsDependencies,
  ) {
    this.#foundings = context.jobs((id) => this.#found(id));
    this.#renewals = context.jobs((id) => this.#renew(id));
    this.#asked = context.jobs((id) => this.#rotate(id));
  }

  /** Everything that follows from what the server says of a session. */
  async learn(session: Session): Promise<void> {
    // Another browser of this account may have agreed; what follows would look uninvited without its word.
    if (session.state !== "terminated") await this.#isAgreed(session.peer.id);
    const received = await this.dependencies.conversations.learn(session);
    await this.dependencies.log.headAt(session.id, session.seq, received);
    await this.#confirm(session, received.conversation.readSeq);
    if (session.state === "establishing") this.#establishing(session);
    else this.dependencies.conversations.waitFor(session.id, null);
    this.dependencies.ready(session.id);
  }

  /** The same for a room; its creator's browser founds its group. */
  async learnRoom(room: Room): Promise<void> {
    if (room.creator_id !== this.context.userId && room.state !== "terminated" && !room.left)
      await this.#agreedRoom(room.id);
    const received = await this.dependencies.conversations.learnRoom(room);
    await this.dependencies.log.headAt(room.id, room.seq, received);
    await this.#confirm(room, received.conversation.readSeq);
    if (room.state === "establishing") this.#foundings.kick(room.id);
    else this.dependencies.conversations.waitFor(room.id, null);
    this.dependencies.ready(room.id);
  }

  /** Another browser of this account may be in it. */
  async #agreedRoom(id: Id): Promise<void> {
    const known = (await this.context.crypto.conversations()).find((each) => each.id === id);
    if (known?.room?.agreed !== true) await this.dependencies.pins.pull();
  }

  async refetch(id: Id): Promise<void> {
    const known = (await this.context.crypto.conversations()).find((each) => each.id === id);
    if (known === undefined || known.room === null) {
      try {
        const { items } = await this.context.api.get("/api/session/status", { query: { session_id: id } });
        for (const session of items) await this.learn(session);
        return;
      } catch (error) {
        // What this browser has never heard of may be a room.
        if (known !== undefined || !isApiError(error, "not_found")) throw error;
      }
    }
    await this.learnRoom(await this.context.api.get("/api/rooms/{room_id}", { path: { room_id: id } }));
  }

  /** What was held back until the person agreed, or was refused for good, is tried now. */
  tryAgain(id: Id): void {
    this.#foundings.kick(id);
    this.dependencies.log.pull(id);
    this.consider(id);
  }

  /** New rows, a sent message, a start: a commit may be due. */
  consider(id: Id): void {
    this.#renewals.kick(id);
  }

  /** The account asked its online browsers for new keys (`POST /api/session/rotate`). */
  rotationAsked(id: Id): void {
    this.#asked.kick(id);
  }

  async #rotate(id: Id): Promise<Verdict> {
    const now = this.context.environment.clock.now();
    const wait = (this.#answered.get(id) ?? -Infinity) + ASKED_EVERY_MS - now;
    // A clock that was set back does not make it longer.
    if (wait > 0 && wait <= ASKED_EVERY_MS) return { again: wait };
    this.#answered.set(id, now);
    // Asked once, tried once: nothing of it is kept, but a commit whose answer is not known is settled.
    await this.dependencies.commits.rotate(id).catch((error: unknown) => {
      this.context.failed(error);
      this.consider(id);
    });
    return "done";
  }

  quantumStatus(available: boolean): void {
    this.context.publish(changes.quantum({ available }));
    const back = available && !this.#quantum;
    this.#quantum = available;
    if (!back) return;
    this.dependencies.quantumBack();
    for (const id of this.#seen.keys()) this.#foundings.kick(id);
  }

  /** What the server may not know yet: read and stored up to where. */
  async #confirm(session: Pick<Session, "id" | "my_read_seq">, readSeq: number): Promise<void> {
    if (readSeq > session.my_read_seq) {
      const path = { conversation_id: session.id };
      await this.context.api.post("/api/conversations/{conversation_id}/read", { path, body: { seq: readSeq } });
    }
    this.dependencies.log.confirm(session.id);
  }

  #establishing(session: Session): void {
    const { clock, random } = this.context.environment;
    if (this.#seen.has(session.id)) {
      this.#foundings.kick(session.id, SPREAD_MS);
      return;
    }
    this.#seen.set(session.id, clock.now());
    const first = session.accepted_by === this.context.userId;
    if (!first) this.dependencies.conversations.waitFor(session.id, "peer");
    this.#foundings.kick(session.id, first ? 0 : LEAVE_MS + random() * SPREAD_MS);
  }

  async #found(id: Id): Promise<Verdict> {
    const { conversations, commits, log } = this.dependencies;
    const sealed = await this.context.crypto.conversation(id);
    if (sealed.state !== "establishing") {
      this.#seen.delete(id);
      conversations.waitFor(id, null);
      conversations.keysRefused(id, null);
      return "done";
    }
    // A room whose name another browser of this account knows.
    if (sealed.room?.name === "") return "done";
    if (sealed.peer !== null && !(await this.#isAgreed(sealed.peer.userId))) return { again: AGREED_EVERY_MS };
    try {
      await log.catchUp(id);
      await commits.found(id);
    } catch (error) {
      const away = isApiError(error, "quantum_service_unavailable");
      if (away) this.quantumStatus(false);
      const clock = failureCode(error) === "clock_wrong" ? "clock" : null;
      const hardware = isApiError(error, "hardware_entropy_unavailable") ? "hardware" : clock;
      conversations.waitFor(id, away ? "quantum_service" : hardware);
      const refused = refusal(error);
      conversations.keysRefused(id, refused);
      await conversations.refresh(id);
      // It may have been founded, or ended, meanwhile.
      if (isApiError(error, "not_establishing", "waiting_for_devices", "epoch_conflict")) await this.refetch(id);
      if (refused !== null) return { again: REFUSED_EVERY_MS };
      throw error;
    }
    conversations.keysRefused(id, null);
    await this.refetch(id);
    return "done";
  }

  /** Here or at another browser of this account. */
  async #isAgreed(userId: Id): Promise<boolean> {
    const { crypto } = this.context;
    if ((await crypto.contact(userId))?.agreed === true) return true;
    await this.dependencies.pins.pull();
    return (await crypto.contact(userId))?.agreed === true;
  }

  async #renew(id: Id): Promise<Verdict> {
    const { commits } = this.dependencies;
    await commits.settle(id);
    await this.#ask(id);
    if ((await this.context.crypto.generationDue(id)) !== null) {
      const turn = this.#turn(id);
      if (turn > 0) return { again: turn };
      await commits.beginAnew(id);
      return { again: 0 };
    }
    const reason = await this.context.crypto.dueCommit(id);
    if (reason === "people_wait" || reason === "people_wait_for_us") return this.#letIn(id, reason);
    if (reason === null || reason === "founding") {
      this.#turns.delete(id);
      const { state } = await this.context.crypto.conversation(id);
      if (state === "lost") return { again: LOST_EVERY_MS };
      return state === "active" ? { again: DUE_EVERY_MS } : "done";
    }
    const wait = this.#turn(id);
    if (wait > 0) return { again: wait };
    try {
      await (reason === "device_asks" ? commits.add(id) : commits.rotate(id));
    } catch (error) {
      // Nothing can be written meanwhile either, so no key is used longer for it.
      if (isApiError(error, "not_connected", "blocked")) return { again: DUE_EVERY_MS };
      throw error;
    }
    this.dependencies.ready(id);
    return { again: 0 };
  }

  /** One commit lets in all who wait; who made the last one gathers them for a moment, the others leave it the turn. */
  async #letIn(id: Id, reason: "people_wait" | "people_wait_for_us"): Promise<Verdict> {
    const { commits, conversations } = this.dependencies;
    const wait = this.#turn(id, reason === "people_wait" ? LEAVE_MS : GATHER_MS, reason === "people_wait");
    if (wait > 0) return { again: wait };
    this.#turns.delete(id);
    const path = { room_id: id };
    try {
      const { items } = await this.context.api.get("/api/rooms/{room_id}/requests", { path });
      await commits.act(id, { act: "admit", requests: items });
    } catch (error) {
      if (!isApiError(error, "nobody_waits", "not_allowed", "epoch_conflict")) throw error;
      await this.refetch(id);
    }
    await conversations.refresh(id);
    this.dependencies.ready(id);
    return { again: 0 };
  }

  /** Asks the others to add this browser (again), if it cannot follow the group (PROTOCOL.md 9.2). */
  async #ask(id: Id): Promise<void> {
    const { api, crypto } = this.context;
    const body = await crypto.askToBeAdded(id);
    if (body === null) return;
    try {
      await api.post("/api/conversations/{conversation_id}/lost-state", { path: { conversation_id: id }, body });
    } catch (error) {
      if (!isApiError(error) || error.transient || error.status === 401) throw error;
      // The log has gone on, or the server will never take it: there may be another way, and the next look asks again.
      this.context.failed(error);
      this.dependencies.log.pull(id);
    }
  }

  /** All members see at the same time that a commit is due: let one be first. */
  #turn(id: Id, after = 0, spread = true): number {
    const { clock, random } = this.context.environment;
    const turn = this.#turns.get(id) ?? clock.now() + after + (spread ? random() * SPREAD_MS : 0);
    this.#turns.set(id, turn);
    return turn - clock.now();
  }
}
