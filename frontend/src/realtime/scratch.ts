/** Where a file is put together: on the disk of the browser where it has one for pages, so that memory stays flat. */
import type { Scratch } from "./environment";

const FOLDER = "files";

/** Parts of a Blob: for browsers without private files, and under Node. */
export function memoryScratch(): Scratch {
  let parts: Blob[] = [];
  return {
    write: (bytes) => {
      parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
      return Promise.resolve();
    },
    finish: (type) => Promise.resolve(new Blob(parts, { type })),
    drop: () => {
      parts = [];
      return Promise.resolve();
    },
  };
}

/** Whatever any page left behind: nothing else removes what a page that ended had put together. */
export async function clearScratch(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  // One by one: a file that is still being written cannot be removed, and goes when its download ends.
  for await (const name of folder.keys()) await folder.removeEntry(name).catch(() => undefined);
}

export async function diskScratch(): Promise<Scratch> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(FOLDER, { create: true });
  const name = crypto.randomUUID();
  const file = await folder.getFileHandle(name, { create: true });
  const stream = await file.createWritable();
  return {
    write: (bytes) => stream.write(bytes as Uint8Array<ArrayBuffer>),
    finish: async (type) => {
      await stream.close();
      const content = await file.getFile();
      return content.slice(0, content.size, type);
    },
    drop: async () => {
      await stream.abort();
      await folder.removeEntry(name).catch(() => undefined);
    },
  };
}
