/**
 * Files on their way to the server, the first one first, again until it is there. Before any of them goes, all of them are kept,
 * as far as the browser has room: what an earlier page kept goes on by itself. When all of a file is there, its message goes
 * into the outbox.
 */
import { isApiError, isTransient } from "../../api/errors";
import type { Context } from "../context";
import type { Jobs, Verdict } from "../jobs";
import type { Id } from "../state";
import { type Attached, OutgoingFile } from "./outgoing";

export interface UploadsDependencies {
  readonly online: () => boolean;
  /** Its message is in the outbox. */
  readonly sent: (conversationId: Id) => void;
}

const ONLY = "uploads";
/** Of all files that wait, together. */
const MOST_KEPT_BYTES = 512 * 2 ** 20;
/** Messages need room too: a file may take this part of what the browser has left. */
const PART_OF_ROOM = 0.5;

export class Uploads {
  readonly #all = new Map<Id, OutgoingFile>();
  readonly #jobs: Jobs;
  #made = 0;

  constructor(
    private readonly context: Context,
    private readonly dependencies: UploadsDependencies,
  ) {
    this.#jobs = context.jobs(() => this.#run());
  }

  /** Goes on with what an earlier page kept; what this page keeps meanwhile goes already. */
  async restore(): Promise<void> {
    for (const kept of await this.context.crypto.keptFiles()) {
      if ([...this.#all.values()].some(({ fileId }) => fileId === kept.id)) continue;
      this.#take(kept.id, OutgoingFile.found(this.context, kept));
    }
  }

  add(file: Attached): void {
    const id = `upload-${++this.#made}`;
    this.#take(
      id,
      OutgoingFile.attached(this.context, id, file, (bytes) => this.#mayKeep(bytes)),
    );
  }

  #take(id: Id, file: OutgoingFile): void {
    this.#all.set(id, file);
    file.show({});
    this.kick();
  }

  async #mayKeep(bytes: number): Promise<boolean> {
    const kept = [...this.#all.values()].reduce((sum, file) => sum + file.keptBytes, 0);
    if (kept + bytes > MOST_KEPT_BYTES) return false;
    return bytes <= PART_OF_ROOM * (await this.context.environment.room());
  }

  /** There is a line, or something to do. */
  kick(): void {
    this.#jobs.kick(ONLY);
  }

  pause(id: Id): void {
    this.#all.get(id)?.show({ state: "paused" });
  }

  /** Goes on with one that was paused or failed. */
  resume(id: Id): void {
    this.#all.get(id)?.show({ state: "waiting", problem: null });
    this.kick();
  }

  /** Nothing of it stays, here or there. */
  async cancel(id: Id): Promise<void> {
    const file = this.#all.get(id);
    if (file === undefined) return;
    this.#gone(id, file);
    await file.drop();
  }

  /** What is kept waits for the next time. */
  stop(): void {
    for (const [id, file] of this.#all) this.#gone(id, file);
  }

  async #run(): Promise<Verdict> {
    for (;;) {
      const online = this.dependencies.online();
      const next = this.#next(online);
      if (next === undefined) return "done";
      const [id, file] = next;
      try {
        if (await file.step(online)) this.#sent(id, file);
      } catch (error) {
        // Given up or stopped meanwhile: whoever did that has seen to the rest.
        if (!this.#all.has(id)) continue;
        if (isTransient(error)) {
          if (file.shown.state !== "paused") file.show({ state: "waiting" });
          const wait = isApiError(error) ? error.retryAfter : null;
          return wait === null ? "retry" : { again: wait * 1000 };
        }
        await file.fail(error);
      }
    }
  }

  /** Keeping takes no line, and hurts nobody who has paused. */
  #next(online: boolean): [Id, OutgoingFile] | undefined {
    const going = [...this.#all].filter(([, { shown }]) => shown.state !== "failed");
    const lost = going.find(([, file]) => file.mayBeLost);
    if (lost !== undefined) return lost;
    const ready = going.filter(([, { shown }]) => shown.state !== "paused");
    if (online) return ready[0];
    for (const [, file] of ready) file.show({ state: "waiting" });
    return undefined;
  }

  #sent(id: Id, file: OutgoingFile): void {
    this.#gone(id, file);
    this.dependencies.sent(file.shown.conversationId);
  }

  #gone(id: Id, file: OutgoingFile): void {
    this.#all.delete(id);
    file.end();
  }
}
