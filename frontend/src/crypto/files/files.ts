/** Files on their way, out and in: each with its key and the place that it has reached. In memory only. */

import { CryptoFailure } from "../failures";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { FilePlan, NewFile, SealedBytes } from "../types";
import type { Id } from "../wire";
import { type FilePayload, safeName, safeType } from "./payload";
import { CHUNK_BYTES, FileOpener, FileSealer, type Plan, planOf } from "./stream";

const KEY_BYTES = 32;

interface Outgoing {
  conversation: Id;
  file: NewFile;
  key: Uint8Array;
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

const planFor = (id: Id, { size, chunks, sealedBytes }: Plan): FilePlan => ({
  id,
  size,
  chunks,
  chunkBytes: CHUNK_BYTES,
  sealedBytes,
});

export class Files {
  readonly #outgoing = new Map<Id, Outgoing>();
  readonly #incoming = new Map<Id, FileOpener>();

  clear(): void {
    this.#outgoing.clear();
    this.#incoming.clear();
  }

  async begin(conversation: Id, file: NewFile): Promise<FilePlan> {
    const id = uuidv7();
    const key = randomBytes(KEY_BYTES);
    const plan = planOf(file.size);
    const sealer = await FileSealer.create(key, { conversation, file: id }, plan);
    this.#outgoing.set(id, { conversation, file, key, sealer });
    return planFor(id, plan);
  }

  seal(id: Id, number: number, content: Uint8Array): Promise<SealedBytes> {
    return this.#sealing(id).sealer.seal(number, content);
  }

  /** What the message says of it. */
  async payload(id: Id): Promise<{ conversation: Id; payload: FilePayload }> {
    const { conversation, file, key, sealer } = this.#sealing(id);
    const digest = toBase64url(await sealer.digest());
    const { size, width, height, thumbnail } = file;
    const shown = { id, name: safeName(file.name), type: safeType(file.type), size, width, height, thumbnail };
    return { conversation, payload: { ...shown, key: toBase64url(key), digest } };
  }

  drop(id: Id): void {
    this.#outgoing.delete(id);
  }

  async open({ store }: Room, conversation: Id, entryKey: string): Promise<FilePlan & { reading: Id; type: string }> {
    const file = await store.get<FilePayload>(name(conversation, entryKey));
    if (file === undefined) throw new CryptoFailure("nothing_pending");
    const plan = planOf(file.size);
    const place = { conversation, file: file.id };
    const opener = await FileOpener.create(fromBase64url(file.key), place, plan, fromBase64url(file.digest));
    const reading = uuidv7();
    this.#incoming.set(reading, opener);
    return { ...planFor(file.id, plan), reading, type: file.type };
  }

  openChunk(reading: Id, number: number, sealed: Uint8Array): Promise<Uint8Array> {
    const opener = this.#incoming.get(reading);
    if (opener === undefined) throw new CryptoFailure("nothing_pending");
    return opener.open(number, sealed);
  }

  close(reading: Id): void {
    this.#incoming.delete(reading);
  }

  #sealing(id: Id): Outgoing {
    const outgoing = this.#outgoing.get(id);
    if (outgoing === undefined) throw new CryptoFailure("nothing_pending");
    return outgoing;
  }
}
