import "fake-indexeddb/auto";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import type { AboutFile, FileView } from "../../realtime/state";
import { type TestPerson, twoConnected } from "./person";
import { PATIENCE_MS, Services } from "./services";

let services: Services;
let present: [TestPerson, TestPerson];

beforeAll(async () => {
  services = await Services.start();
});
beforeEach(async () => {
  present = await twoConnected(services);
});
afterEach(() => {
  for (const person of present) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

const about = (name: string, type = "application/octet-stream"): AboutFile => ({
  name,
  type,
  width: null,
  height: null,
  thumbnail: null,
});

const sendFile = (person: TestPerson, other: TestPerson, content: Buffer<ArrayBuffer>, name: string) =>
  person.tab.engine.sendFile(person.conversation(other)!.id, new Blob([content]), about(name));

const seesFile = (person: TestPerson, other: TestPerson, name: string): Promise<FileView> =>
  person.sees(`the file ${name}`, () => person.messages(other).find(({ file }) => file?.name === name)?.file);

const fetchFile = (person: TestPerson, other: TestPerson, file: FileView) =>
  person.tab.engine.fetchFile(person.conversation(other)!.id, file);

const bytesOf = async (blob: Blob) => Buffer.from(await blob.arrayBuffer());

test("a file arrives whole although both connections are lost on the way, and is there after a reload", async () => {
  const [alice, bob] = present;
  const content = randomBytes(3_300_000);
  await sendFile(alice, bob, content, "minutes.bin");
  await alice.sees("the first chunk", ({ files }) => files.uploads.some(({ sent }) => sent > 0));
  alice.browser.network.disconnect();
  await alice.sees("the upload waiting", ({ files }) => files.uploads.some(({ state }) => state === "waiting"));
  alice.browser.network.reconnect();
  const file = await seesFile(bob, alice, "minutes.bin");
  expect(file).toMatchObject({ size: content.length, type: "application/octet-stream" });
  expect(alice.state.files.uploads).toEqual([]);

  const fetching = fetchFile(bob, alice, file);
  await bob.sees("some of it", ({ files }) => (files.downloads[file.ref]?.received ?? 0) > 0);
  bob.browser.network.disconnect();
  bob.browser.network.reconnect();
  expect(Buffer.compare(await bytesOf(await fetching), content)).toBe(0);
  expect(bob.state.files.downloads).toEqual({});

  await bob.crashAndReload();
  await bob.open(alice);
  expect(Buffer.compare(await bytesOf(await fetchFile(bob, alice, file)), content)).toBe(0);
  expect(
    Buffer.compare(await bytesOf(await fetchFile(alice, bob, await seesFile(alice, bob, "minutes.bin"))), content),
  ).toBe(0);
});

test("a page that is closed in the middle loses neither what it sends nor what it fetches", async () => {
  const [alice, bob] = present;
  const content = randomBytes(2_200_000);
  const { network } = alice.browser;
  const chunksSent: string[] = [];
  const noSecondChunk = (path: string, method: string) => method === "PUT" && path.endsWith("/chunks/1");
  network.tampering = {
    loseRequest: noSecondChunk,
    onRequest: (path, method) => method === "PUT" && chunksSent.push(path.split("/").at(-1)!),
  };
  await sendFile(alice, bob, content, "minutes.bin");
  await alice.sees("the first chunk there, all of it kept", ({ files }) =>
    files.uploads.some(({ sent, kept }) => sent > 0 && kept === "whole"),
  );
  await alice.crashAndReload();
  await alice.sees("the upload again", ({ files }) =>
    files.uploads.some(({ name, sent, kept }) => name === "minutes.bin" && sent > 0 && kept === "whole"),
  );
  network.tampering.loseRequest = () => false;
  const file = await seesFile(bob, alice, "minutes.bin");
  await alice.sees("nothing left to send", ({ files }) => files.uploads.length === 0);
  expect(chunksSent).toEqual(["0", "1", "2"]);
  expect(bob.messages(alice).filter((entry) => entry.file !== null)).toHaveLength(1);
  expect(await alice.tab.crypto.keptFiles()).toEqual([]);

  bob.browser.network.tampering = { loseRequest: (path) => path.endsWith("/chunks/1") };
  void fetchFile(bob, alice, file);
  await bob.sees("some of it", ({ files }) => (files.downloads[file.ref]?.received ?? 0) > 0);
  await bob.crashAndReload();
  await bob.sees("it begun again", ({ files }) => (files.downloads[file.ref]?.received ?? 0) > 0);
  bob.browser.network.tampering = {};
  await bob.sees("all of it", ({ files }) => files.downloads[file.ref]?.state === "ready");
  await bob.open(alice);
  expect(Buffer.compare(await bytesOf(await fetchFile(bob, alice, file)), content)).toBe(0);
  expect(bob.state.files.downloads).toEqual({});
  expect(await bob.tab.crypto.takeUnfinishedDownloads()).toEqual([]);
});

test("a browser without room says so at once and sends all the same; what was kept in part says so too", async () => {
  const [alice, bob] = present;
  alice.browser.room = 1_000_000;
  alice.browser.network.tampering = { loseRequest: (path, method) => method === "PUT" && path.endsWith("/chunks/0") };
  await sendFile(alice, bob, randomBytes(900_000), "large.bin");
  await alice.sees("that it is not kept", ({ files }) => files.uploads.some(({ kept }) => kept === "never"));
  expect(await alice.tab.crypto.keptFiles()).toEqual([]);
  alice.browser.network.tampering = {};
  await seesFile(bob, alice, "large.bin");
  await alice.sees("it sent", ({ files }) => files.uploads.length === 0);

  const { crypto } = alice.tab;
  const part = new Uint8Array(1_048_576);
  const plan = { ...about("half.bin"), size: 2 * part.length };
  const { id } = await crypto.beginFile(alice.conversation(bob)!.id, plan);
  await crypto.keepChunk(id, 0, part);
  await alice.crashAndReload();
  const failed = await alice.sees("what is left of it", ({ files }) => files.uploads[0]);
  expect(failed).toMatchObject({ name: "half.bin", state: "failed", problem: { code: "file_interrupted" } });
  await alice.sees("the line", ({ line }) => line.line.status === "online");
  await alice.tab.engine.cancelUpload(failed.id);
  expect(await alice.tab.crypto.keptFiles()).toEqual([]);
});

test("one that is paused goes on, one that is cancelled is nowhere, and what is too large says so", async () => {
  const [alice, bob] = present;
  const content = randomBytes(2_200_000);
  await sendFile(alice, bob, content, "first.bin");
  const first = alice.state.files.uploads[0]!;
  alice.tab.engine.pauseUpload(first.id);
  await sendFile(alice, bob, content, "second.bin");
  await seesFile(bob, alice, "second.bin");
  expect(alice.state.files.uploads).toMatchObject([{ name: "first.bin", state: "paused" }]);
  alice.tab.engine.resumeUpload(first.id);
  await seesFile(bob, alice, "first.bin");

  alice.browser.network.disconnect();
  await sendFile(alice, bob, content, "third.bin");
  await alice.tab.engine.cancelUpload(alice.state.files.uploads[0]!.id);
  alice.browser.network.reconnect();
  expect(alice.state.files.uploads).toEqual([]);

  const part = new Blob([new Uint8Array(1_000_000)]);
  const huge = new Blob(Array<Blob>(280).fill(part));
  await alice.tab.engine.sendFile(alice.conversation(bob)!.id, huge, about("huge.bin"));
  const failed = await alice.sees("the refusal", ({ files }) => files.uploads.find(({ state }) => state === "failed"));
  expect(failed.problem?.code).toBe("file_too_large");
  expect(bob.messages(alice).map(({ file }) => file?.name)).toEqual(["second.bin", "first.bin"]);
});

test("a picture goes without where it was taken, unless the original is asked for or nobody can take it out", async () => {
  const [alice, bob] = present;
  const { id } = alice.conversation(bob)!;
  const [start, exif, rest] = ["\xff\xd8", "\xff\xe1\0\x15Exif\0\x0052.5 N 13.4 E", "\xff\xda\0\x02x\xff\xd9"];
  const send = (name: string, content: string, original: boolean) =>
    alice.tab.engine.sendFile(id, new Blob([Buffer.from(content, "latin1")]), about(name, "image/jpeg"), original);
  const got = async (name: string) =>
    (await bytesOf(await fetchFile(bob, alice, await seesFile(bob, alice, name)))).toString("latin1");
  await send("bare.jpg", start + exif + rest, false);
  await send("original.jpg", start + exif + rest, true);
  expect(await got("bare.jpg")).toBe(start + rest);
  expect(await got("original.jpg")).toBe(start + exif + rest);

  await send("closed.tif", "II*\0", false);
  const failed = await alice.sees("the refusal", ({ files }) => files.uploads.find(({ state }) => state === "failed"));
  expect(failed.problem).toEqual({ code: "details_stay" });
});

test("the file of a message that was deleted is deleted by the server, also when that takes a second start", async () => {
  const [alice, bob] = present;
  const kept = () => readdirSync(join(services.dataDir, "attachments"));
  const before = new Set(kept());
  await sendFile(alice, bob, randomBytes(5_000), "regret.bin");
  await seesFile(bob, alice, "regret.bin");
  const database = new DatabaseSync(join(services.dataDir, "quantumchat.db"), { readOnly: true });
  expect(database.prepare("SELECT count(*) AS unsent FROM attachments WHERE NOT sent").get()).toEqual({ unsent: 0 });
  database.close();
  const [stored] = kept().filter((id) => !before.has(id));
  const message = await alice.sees("it sent", () => alice.messages(bob).find(({ state }) => state === "sent"));
  let asked = 0;
  alice.browser.network.tampering = { loseRequest: (_, method) => method === "DELETE" && ++asked > 0 };
  await alice.tab.engine.deleteMessage(alice.conversation(bob)!.id, message.id);
  await bob.sees("it deleted", () => bob.messages(alice).find(({ deletedAt }) => deletedAt !== null));
  await vi.waitFor(() => expect(asked).toBeGreaterThan(0), PATIENCE_MS);
  expect(kept()).toContain(stored);

  alice.browser.network.tampering = {};
  await alice.crashAndReload();
  await vi.waitFor(() => expect(kept()).not.toContain(stored), PATIENCE_MS);
  await vi.waitFor(async () => expect(await alice.tab.crypto.filesToDelete()).toEqual([]), PATIENCE_MS);
});

test("a server that changes a chunk, or hands out another one, is named, and nobody gets the file", async () => {
  const [alice, bob] = present;
  await sendFile(alice, bob, randomBytes(1_500_000), "plans.bin");
  const file = await seesFile(bob, alice, "plans.bin");
  const { network } = bob.browser;
  const refused = async () => {
    await expect(fetchFile(bob, alice, file)).rejects.toMatchObject({ problem: { code: "file_damaged" } });
  };
  network.tampering = { bytes: (_, answer) => answer.map((byte, at) => (at === 99 ? byte ^ 1 : byte)) };
  await refused();
  let first: Uint8Array | null = null;
  network.tampering = { bytes: (_, answer) => (first ??= answer) };
  await refused();
  network.tampering = { bytes: (_, answer) => answer.subarray(0, -1) };
  await refused();
  network.tampering = {};
  expect((await fetchFile(bob, alice, file)).size).toBe(1_500_000);
});
