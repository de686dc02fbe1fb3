import "fake-indexeddb/auto";
import { afterEach, expect, test, vi } from "vitest";
import { uuidv7 } from "../primitives/bytes";
import { Store } from "./storage";

const opened: Store[] = [];
const open = async (userId: string, mode: "write" | "read" = "write") => {
  const store = await Store.open("storage", userId, mode);
  opened.push(store);
  return store;
};

afterEach(() => {
  vi.restoreAllMocks();
  for (const store of opened.splice(0)) store.close();
});

async function put(store: Store, name: string, value: unknown): Promise<void> {
  const unit = store.begin();
  unit.put(name, value);
  await unit.commit();
}

test("a person is read from the disk once, and is what was written last", async () => {
  const store = await open(uuidv7());
  await put(store, "person/a", { list: 1 });
  expect(await store.get("person/a")).toEqual({ list: 1 });
  const reads = vi.spyOn(IDBObjectStore.prototype, "get");
  const first = await store.get<{ list: number }>("person/a");
  first!.list = 99;
  expect(await store.get("person/a")).toEqual({ list: 1 });
  expect(reads).not.toHaveBeenCalled();

  const [overlapping] = await Promise.all([store.get("person/a"), put(store, "person/a", { list: 2 })]);
  expect([{ list: 1 }, { list: 2 }]).toContainEqual(overlapping);
  expect(await store.get("person/a")).toEqual({ list: 2 });
  const unit = store.begin();
  unit.delete("person/a");
  await unit.commit();
  expect(await store.get("person/a")).toBeUndefined();
});

test("a write that fails changes nothing of what is read", async () => {
  const userId = uuidv7();
  const store = await open(userId);
  await put(store, "person/a", { list: 1 });
  expect(await store.get("person/a")).toEqual({ list: 1 });
  const newer = await open(userId);
  await expect(put(store, "person/a", { list: 2 })).rejects.toThrow("superseded");
  expect(await newer.get("person/a")).toEqual({ list: 1 });
  expect(await store.get("person/a")).toEqual({ list: 1 });
});

test("who only reads sees what another one writes", async () => {
  const userId = uuidv7();
  const [writer, reader] = [await open(userId), await open(userId, "read")];
  await put(writer, "person/a", { list: 1 });
  expect(await reader.get("person/a")).toEqual({ list: 1 });
  await put(writer, "person/a", { list: 2 });
  expect(await reader.get("person/a")).toEqual({ list: 2 });
});
