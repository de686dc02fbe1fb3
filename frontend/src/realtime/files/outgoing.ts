/**
 * One file on its way to the server, step by step. Where the browser has room for it, all of it is sealed into the store first
 * and read from there: then it outlives the page. Else a chunk is sealed when it is to go, and kept until the server has it. No
 * chunk is ever sealed twice.
 */
import { isApiError } from "../../api/errors";
import { failureCode, type FilePlan, type KeptFile, type SealedBytes } from "../../crypto/client";
import { toBase64 } from "../../lib/base64";
import { barePicture, Unclear } from "../../lib/pictures/bare";
import { changes } from "../changes";
import type { Context } from "../context";
import { MessengerError } from "../messenger";
import { problemOf } from "../problems";
import type { AboutFile, Id, Problem, Upload } from "../state";

/** What the page has in its hands; an earlier page's file stands in the store alone. */
interface Source {
  content: Blob;
  readonly about: AboutFile;
  /** Whether a picture may still say where and with what it was taken. */
  untouched: boolean;
}

export interface Attached {
  readonly conversationId: Id;
  readonly content: Blob;
  readonly about: AboutFile;
  /** With whatever a picture says of itself. */
  readonly original: boolean;
}

type MayKeep = (bytes: number) => Promise<boolean>;

export class OutgoingFile {
  #over = false;
  #plan: FilePlan | null = null;
  /** So many chunks are in the store. */
  #sealed = 0;
  /** The one that is to go, when none are kept. */
  #chunk: SealedBytes | null = null;
  /** Asked for its opinion before all of it is sealed: a file that the server does not want need not be. */
  #asked = false;
  /** The chunks that the server has; null: this page has not told it of the file. */
  #there: Set<number> | null = null;
  #next = 0;
  /** Its message may stand in the outbox: the server's file is that message's. */
  #handedOver = false;

  private constructor(
    private readonly context: Context,
    private state: Upload,
    private readonly source: Source | null,
    private readonly mayKeep: MayKeep,
  ) {}

  static attached(context: Context, id: Id, file: Attached, mayKeep: MayKeep): OutgoingFile {
    const { conversationId, content, about, original } = file;
    const shown = { id, conversationId, name: about.name, size: content.size, sent: 0, problem: null } as const;
    const source = { content, about, untouched: !original };
    return new OutgoingFile(context, { ...shown, state: "waiting", kept: "not_yet" }, source, mayKeep);
  }

  /** What an earlier page kept: one that it had in part only cannot go on. */
  static found(context: Context, file: KeptFile): OutgoingFile {
    const { id, conversationId, name, size, whole } = file;
    const problem = whole ? null : { code: "file_interrupted" };
    const shown = { id, conversationId, name, size, sent: 0, problem };
    const state = whole
      ? ({ state: "waiting", kept: "whole" } as const)
      : ({ state: "failed", kept: "not_yet" } as const);
    const found = new OutgoingFile(context, { ...shown, ...state }, null, () => Promise.resolve(true));
    found.#plan = file;
    found.#sealed = whole ? file.chunks : 0;
    return found;
  }

  get shown(): Upload {
    return this.state;
  }

  /** The server's name for it, once it has one. */
  get fileId(): Id | null {
    return this.#plan?.id ?? null;
  }

