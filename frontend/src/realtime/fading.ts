/** Takes messages off the page when their time is over (PROTOCOL.md 10.3): crypto/ hides and erases, this only knows when to ask. */
import { changes } from "./changes";
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Jobs, Verdict } from "./jobs";
import { messageId } from "./messages";

const ONLY = "fade";
/** New messages that come close together are looked at once. */
const GROUP_MS = 1_000;
/** Timers of browsers hold three weeks. */
const AT_MOST_MS = 86_400_000;

export class Fading {
  readonly #jobs: Jobs;

  constructor(
    private readonly context: Context,
    private readonly conversations: Conversations,
  ) {
    this.#jobs = context.jobs(() => this.#run());
  }

  /** There are messages whose time is not known here yet. */
  kick(): void {
    this.#jobs.kick(ONLY, GROUP_MS);
  }

  /** The server told its time: what both clocks agree on can go. */
  async learnTime(time: string): Promise<void> {
    await this.context.crypto.learnTime(time);
    this.#jobs.kick(ONLY);
  }

  async #run(): Promise<Verdict> {
    const { gone, entries, next } = await this.context.crypto.fade();
    for (const { conversationId, ...ref } of gone) {
      this.context.publish(changes.entryGone({ conversationId, id: messageId(ref) }));
    }
    this.conversations.show(entries);
    for (const id of new Set(gone.map(({ conversationId }) => conversationId))) await this.conversations.refresh(id);
    return next === null ? "done" : { again: Math.min(next, AT_MOST_MS) };
  }
}
