/** Files on their way, out and in: each with its key and the place that it has reached; what outlives the page stands in waiting.ts. */

import { CryptoFailure } from "../failures";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { FilePlan, NewFile, SealedBytes, UnfinishedDownload } from "../types";
import type { Id } from "../wire";
import { type FilePayload, safeName, safeType } from "./payload";
import { CHUNK_BYTES, digestOf, FileOpener, FileSealer, type Plan, planOf } from "./stream";
import { forget, keep, keptChunk, loadWaiting, type WaitingFile } from "./waiting";

const KEY_BYTES = 32;

interface Outgoing extends WaitingFile {
  sealer: FileSealer;
}

const name = (conversation: Id, entryKey: string) => `file/${conversation}/${entryKey}`;

/** Keeps what opens the file of a message, beside its entry. */
export function rememberFile(unit: UnitOfWork, conversation: Id, entryKey: string, file: FilePayload): void {
  unit.put(name(conversation, entryKey), file);
}

/** Ids of files that this account sent and whose messages are deleted, until the server has deleted them too. */
const TO_DELETE = "files-to-delete";

/** Nobody opens the file of a deleted message here any more; one's own is to be deleted by the server too. */
export async function forgetFile(unit: UnitOfWork, conversation: Id, entryKey: string, own: boolean): Promise<void> {
  const file = await unit.get<FilePayload>(name(conversation, entryKey));
  if (file === undefined) return;
  unit.delete(name(conversation, entryKey));
  if (own) unit.put(TO_DELETE, [...((await unit.get<Id[]>(TO_DELETE)) ?? []), file.id]);
}

export async function filesToDelete({ store }: Room): Promise<Id[]> {
  return (await store.get<Id[]>(TO_DELETE)) ?? [];
}

export async function fileDeleted(unit: UnitOfWork, id: Id): Promise<void> {
  const left = ((await unit.get<Id[]>(TO_DELETE)) ?? []).filter((other) => other !== id);
  if (left.length === 0) unit.delete(TO_DELETE);
  else unit.put(TO_DELETE, left);
}

/** What is being fetched, until it is there or given up: a page that ends meanwhile is followed by one that begins it again. */
const FETCHED = "downloads";
/** Less than that is fetched again by hand as quickly as by itself. */
const CHUNKS_WORTH_IT = 2;

async function otherDownloads(unit: UnitOfWork, entryKey: string): Promise<UnfinishedDownload[]> {
  return ((await unit.get<UnfinishedDownload[]>(FETCHED)) ?? []).filter((other) => other.entryKey !== entryKey);
}

function saveDownloads(unit: UnitOfWork, downloads: readonly UnfinishedDownload[]): void {
  if (downloads.length === 0) unit.delete(FETCHED);
  else unit.put(FETCHED, downloads);
}

/** Each once, and those alone whose messages are still there. */
export async function takeUnfinishedDownloads(unit: UnitOfWork): Promise<UnfinishedDownload[]> {
  const all = (await unit.get<UnfinishedDownload[]>(FETCHED)) ?? [];
  saveDownloads(unit, []);
  const files = await Promise.all(
    all.map(({ conversationId, entryKey }) => unit.get<FilePayload>(name(conversationId, entryKey))),
  );
  return all.filter((_, at) => files[at] !== undefined);
}

const planFor = (id: Id, { size, chunks, sealedBytes }: Plan): FilePlan => ({
  id,
  size,
  chunks,
  chunkBytes: CHUNK_BYTES,
  sealedBytes,
});

export class Files {
  readonly #outgoing = new Map<Id, Outgoing>();
  readonly #incoming = new Map<Id, { opener: FileOpener; entryKey: string }>();

  clear(): void {
    this.#outgoing.clear();
    this.#incoming.clear();
  }