  /** Bytes of it that the store holds, or is about to. */
  get keptBytes(): number {
    return this.state.kept === "never" ? 0 : (this.#plan?.sealedBytes ?? 0);
  }

  /** A reload would lose it, and it takes no line to change that. */
  get mayBeLost(): boolean {
    return this.state.kept === "not_yet";
  }

  show(change: Partial<Upload>): void {
    if (this.#over) return;
    this.state = { ...this.state, ...change };
    this.context.publish(changes.upload(this.state));
  }

  /** Shows nothing any more. */
  end(): void {
    this.#over = true;
    this.context.publish(changes.uploadGone({ id: this.state.id }));
  }

  /** True: it is sent, and its message is in the outbox. */
  async step(online: boolean): Promise<boolean> {
    if (this.state.state === "waiting") this.show({ state: "running" });
    const plan = (this.#plan ??= await this.#begin());
    // Given up while it was begun, when there was nothing to drop yet.
    if (this.#over) {
      await this.context.crypto.dropFile(plan.id);
      return false;
    }
    if (online && !this.#asked) await this.#ask(plan);
    else if (this.mayBeLost) await this.#keep(plan);
    else if (this.#there === null) await this.#announce(plan);
    else if (this.#next < plan.chunks) await this.#send(plan, this.#there);
    else return this.#complete(plan);
    return false;
  }

  async #begin(): Promise<FilePlan> {
    const source = this.#inHand;
    if (source.untouched) {
      source.content = await barePicture(source.content);
      source.untouched = false;
    }
    const { size } = source.content;
    if (this.mayBeLost && !(await this.mayKeep(size))) this.show({ kept: "never" });
    this.show({ size });
    return this.context.crypto.beginFile(this.state.conversationId, { ...source.about, size });
  }

  async #keep(plan: FilePlan): Promise<void> {
    const { crypto } = this.context;
    try {
      await crypto.keepChunk(plan.id, this.#sealed, await this.#contentOf(plan, this.#sealed));
    } catch (error) {
      if (failureCode(error) !== "store_full") throw error;
      await this.drop();
      this.#anew();
      this.show({ kept: "never" });
      return;
    }
    this.#sealed += 1;
    if (this.#sealed === plan.chunks) this.show({ kept: "whole" });
  }

  /** Of a file that an earlier page kept in part there is nothing to take the rest from. */
  get #inHand(): Source {
    if (this.source === null) throw new MessengerError({ code: "file_interrupted" });
    return this.source;
  }

  async #contentOf({ chunkBytes }: FilePlan, number: number): Promise<Uint8Array> {
    const from = number * chunkBytes;
    return new Uint8Array(await this.#inHand.content.slice(from, from + chunkBytes).arrayBuffer());
  }

  async #ask(plan: FilePlan): Promise<void> {
    this.#asked = true;
    await this.#announce(plan);
  }

  async #announce({ id, sealedBytes }: FilePlan): Promise<void> {
    const body = { id, conversation_id: this.state.conversationId, size: sealedBytes };
    const { present } = await this.context.api.post("/api/attachments", { body });
    this.#there = new Set(present);
    this.#told();
  }

  async #send(plan: FilePlan, there: Set<number>): Promise<void> {
    const number = this.#next;
    if (!there.has(number)) await this.#put(plan, number);
    this.#next += 1;
    this.#chunk = null;
    this.#told();
  }

  async #put(plan: FilePlan, number: number): Promise<void> {
    const { api, crypto } = this.context;
    this.#chunk ??=
      this.state.kept === "whole"
        ? await crypto.keptChunk(plan.id, number)
        : await crypto.sealChunk(plan.id, number, await this.#contentOf(plan, number));
    const { bytes, sha256 } = this.#chunk;
    await api.putBytes("/api/attachments/{attachment_id}/chunks/{number}", {
      path: { attachment_id: plan.id, number: String(number) },
      headers: { "Content-Digest": `sha-256=:${toBase64(sha256)}:` },
      bytes,
    });
    this.#there?.add(number);
  }

  #told(): void {
    if (this.#plan === null || this.#there === null) return;
    const { size, chunkBytes } = this.#plan;
    this.show({ sent: Math.min(size, this.#there.size * chunkBytes) });
  }

  async #complete({ id }: FilePlan): Promise<boolean> {
    const { api, crypto, show } = this.context;
    await api.post("/api/attachments/{attachment_id}/complete", { path: { attachment_id: id } });
    // Given up in the last moment.
    if (this.#over) return false;
    this.#handedOver = true;
    show([await crypto.enqueueFile(id)]);
    return true;
  }

  /** What is kept whole can go once more as it is; of anything else another try is another file, under another key. */
  async fail(error: unknown): Promise<void> {
    if (this.state.kept === "whole") {
      this.#there = null;
      this.#next = 0;
      this.#chunk = null;
    } else {
      await this.drop();
      this.#anew();
    }
    this.show({ state: "failed", sent: 0, problem: fileProblem(error) });
  }

  #anew(): void {
    this.#plan = null;
    this.#sealed = 0;
    this.#chunk = null;
    this.#asked = false;
    this.#there = null;
    this.#next = 0;
    this.#handedOver = false;
  }

  /** Nothing of it stays, here or there. */
  async drop(): Promise<void> {
    if (this.#plan === null) return;
    const { id } = this.#plan;
    await this.context.crypto.dropFile(id);
    if (this.#handedOver || (!this.#asked && this.source !== null)) return;
    try {
      await this.context.api.delete("/api/attachments/{attachment_id}", { path: { attachment_id: id } });
    } catch (error) {
      // The server removes by itself what was never completed.
      if (!isApiError(error)) throw error;
    }
  }
}

function fileProblem(error: unknown): Problem {
  if (error instanceof Unclear) return { code: "details_stay" };
  return error instanceof DOMException ? { code: "file_unreadable" } : problemOf(error, true);
}
