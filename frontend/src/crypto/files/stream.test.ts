import { webcrypto } from "node:crypto";
import { describe, expect, test } from "vitest";
import { concat, randomBytes, uuidv7 } from "../primitives/bytes";
import {
  CHUNK_BYTES,
  contentLength,
  FileOpener,
  FileSealer,
  paddedSize,
  type Place,
  type Plan,
  planOf,
  TAG_BYTES,
} from "./stream";

const key = randomBytes(32);
const place: Place = { conversation: uuidv7(), file: uuidv7() };
const random = (size: number) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) webcrypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
};

async function sealed(content: Uint8Array, other: { key?: Uint8Array; place?: Place } = {}) {
  const plan = planOf(content.length);
  const sealer = await FileSealer.create(other.key ?? key, other.place ?? place, plan);
  const chunks: Uint8Array[] = [];
  for (let number = 0; number < plan.chunks; number++) {
    const from = number * CHUNK_BYTES;
    chunks.push((await sealer.seal(number, content.subarray(from, from + CHUNK_BYTES))).bytes);
  }
  return { plan, chunks, digest: await sealer.digest() };
}

async function opened(
  { plan, chunks, digest }: { plan: Plan; chunks: Uint8Array[]; digest: Uint8Array },
  other: { key?: Uint8Array; place?: Place } = {},
): Promise<Uint8Array> {
  const opener = await FileOpener.create(other.key ?? key, other.place ?? place, plan, digest);
  const parts: Uint8Array[] = [];
  for (const [number, chunk] of chunks.entries()) parts.push(await opener.open(number, chunk));
  if (!opener.complete) throw new Error("cut off");
  return concat(...parts);
}

const size = 2 * CHUNK_BYTES + 500_000;
const content = random(size);

test.each([0, 1, 4096, 4097, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, size])(
  "%i bytes come out as they went in, in chunks of the announced size",
  async (bytes) => {
    const file = await sealed(content.subarray(0, bytes));
    expect(file.chunks.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(file.plan.sealedBytes);
    expect(file.chunks.slice(0, -1).every((chunk) => chunk.length === CHUNK_BYTES + TAG_BYTES)).toBe(true);
    expect(Buffer.compare(await opened(file), content.subarray(0, bytes))).toBe(0);
  },
);

test("the ciphertext tells the size in steps, of at most an eighth", () => {
  expect(paddedSize(0)).toBe(4096);
  for (const bytes of [4097, 10_000, 123_456, 1_000_001, 104_857_600, 5_000_000_001]) {
    expect(paddedSize(bytes)).toBeGreaterThanOrEqual(bytes);
    expect(paddedSize(bytes)).toBeLessThanOrEqual(bytes * 1.125);
    expect(paddedSize(paddedSize(bytes))).toBe(paddedSize(bytes));
  }
  expect(paddedSize(1_000_001)).toBe(paddedSize(1_010_000));
});

describe("whatever is changed is noticed", () => {
  const damaged = async (change: (chunks: Uint8Array[]) => Uint8Array[] | Promise<Uint8Array[]>) => {
    const file = await sealed(content);
    await expect(opened({ ...file, chunks: await change(file.chunks) })).rejects.toThrow(/^(file_damaged|cut off)$/u);
  };
  const flip = (bytes: Uint8Array, at: number) => bytes.map((byte, place) => (place === at ? byte ^ 1 : byte));

  test("a chunk cut off at the end", () => damaged((chunks) => chunks.slice(0, -1)));
  test("a file that ends earlier, as if it had been shorter", async () => {
    const file = await sealed(content);
    const plan = planOf(2 * CHUNK_BYTES);
    expect(plan.chunks).toBe(2);
    await expect(opened({ ...file, plan, chunks: file.chunks.slice(0, 2) })).rejects.toThrow("file_damaged");
  });
  test("two chunks exchanged", () => damaged(([a, b, c]) => [b!, a!, c!]));
  test("a chunk twice", () => damaged(([a, , c]) => [a!, a!, c!]));
  test("a chunk of another file under the same key", async () => {
    const other = await sealed(content, { place: { ...place, file: uuidv7() } });
    await damaged(([a, , c]) => [a!, other.chunks[1]!, c!]);
  });
  test("a chunk of another conversation", async () => {
    const other = await sealed(content, { place: { ...place, conversation: uuidv7() } });
    await damaged(([, b, c]) => [other.chunks[0]!, b!, c!]);
  });
  test("a chunk of the same place under another key", async () => {
    const other = await sealed(content, { key: randomBytes(32) });
    await damaged(([a, b]) => [a!, b!, other.chunks[2]!]);
  });
  test("a chunk of another version under the same key, by the digest", async () => {
    const other = content.slice();
    other[0]! ^= 1;
    const file = await sealed(content);
    await expect(opened({ ...(await sealed(other)), digest: file.digest })).rejects.toThrow("file_damaged");
  });
  test.each([0, 1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + TAG_BYTES - 1])("a bit at %i", (at) =>
    damaged(([a, b, c]) => [a!, flip(b!, at), c!]),
  );
  test("bytes missing or added", async () => {
    await damaged(([a, b, c]) => [a!.subarray(1), b!, c!]);
    await damaged(([a, b, c]) => [a!, b!, concat(c!, new Uint8Array(1))]);
    await damaged(([, b, c]) => [new Uint8Array(), b!, c!]);
  });
  test("the wrong key", async () => {
    await expect(opened(await sealed(content), { key: randomBytes(32) })).rejects.toThrow("file_damaged");
  });
});

test("a chunk is sealed once, in order, so that no nonce meets two texts", async () => {
  const plan = planOf(size);
  const sealer = await FileSealer.create(key, place, plan);
  await sealer.seal(0, content.subarray(0, CHUNK_BYTES));
  await expect(sealer.seal(0, content.subarray(0, CHUNK_BYTES))).rejects.toThrow("out_of_order");
  await expect(sealer.seal(2, content.subarray(2 * CHUNK_BYTES))).rejects.toThrow("out_of_order");
  await expect(sealer.seal(1, content.subarray(0, CHUNK_BYTES - 1))).rejects.toThrow("file_changed");
  expect(() => sealer.digest()).toThrow("out_of_order");
  expect([0, 1, 2, 3].map((number) => contentLength(plan, number))).toEqual([CHUNK_BYTES, CHUNK_BYTES, 500_000, 0]);
});
