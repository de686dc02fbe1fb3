import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { failureCode } from "../failures";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf } from "../testing/fakeService";
import type { MessageEntry } from "../types";
import { CHUNK_BYTES } from "./stream";

const world = await twoPeople();
const TEXT = "the minutes of a meeting that nobody else should read";
const CONTENT = new TextEncoder().encode(TEXT.repeat(Math.ceil((CHUNK_BYTES + 9_000) / TEXT.length)));
const partOf = (number: number) => CONTENT.slice(number * CHUNK_BYTES, (number + 1) * CHUNK_BYTES);
const about = {
  name: "minutes.txt",
  type: "text/plain",
  size: CONTENT.length,
  width: null,
  height: null,
  thumbnail: null,
};

let alice: Browser;
let id: string;
beforeEach(async () => {
  ({ alice, id } = await established(world));
});
afterEach(() => vi.restoreAllMocks());

async function records(): Promise<[string, Uint8Array][]> {
  const database = await openDB(`${alice.prefix}-${alice.userId}`);
  const names = (await database.getAllKeys("records")) as string[];
  const values = (await database.getAll("records")) as Uint8Array[];
  database.close();
  return names.map((name, at) => [name, values[at]!]);
}

const namesOfUploads = async () => (await records()).map(([name]) => name).filter((name) => name.startsWith("upload"));

async function kept(): Promise<string> {
  const file = await alice.api.beginFile(id, about);
  for (let number = 0; number < file.chunks; number++) await alice.api.keepChunk(file.id, number, partOf(number));
  return file.id;
}

test("a file that is kept is sent after a reload as it was sealed before, and nothing of it stays", async () => {
  const fileId = await kept();
  const before = await Promise.all([0, 1].map((number) => alice.api.keptChunk(fileId, number)));
  const again = await alice.reload();
  expect(await again.api.keptFiles()).toEqual([
    expect.objectContaining({ id: fileId, conversationId: id, name: "minutes.txt", size: CONTENT.length, whole: true }),
  ]);
  expect(await Promise.all([0, 1].map((number) => again.api.keptChunk(fileId, number)))).toEqual(before);
  // Sealed once, and by nobody again: two texts never meet one nonce.
  expect(await again.api.sealChunk(fileId, 0, partOf(0)).then(() => "sealed", failureCode)).toBe("nothing_pending");

  expect(await again.api.enqueueFile(fileId)).toMatchObject({ file: { id: fileId, name: "minutes.txt" } });
  expect(await again.api.keptFiles()).toEqual([]);
  expect(await namesOfUploads()).toEqual([]);
  expect(await again.api.enqueueFile(fileId).then(() => "twice", failureCode)).toBe("nothing_pending");
});

test("what is kept of a file can be read by nobody, and is gone when it is given up", async () => {
  const fileId = await kept();
  const stored = await records();
  expect(stored.filter(([name]) => name.startsWith("upload"))).toHaveLength(3);
  for (const [name, value] of stored) {
    expect(name).not.toContain("minutes");
    expect(Buffer.from(value).includes(TEXT)).toBe(false);
    expect(Buffer.from(value).includes("minutes.txt")).toBe(false);
  }
  await alice.api.dropFile(fileId);
  expect(await namesOfUploads()).toEqual([]);
  expect(await alice.api.keptFiles()).toEqual([]);
});

test("a file of which the page kept a part only is named as such, and cannot be sent", async () => {
  const file = await alice.api.beginFile(id, about);
  await alice.api.keepChunk(file.id, 0, partOf(0));
  const again = await alice.reload();
  expect(await again.api.keptFiles()).toMatchObject([{ id: file.id, whole: false }]);
  expect(await again.api.enqueueFile(file.id).then(() => "sent", failureCode)).toBe("out_of_order");
  await again.api.dropFile(file.id);
});

test("a browser without room says so, and keeps nothing of that chunk", async () => {
  const file = await alice.api.beginFile(id, about);
  const put = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("no room", "QuotaExceededError");
  });
  expect(await alice.api.keepChunk(file.id, 0, partOf(0)).then(() => "kept", failureCode)).toBe("store_full");
  put.mockRestore();
  expect(await namesOfUploads()).toEqual([]);
  await alice.api.dropFile(file.id);
});

test("a download that its page did not end is taken up by the next one, once, unless it is no longer to be had", async () => {
  const fileId = await kept();
  const sealed = await Promise.all([0, 1].map((number) => alice.api.keptChunk(fileId, number)));
  await alice.api.enqueueFile(fileId);
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  const {
    key,
    senderDeviceId: deviceId,
    clientId,
  } = (await alice.entries(id)).find(
    (entry): entry is MessageEntry => entry.kind === "message" && entry.file?.id === fileId,
  )!;

  const { reading } = await alice.api.openFile(id, key);
  expect(Buffer.from(await alice.api.openChunk(reading, 0, sealed[0]!.bytes)).equals(partOf(0))).toBe(true);
  await alice.api.closeFile(reading);
  await alice.api.closeFile(reading);
  expect(await alice.api.takeUnfinishedDownloads()).toEqual([]);

  await alice.api.openFile(id, key);
  await alice.api.openFile(id, key);
  const again = await alice.reload();
  await again.sync(id);
  const begun = { conversationId: id, entryKey: key, size: CONTENT.length };
  expect(await again.api.takeUnfinishedDownloads()).toEqual([begun]);
  expect(await again.api.takeUnfinishedDownloads()).toEqual([]);

  await again.api.openFile(id, key);
  await again.api.enqueueChange(id, { deviceId, clientId }, { kind: "delete" });
  await again.api.acknowledged(id, ackOf(await again.post(id)));
  expect(await again.api.takeUnfinishedDownloads()).toEqual([]);
  expect(await again.api.filesToDelete()).toEqual([fileId]);
  await again.api.fileDeleted(fileId);
  expect(await again.api.filesToDelete()).toEqual([]);
});
