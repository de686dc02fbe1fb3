/**
 * Files on their way to the server: one chunk at a time, the first file first, again until it is there. What was sealed is kept
 * until the server has it, so that a chunk is never sealed twice. When all of it is there, the message goes into the outbox.
 */
import { isApiError, isTransient } from "../../api/errors";
import { toBase64 } from "../../lib/base64";
import { barePicture, Unclear } from "../../lib/pictures/bare";
import type { FilePlan, SealedBytes } from "../../crypto/client";
import { changes } from "../changes";
import type { Context } from "../context";
import type { Jobs, Verdict } from "../jobs";
import { problemOf } from "../problems";
import type { AboutFile, Id, Problem, Upload } from "../state";

interface Sending {
  shown: Upload;
  content: Blob;
  /** Whether a picture may still say where and with what it was taken. */
  untouched: boolean;
  readonly about: AboutFile;
  plan: FilePlan | null;
  announced: boolean;
  /** The next chunk to go. */
  next: number;
  sealed: SealedBytes | null;
}

export interface UploadsDependencies {
  readonly online: () => boolean;
  /** Its message is in the outbox. */
  readonly sent: (conversationId: Id) => void;
}

const ONLY = "uploads";

export class Uploads {
  readonly #all = new Map<Id, Sending>();
  readonly #jobs: Jobs;
  #made = 0;

  constructor(
    private readonly context: Context,
    private readonly dependencies: UploadsDependencies,
  ) {
    this.#jobs = context.jobs(() => this.#run());
  }

  /** `original`: with whatever a picture says of itself. */
  add(conversationId: Id, content: Blob, about: AboutFile, original: boolean): void {
    const id = `upload-${++this.#made}`;
    const { name } = about;
    const shown: Upload = { id, conversationId, name, size: content.size, sent: 0, state: "waiting", problem: null };
    const untouched = !original;
    this.#all.set(id, { shown, content, untouched, about, plan: null, announced: false, next: 0, sealed: null });
    this.#show(id, {});
    this.kick();
  }

  /** There is a line, or something to do. */
  kick(): void {
    this.#jobs.kick(ONLY);
  }

  pause(id: Id): void {
    this.#show(id, { state: "paused" });
  }

  /** Goes on with one that was paused or failed. */
  resume(id: Id): void {
    this.#show(id, { state: "waiting", problem: null });
    this.kick();
  }

  /** Nothing of it stays, here or there. */
  async cancel(id: Id): Promise<void> {
    const sending = this.#all.get(id);
    if (sending === undefined) return;
    this.#gone(id);
    await this.#drop(sending);
  }

  stop(): void {
    for (const id of [...this.#all.keys()]) this.#gone(id);
  }

  async #run(): Promise<Verdict> {
    for (;;) {
      const sending = [...this.#all.values()].find(({ shown }) => !["paused", "failed"].includes(shown.state));
      if (sending === undefined) return "done";
      const { id } = sending.shown;
      if (!this.dependencies.online()) {
        this.#show(id, { state: "waiting" });
        return "done";
      }
      try {
        await this.#step(sending);
      } catch (error) {
        if (isTransient(error)) {
          this.#show(id, { state: "waiting" });
          const wait = isApiError(error) ? error.retryAfter : null;
          return wait === null ? "retry" : { again: wait * 1000 };
        }
        await this.#failed(sending, error);
      }
    }
  }

  async #step(sending: Sending): Promise<void> {
    const { crypto } = this.context;
    const { id, conversationId } = sending.shown;
    if (sending.shown.state === "waiting") this.#show(id, { state: "running" });
    if (sending.untouched) await this.#strip(sending);
    sending.plan ??= await crypto.beginFile(conversationId, { ...sending.about, size: sending.content.size });
    const { plan } = sending;
    if (!sending.announced) await this.#announce(sending, plan);
    else if (sending.next < plan.chunks) await this.#chunk(sending, plan);
    else await this.#complete(sending, plan);
  }

  async #strip(sending: Sending): Promise<void> {
    sending.content = await barePicture(sending.content);
    sending.untouched = false;
    this.#show(sending.shown.id, { size: sending.content.size });
  }

  async #announce(sending: Sending, { id, sealedBytes }: FilePlan): Promise<void> {
    const body = { id, conversation_id: sending.shown.conversationId, size: sealedBytes };
    await this.context.api.post("/api/attachments", { body });
    sending.announced = true;
  }

  async #chunk(sending: Sending, plan: FilePlan): Promise<void> {
    const from = sending.next * plan.chunkBytes;
    sending.sealed ??= await this.context.crypto.sealChunk(
      plan.id,
      sending.next,
      new Uint8Array(await sending.content.slice(from, from + plan.chunkBytes).arrayBuffer()),
    );
    const { bytes, sha256 } = sending.sealed;
    await this.context.api.putBytes("/api/attachments/{attachment_id}/chunks/{number}", {
      path: { attachment_id: plan.id, number: String(sending.next) },
      headers: { "Content-Digest": `sha-256=:${toBase64(sha256)}:` },
      bytes,
    });
    sending.next += 1;
    sending.sealed = null;
    this.#show(sending.shown.id, { sent: Math.min(plan.size, sending.next * plan.chunkBytes) });
  }

  async #complete(sending: Sending, { id }: FilePlan): Promise<void> {
    await this.context.api.post("/api/attachments/{attachment_id}/complete", { path: { attachment_id: id } });
    // Given up in the last moment.
    if (!this.#all.has(sending.shown.id)) return;
    this.context.show([await this.context.crypto.enqueueFile(id)]);
    await this.context.crypto.dropFile(id);
    this.#gone(sending.shown.id);
    this.dependencies.sent(sending.shown.conversationId);
  }

  /** For good: who tries again begins anew, under another key. */
  async #failed(sending: Sending, error: unknown): Promise<void> {
    await this.#drop(sending);
    Object.assign(sending, { plan: null, announced: false, next: 0, sealed: null });
    this.#show(sending.shown.id, { state: "failed", sent: 0, problem: fileProblem(error) });
  }

  async #drop({ plan, announced }: Sending): Promise<void> {
    if (plan === null) return;
    await this.context.crypto.dropFile(plan.id);
    if (!announced) return;
    try {
      await this.context.api.delete("/api/attachments/{attachment_id}", { path: { attachment_id: plan.id } });
    } catch (error) {
      // The server removes by itself what was never completed.
      if (!isApiError(error)) throw error;
    }
  }

  #show(id: Id, change: Partial<Upload>): void {
    const sending = this.#all.get(id);
    if (sending === undefined) return;
    sending.shown = { ...sending.shown, ...change };
    this.context.publish(changes.upload(sending.shown));
  }

  #gone(id: Id): void {
    this.#all.delete(id);
    this.context.publish(changes.uploadGone({ id }));
  }
}

function fileProblem(error: unknown): Problem {
  if (error instanceof Unclear) return { code: "details_stay" };
  return error instanceof DOMException ? { code: "file_unreadable" } : problemOf(error, true);
}
