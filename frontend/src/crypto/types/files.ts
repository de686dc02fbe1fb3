/** Files that are sent: sealed and opened chunk by chunk, so that none is ever whole in memory. */

import type { Bytes, Id } from "../wire";
import type { MessageEntry } from "./timeline";

/** What may be shown of a file before it is fetched; its sender's words, checked for form. */
export interface FileInfo {
  id: Id;
  /** Without paths and without characters that deceive. */
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  /** A small JPEG. */
  thumbnail: Bytes | null;
}

export type NewFile = Omit<FileInfo, "id">;

/** Chunk n is bytes n × `chunkBytes` up to the next one of the file (the last ones may have none: padding). */
export interface FilePlan {
  id: Id;
  size: number;
  chunks: number;
  chunkBytes: number;
  /** Of the ciphertext, as the server counts it. */
  sealedBytes: number;
}

export interface SealedBytes {
  bytes: Uint8Array;
  sha256: Uint8Array;
}

/** A file that waits in the sealed store to be sent; `whole`: to the last chunk. */
export interface KeptFile extends FilePlan {
  conversationId: Id;
  name: string;
  whole: boolean;
}

export interface UnfinishedDownload {
  conversationId: Id;
  entryKey: string;
  size: number;
}

/** Keys of files never leave the vault. What is begun and not kept is forgotten when the store is closed. */
export interface FileCalls {
  /** A new file with a fresh key. */
  beginFile(conversationId: Id, file: NewFile): Promise<FilePlan>;

  /** Every chunk once, in order. `file_changed` when the content has not the planned length. */
  sealChunk(fileId: Id, number: number, content: Uint8Array): Promise<SealedBytes>;

  /** The same, and the sealed chunk is kept in the store. `store_full`: then the file is to be dropped. */
  keepChunk(fileId: Id, number: number, content: Uint8Array): Promise<void>;

  keptChunk(fileId: Id, number: number): Promise<SealedBytes>;

  /** What an earlier page left behind, oldest first. */
  keptFiles(): Promise<KeptFile[]>;

  /** The message that speaks of the file, once all of it is sealed; the file is dropped. `text_too_long` for one with too large a thumbnail. */
  enqueueFile(fileId: Id): Promise<MessageEntry>;

  /** Whatever is kept of it goes. */
  dropFile(fileId: Id): Promise<void>;

  /** To read the file of this entry; `reading` is for the calls below. One that is not closed is unfinished. */
  openFile(conversationId: Id, entryKey: string): Promise<FilePlan & { reading: Id; type: string }>;

  /** Every chunk once, in order. `file_damaged`: it is not what its sender sealed; nothing of the file is to be used then. */
  openChunk(reading: Id, number: number, sealed: Uint8Array): Promise<Uint8Array>;

  closeFile(reading: Id): Promise<void>;

  /** What an earlier page did not finish; told once. */
  takeUnfinishedDownloads(): Promise<UnfinishedDownload[]>;

  /** Files of own messages that were deleted, for the server to delete, and that it has done so. */
  filesToDelete(): Promise<Id[]>;
  fileDeleted(fileId: Id): Promise<void>;
}
