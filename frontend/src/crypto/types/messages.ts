/** One's own messages on their way, and reading (PROTOCOL.md 8). */

import type { Id, Time, WireAck, WireOutgoing, WireLastWord, WireTermination } from "../wire";
import type { Conversation, Editing, SendingBlocked } from "./conversations";
import type {
  Change,
  Faded,
  MessageEntry,
  MessageRef,
  PageAsked,
  TextType,
  TimelineEntry,
  TimelinePage,
} from "./timeline";

export type Outgoing =
  | { kind: "message"; message: WireOutgoing }
  | { kind: "empty" }
  | { kind: "blocked"; blocked: SendingBlocked }
  /** The right to this change was lost while it waited: it stands as failed, and the next one may go. */
  | { kind: "dropped"; entry: MessageEntry | null };

/** The sealed outbox. */
export interface MessageCalls {
  /**
   * Into the sealed outbox, as `secured` unless said otherwise; the entry stands in the timeline at once. `unknown_message`
   * when the one that it replies to is not logged; a message that was sent again without proof is not named as that.
   */
  enqueue(
    conversationId: Id,
    text: string,
    type?: TextType,
    replyTo?: MessageRef | null,
    mentions?: Id[],
  ): Promise<MessageEntry>;

  /** The same for a change; answers the message as it is with it. `unknown_message`, `not_changeable`. */
  enqueueChange(conversationId: Id, message: MessageRef, change: Change): Promise<MessageEntry>;

  /**
   * The next message of this type to send, encrypted and signed now and stored before this resolves: one at a time for a
   * conversation and type. The same bytes come again until it is acknowledged, refused, stale or overtaken by too many others.
   */
  nextOutgoing(conversationId: Id, type?: TextType): Promise<Outgoing>;

  /** 503 of quantum_service: nothing was stored, it waits (P8.1). Until it is handed out again it can be discarded. */
  postponed(conversationId: Id, clientId: Id): Promise<void>;

  /** Conversations with something in the outbox. */
  outboxes(): Promise<Id[]>;

  /**
   * Checks the acknowledged chain step against what was sent. `bad_ack`. Answers the message, or the one that was changed,
   * and what came with it; nothing that was shown when its row came.
   */
  acknowledged(conversationId: Id, ack: WireAck): Promise<TimelineEntry[]>;

  /** 409 `epoch_stale`: it will be encrypted again under the same id, once the missed commit has been received. */
  epochStale(conversationId: Id, clientId: Id): Promise<void>;

  /** The server refused it for good, with its code. It stands as failed and blocks nothing. */
  sendRefused(conversationId: Id, clientId: Id, code: string): Promise<MessageEntry | null>;

  /** Tries a failed message again, at the end of the queue, under a new id. */
  retry(conversationId: Id, clientId: Id): Promise<MessageEntry | null>;

  /** Deletes a message or change that has not been sent. Answers the message that is no longer to change. */
  discard(conversationId: Id, clientId: Id): Promise<MessageEntry | null>;

  /** The member's message that ends the conversation; the log's row of it then erases the MLS state. Call again when stale. */
  terminate(conversationId: Id): Promise<WireTermination>;

  /** For `POST /api/rooms/{id}/leave`: one's own last message in a room. `not_allowed` for its owner. */
  leave(conversationId: Id): Promise<WireLastWord>;
}

/** The timeline, and how far it was read. */
export interface ReadingCalls {
  /** `unknown_message` when there is no such message to stand around. */
  timeline(conversationId: Id, page: PageAsked): Promise<TimelinePage>;

  /** The server's time, as it says it now: by it and by the own clock messages disappear. */
  learnTime(time: Time): Promise<void>;

  /** Hides and erases the messages whose time is over (P10.3). */
  fade(): Promise<Faded>;

  /** Only ever forward. Answers the conversation with its unread count. */
  markRead(conversationId: Id, seq: number): Promise<Conversation>;

  setDraft(conversationId: Id, text: string): Promise<void>;
  setEditing(conversationId: Id, editing: Editing | null): Promise<void>;
  /** Those that the person picked last, newest first. */
  recentEmoji(): Promise<string[]>;
  rememberEmoji(emoji: string): Promise<void>;
}
