/** The one place where frames become state (docs/events.md). */
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Directory } from "./directory";
import type { EventFrame, ServerFrame } from "./frames";
import type { Joins } from "./joins";
import { Lanes } from "./lanes";
import type { Log } from "./log";
import type { People } from "./people";
import type { Pins } from "./pins";
import type { Sessions } from "./sessions";
import type { Id } from "./state";
import type { Transport } from "./transport";
import type { Typing } from "./typing";

export interface EventsDependencies {
  readonly people: People;
  readonly sessions: Sessions;
  readonly conversations: Conversations;
  readonly joins: Joins;
  readonly directory: Directory;
  readonly log: Log;
  readonly transport: Transport;
  readonly pins: Pins;
  readonly typing: Typing;
  readonly greeted: (frame: Extract<ServerFrame, { type: "hello_ok" }>) => void;
  readonly rotate: (conversationId: Id) => void;
  /** An event is missing, or it or rows could not become state: fetch everything anew. */
  readonly gap: () => void;
}

export class Events {
  /** The newest account event that became state; null before the first `hello_ok`. */
  #cursor: number | null = null;
  readonly #lane = new Lanes();

  constructor(
    private readonly context: Context,
    private readonly dependencies: EventsDependencies,
  ) {}

  get cursor(): number | null {
    return this.#cursor;
  }

  /** Everything up to here is fetched anew. */
  startFrom(cursor: number): void {
    this.#cursor = cursor;
  }

  take(frame: ServerFrame): void {
    const { people, conversations, transport, sessions } = this.dependencies;
    switch (frame.type) {
      case "hello_ok":
        people.presentNow(frame.online);
        this.dependencies.greeted(frame);
        return;
      case "message_ack":
        transport.acknowledged(frame);
        return;
      case "error":
        transport.refused(frame);
        return;
      case "message_receive":
        this.#rows(frame).catch((error: unknown) => this.#missed(error));
        return;
      case "receipt":
        this.#receipt(frame).catch(this.context.failed);
        return;
      case "seen":
        if (frame.user_id === this.context.userId) return;
        conversations.seenUpTo(frame.conversation_id, frame.user_id, frame.seq);
        conversations.refresh(frame.conversation_id).catch(this.context.failed);
        return;
      case "typing_start":
      case "typing_stop":
        this.dependencies.typing.take(frame);
        return;
      case "presence":
        people.presence(frame.user_id, frame.online);
        return;
      case "quantum_status":
        sessions.quantumStatus(frame.available);
        return;
      case "token_ok":
      case "pong":
      case "signed_out":
        return;
      case "read":
        this.#numbered(frame, async () => {
          await this.context.crypto.markRead(frame.conversation_id, frame.seq);
          await conversations.refresh(frame.conversation_id);
        });
        return;
      case "connection_request":
      case "connection_accepted":
      case "connection_rejected":
      case "connection_removed":
      case "connection_blocked":
      case "connection_unblocked":
      case "session_created":
      case "session_updated":
      case "session_terminated":
      case "room_created":
      case "room_updated":
      case "room_terminated":
      case "join_updated":
      case "rotate_requested":
      case "key_change":
      case "pins_changed":
        this.#numbered(frame, () => this.#event(frame));
    }
  }

  async #event(frame: Exclude<EventFrame, { type: "read" }>): Promise<void> {
    const { people, sessions, directory, conversations, joins } = this.dependencies;
    switch (frame.type) {
      case "connection_request":
        return people.requested(frame.request);
      case "connection_accepted":
        return people.connectedTo(frame.peer, frame);
      case "connection_rejected":
        people.answered(frame.peer.id);
        return;
      case "connection_removed":
        await this.context.crypto.withdraw(frame.peer.id);
        return people.removed(frame.peer);
      case "connection_blocked":
        return people.blocked(frame.peer, true);
      case "connection_unblocked":
        return people.blocked(frame.peer, false);
      case "session_created":
      case "session_updated":
      case "session_terminated":
        return sessions.learn(frame.session);
      case "room_created":
      case "room_updated":
      case "room_terminated":
        return sessions.learnRoom(frame.room);
      case "join_updated":
        return joins.told(frame.join);
      case "rotate_requested":
        this.dependencies.rotate(frame.session_id);
        return;
      case "key_change":
        await directory.learn(frame.user_id);
        return conversations.refreshWith(frame.user_id);
      case "pins_changed":
        return this.dependencies.pins.written(frame.version);
    }
  }

  async #rows(frame: Extract<ServerFrame, { type: "message_receive" }>): Promise<void> {
    const { sessions, conversations, log } = this.dependencies;
    const id = frame.conversation_id;
    if (!conversations.knows(id)) {
      // The event that tells of it may be here already, and still waits for those before it.
      await this.inOrder(async () => {
        if (!conversations.knows(id)) await sessions.refetch(id);
      });
    }
    for (const { sender_id } of frame.rows) this.dependencies.typing.stopped(frame.conversation_id, sender_id);
    await log.received(frame.conversation_id, frame.rows, frame.head_seq);
  }

  async #receipt(frame: Extract<ServerFrame, { type: "receipt" }>): Promise<void> {
    const { conversations } = this.dependencies;
    if (frame.user_id === this.context.userId) return;
    conversations.deliveredUpTo(frame.conversation_id, frame.seq);
    conversations.show(await this.context.crypto.receipt(frame.conversation_id, frame.user_id, frame.seq));
    await conversations.refresh(frame.conversation_id);
  }

  /** Events one after another, each once; a missing number means that something was lost. */
  #numbered(frame: EventFrame, apply: () => Promise<unknown>): void {
    if (this.#cursor !== null && frame.cursor <= this.#cursor) return;
    const gap = this.#cursor !== null && frame.cursor > this.#cursor + 1;
    this.#cursor = frame.cursor;
    if (gap) {
      this.dependencies.gap();
      return;
    }
    this.inOrder(apply).catch((error: unknown) => this.#missed(error));
  }

  /** Runs after the events before it, and before those after it. */
  inOrder(apply: () => Promise<unknown>): Promise<unknown> {
    return this.#lane.run("events", apply);
  }

  #missed(error: unknown): void {
    this.context.failed(error);
    this.dependencies.gap();
  }
}
