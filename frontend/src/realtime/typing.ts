/** Who is writing just now: said and heard without content, kept nowhere, and forgotten by itself when nothing more comes. */
import { changes } from "./changes";
import type { Context } from "./context";
import type { ClientFrame, ServerFrame } from "./frames";
import type { Id } from "./state";

type Told = Extract<ServerFrame, { type: "typing_start" | "typing_stop" }>;

/** Said again so often while somebody goes on writing. */
export const AGAIN_MS = 4_000;
/** Who has said nothing for so long has stopped, or is gone. */
export const GONE_MS = 9_000;

export interface TypingDependencies {
  /** Whether the person lets others know, and so is told of them. */
  readonly allowed: () => boolean;
  readonly send: (frame: ClientFrame) => void;
}

export class Typing {
  /** By conversation, who writes there and what ends it. */
  readonly #heard = new Map<Id, Map<Id, () => void>>();
  /** Where this person writes, and when that was said. */
  readonly #said = new Map<Id, number>();

  constructor(
    private readonly context: Context,
    private readonly dependencies: TypingDependencies,
  ) {}

  take({ type, conversation_id: id, user_id: userId }: Told): void {
    if (userId === this.context.userId || !this.dependencies.allowed()) return;
    if (type === "typing_start") this.#started(id, userId);
    else this.stopped(id, userId);
  }

  /** Also when a message of theirs came. */
  stopped(id: Id, userId: Id): void {
    const cancel = this.#heard.get(id)?.get(userId);
    if (cancel === undefined) return;
    cancel();
    this.#heard.get(id)?.delete(userId);
    this.#publish(id);
  }

  /** This person writes something in the conversation, or has nothing there any more. */
  say(id: Id, writes: boolean): void {
    const said = this.#said.get(id);
    if (!writes) {
      this.#said.delete(id);
      if (said !== undefined && this.dependencies.allowed()) this.#send("typing_stop", id);
      return;
    }
    const now = this.context.environment.clock.now();
    if (!this.dependencies.allowed() || (said !== undefined && now >= said && now - said < AGAIN_MS)) return;
    this.#said.set(id, now);
    this.#send("typing_start", id);
  }

  /** The switch was moved, the line was lost, or the account's engine stops. */
  forget(): void {
    this.#said.clear();
    for (const [id, people] of this.#heard) {
      for (const cancel of people.values()) cancel();
      people.clear();
      this.#publish(id);
    }
    this.#heard.clear();
  }

  #started(id: Id, userId: Id): void {
    const people = this.#heard.get(id) ?? new Map<Id, () => void>();
    this.#heard.set(id, people);
    people.get(userId)?.();
    people.set(
      userId,
      this.context.environment.clock.after(GONE_MS, () => this.stopped(id, userId)),
    );
    this.#publish(id);
  }

  #publish(conversationId: Id): void {
    const people = [...(this.#heard.get(conversationId)?.keys() ?? [])];
    this.context.publish(changes.typing({ conversationId, people }));
  }

  #send(type: "typing_start" | "typing_stop", conversation_id: Id): void {
    this.dependencies.send({ type, conversation_id });
  }
}
