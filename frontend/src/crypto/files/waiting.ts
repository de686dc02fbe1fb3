/**
 * Files that are kept until they are sent, so that they outlive the page: their sealed chunks, and beside them the key.
 *
 * Promises: a chunk is on disk before anybody may send it, and is read from there ever after: no key meets two texts under one
 * nonce, whatever a page does that ends in between; nothing of it is left once its message waits, or it is given up.
 * Does not: limit how much is kept; who calls knows how much room there is.
 *
 *   | record                     | what                                                                       |
 *   |----------------------------|----------------------------------------------------------------------------|
 *   | `upload/<file>`            | `WaitingFile`: what the message will say, the key, a hash for each chunk    |
 *   | `upload-chunk/<file>/<n>`  | ciphertext of chunk n, as the server gets it                               |
 */

import { sha256 } from "../primitives/bytes";
import type { Store, UnitOfWork } from "../store/storage";
import type { KeptFile, NewFile } from "../types";
import type { Bytes, Id } from "../wire";
import { CHUNK_BYTES, planOf } from "./stream";

export interface WaitingFile {
  conversation: Id;
  file: NewFile;
  key: Bytes;
  /** SHA-256 of the sealed chunks, in order: so many are kept. */
  hashes: Bytes[];
}

const WAITING = "upload/";
const waitingName = (id: Id) => WAITING + id;
const chunkName = (id: Id, number: number) => `upload-chunk/${id}/${number}`;

export function keep(unit: UnitOfWork, id: Id, waiting: WaitingFile, sealed: Uint8Array): void {
  unit.putBytes(chunkName(id, waiting.hashes.length - 1), () => sealed);
  unit.put(waitingName(id), waiting);
}

export async function loadWaiting(from: UnitOfWork | Store, id: Id): Promise<WaitingFile | undefined> {
  return from.get<WaitingFile>(waitingName(id));
}

export async function keptChunk(store: Store, id: Id, number: number) {
  const bytes = await store.bytes(chunkName(id, number));
  return bytes === undefined ? undefined : { bytes, sha256: await sha256(bytes) };
}

export async function forget(unit: UnitOfWork, id: Id): Promise<void> {
  const waiting = await loadWaiting(unit, id);
  if (waiting === undefined) return;
  unit.delete(waitingName(id));
  for (const number of waiting.hashes.keys()) unit.delete(chunkName(id, number));
}

/** In the order in which they were begun: their ids are times. */
export async function keptFiles(store: Store): Promise<KeptFile[]> {
  return (await store.all<WaitingFile>(WAITING)).map(([name, { conversation, file, hashes }]) => {
    const { size, chunks, sealedBytes } = planOf(file.size);
    const plan = { id: name.slice(WAITING.length), size, chunks, chunkBytes: CHUNK_BYTES, sealedBytes };
    return { ...plan, conversationId: conversation, name: file.name, whole: hashes.length === chunks };
  });
}