  async begin(conversation: Id, file: NewFile): Promise<FilePlan> {
    const id = uuidv7();
    const key = randomBytes(KEY_BYTES);
    const plan = planOf(file.size);
    const sealer = await FileSealer.create(key, { conversation, file: id }, plan);
    this.#outgoing.set(id, { conversation, file, key: toBase64url(key), hashes: [], sealer });
    return planFor(id, plan);
  }

  async seal(id: Id, number: number, content: Uint8Array): Promise<SealedBytes> {
    const outgoing = this.#sealing(id);
    const sealed = await outgoing.sealer.seal(number, content);
    outgoing.hashes.push(toBase64url(sealed.sha256));
    return sealed;
  }

  async keep(unit: UnitOfWork, id: Id, number: number, content: Uint8Array): Promise<void> {
    const { bytes } = await this.seal(id, number, content);
    const { conversation, file, key, hashes } = this.#sealing(id);
    keep(unit, id, { conversation, file, key, hashes }, bytes);
  }

  async kept({ store }: Room, id: Id, number: number): Promise<SealedBytes> {
    const found = await keptChunk(store, id, number);
    if (found === undefined) throw new CryptoFailure("nothing_pending");
    return found;
  }

  /** What the message says of it, once all of it is sealed. */
  async payload(unit: UnitOfWork, id: Id): Promise<{ conversation: Id; payload: FilePayload }> {
    const { conversation, file, key, hashes } = this.#outgoing.get(id) ?? (await this.#waiting(unit, id));
    const { size, width, height, thumbnail } = file;
    const digest = toBase64url(await digestOf(planOf(size), hashes.map(fromBase64url)));
    const shown = { id, name: safeName(file.name), type: safeType(file.type), size, width, height, thumbnail };
    return { conversation, payload: { ...shown, key, digest } };
  }

  /** Nothing of it is left here. */
  async drop(unit: UnitOfWork, id: Id): Promise<void> {
    unit.afterwards(() => this.#outgoing.delete(id));
    await forget(unit, id);
  }

  async open(unit: UnitOfWork, conversation: Id, entryKey: string): Promise<FilePlan & { reading: Id; type: string }> {
    const file = await unit.get<FilePayload>(name(conversation, entryKey));
    if (file === undefined) throw new CryptoFailure("nothing_pending");
    const plan = planOf(file.size);
    const place = { conversation, file: file.id };
    const opener = await FileOpener.create(fromBase64url(file.key), place, plan, fromBase64url(file.digest));
    const reading = uuidv7();
    this.#incoming.set(reading, { opener, entryKey });
    if (plan.chunks >= CHUNKS_WORTH_IT) {
      const begun = { conversationId: conversation, entryKey, size: file.size };
      saveDownloads(unit, [...(await otherDownloads(unit, entryKey)), begun]);
    }
    return { ...planFor(file.id, plan), reading, type: file.type };
  }

  openChunk(reading: Id, number: number, sealed: Uint8Array): Promise<Uint8Array> {
    const incoming = this.#incoming.get(reading);
    if (incoming === undefined) throw new CryptoFailure("nothing_pending");
    return incoming.opener.open(number, sealed);
  }

  async close(unit: UnitOfWork, reading: Id): Promise<void> {
    const incoming = this.#incoming.get(reading);
    if (incoming === undefined) return;
    this.#incoming.delete(reading);
    const known = await unit.get<UnfinishedDownload[]>(FETCHED);
    if (known !== undefined) saveDownloads(unit, await otherDownloads(unit, incoming.entryKey));
  }

  async #waiting(unit: UnitOfWork, id: Id): Promise<WaitingFile> {
    const waiting = await loadWaiting(unit, id);
    if (waiting === undefined) throw new CryptoFailure("nothing_pending");
    return waiting;
  }

  #sealing(id: Id): Outgoing {
    const outgoing = this.#outgoing.get(id);
    if (outgoing === undefined) throw new CryptoFailure("nothing_pending");
    return outgoing;
  }
}
