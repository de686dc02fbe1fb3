/**
 * Files on their way to this browser: each chunk is verified before it is kept, and nobody gets a file of which one was not right.
 * A connection that is lost is waited for. What an earlier page did not finish begins again by itself, and is held until somebody
 * asks for it.
 */
import { isApiError, isTransient } from "../../api/errors";
import { Backoff } from "../backoff";
import { changes } from "../changes";
import type { Context } from "../context";
import { MessengerError } from "../messenger";
import type { Download, Id } from "../state";
import { blobType } from "./kinds";

interface Fetching {
  shown: Download;
  stopped: boolean;
  /** Somebody takes it when it is there. */
  wanted: boolean;
  /** Ends the wait before the next try. */
  wake: () => void;
  blob: Promise<Blob>;
}

export class Downloads {
  readonly #all = new Map<string, Fetching>();

  #over = false;

  constructor(private readonly context: Context) {}

  async restore(): Promise<void> {
    for (const { conversationId, entryKey, size } of await this.context.crypto.takeUnfinishedDownloads()) {
      if (this.#all.has(entryKey)) continue;
      this.#begin(conversationId, entryKey, size, false).blob.catch(this.context.failed);
    }
  }

  /** The whole file, verified. Asked again meanwhile, it is the same download. */
  fetch(conversationId: Id, ref: string, size: number): Promise<Blob> {
    const running = this.#all.get(ref);
    if (running === undefined) return this.#begin(conversationId, ref, size, true).blob;
    running.wanted = true;
    if (running.shown.state === "ready") this.#gone(ref);
    return running.blob;
  }

  #begin(conversationId: Id, ref: string, size: number, wanted: boolean): Fetching {
    const shown: Download = { ref, received: 0, size, state: "running" };
    const wake = () => undefined;
    const fetching: Fetching = { shown, stopped: false, wanted, wake, blob: Promise.resolve(new Blob()) };
    this.#all.set(ref, fetching);
    this.#show(fetching, {});
    fetching.blob = this.#fetch(fetching, conversationId).then(
      (blob) => {
        if (fetching.wanted) this.#gone(ref);
        else this.#show(fetching, { state: "ready" });
        return blob;
      },
      (error: unknown) => {
        this.#gone(ref);
        throw error;
      },
    );
    return fetching;
  }

  #gone(ref: string): void {
    this.#all.delete(ref);
    this.context.publish(changes.downloadGone({ ref }));
  }

  cancel(ref: string): void {
    const fetching = this.#all.get(ref);
    if (fetching === undefined) return;
    fetching.stopped = true;
    fetching.wake();
  }

  /** There is a line again. */
  kick(): void {
    for (const { wake } of this.#all.values()) wake();
  }

  /** What is not finished stays so: the next turn begins it again. */
  stop(): void {
    this.#over = true;
    for (const ref of this.#all.keys()) this.cancel(ref);
  }

  async #fetch(fetching: Fetching, conversationId: Id): Promise<Blob> {
    const { crypto, environment } = this.context;
    const { ref } = fetching.shown;
    const { id, reading, chunks, type } = await crypto.openFile(conversationId, ref);
    const scratch = await environment.scratch();
    try {
      for (let number = 0; number < chunks; number++) {
        const content = await crypto.openChunk(reading, number, await this.#chunk(fetching, id, number));
        await scratch.write(content);
        this.#show(fetching, { received: fetching.shown.received + content.length, state: "running" });
      }
      if (fetching.stopped) throw new MessengerError({ code: "cancelled" });
      return await scratch.finish(blobType(type));
    } catch (error) {
      await scratch.drop();
      throw error;
    } finally {
      if (!this.#over) await crypto.closeFile(reading);
    }
  }

  async #chunk(fetching: Fetching, id: Id, number: number): Promise<Uint8Array> {
    const backoff = new Backoff(this.context.environment.random);
    for (;;) {
      if (fetching.stopped) throw new MessengerError({ code: "cancelled" });
      try {
        return await this.context.api.getBytes("/api/attachments/{attachment_id}/chunks/{number}", {
          path: { attachment_id: id, number: String(number) },
        });
      } catch (error) {
        if (!isTransient(error)) throw error;
        const asked = isApiError(error) ? (error.retryAfter ?? 0) * 1000 : 0;
        this.#show(fetching, { state: "waiting" });
        await this.#wait(fetching, Math.max(backoff.next(), asked));
      }
    }
  }

  #wait(fetching: Fetching, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.context.environment.clock.after(ms, resolve);
      fetching.wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #show(fetching: Fetching, change: Partial<Download>): void {
    fetching.shown = { ...fetching.shown, ...change };
    this.context.publish(changes.download(fetching.shown));
  }
}
