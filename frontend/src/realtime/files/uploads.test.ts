/** Files that are given up, paused or found again at awkward moments: none is sent that nobody wants sent. */
import { expect, test, vi } from "vitest";
import { unreachable } from "../../api/errors";
import type { FilePlan, KeptFile } from "../../crypto/client";
import { TestClock } from "../../testing/clock";
import { type Change, changes } from "../changes";
import type { Context } from "../context";
import { Jobs } from "../jobs";
import type { Upload } from "../state";
import { Downloads } from "./downloads";
import { Uploads } from "./uploads";

const PLAN: FilePlan = { id: "file-1", size: 4, chunks: 1, chunkBytes: 4, sealedBytes: 20 };
const about = { name: "a.txt", type: "text/plain", width: null, height: null, thumbnail: null };
const until = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 1 });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function begin(online = true) {
  const clock = new TestClock();
  const room = vi.fn(() => Promise.resolve(1_000));
  const environment = { clock, random: () => 0, failed: () => undefined, room };
  const kept = new Map<string, KeptFile>();
  const crypto = {
    keptFiles: () => Promise.resolve([...kept.values()]),
    beginFile: () => Promise.resolve(PLAN),
    keepChunk: (id: string) => {
      kept.set(id, { ...PLAN, id, conversationId: "here", name: about.name, whole: true });
      return Promise.resolve();
    },
    keptChunk: () => Promise.resolve({ bytes: new Uint8Array(20), sha256: new Uint8Array(32) }),
    dropFile: vi.fn((id: string) => Promise.resolve(void kept.delete(id))),
    enqueueFile: vi.fn(() => Promise.resolve({})),
  };
  const api = {
    post: vi.fn(() => Promise.resolve({ present: [] })),
    putBytes: vi.fn(() => Promise.resolve()),
    delete: vi.fn(() => Promise.resolve()),
  };
  const shown = new Map<string, Upload>();
  const publish = (change: Change) => {
    if (changes.upload.match(change)) shown.set(change.payload.id, change.payload);
    else if (changes.uploadGone.match(change)) shown.delete(change.payload.id);
  };
  const jobs = (work: never) => new Jobs(environment, work);
  const context = { environment, crypto, api, publish, jobs, show: () => undefined } as unknown as Context;
  const uploads = new Uploads(context, { online: () => online, sent: () => undefined });
  const attach = () => {
    uploads.add({ conversationId: "here", content: new Blob(["text"]), about, original: true });
    clock.advance(0);
    return [...shown.keys()].at(-1)!;
  };
  return { clock, room, kept, crypto, api, shown, uploads, attach };
}

test.each([true, false])("a file that is given up while it is begun is kept nowhere (online: %s)", async (online) => {
  const { room, crypto, api, shown, uploads, attach } = begin(online);
  const hangs = Promise.withResolvers<number>();
  room.mockReturnValue(hangs.promise);
  const id = attach();
  await until(() => expect(room).toHaveBeenCalled());
  await uploads.cancel(id);
  hangs.resolve(1_000);
  await until(() => expect(crypto.dropFile).toHaveBeenCalledWith(PLAN.id));
  await settled();
  expect(await crypto.keptFiles()).toEqual([]);
  expect(api.post).not.toHaveBeenCalled();
  expect(shown.size).toBe(0);
});

test("what this page sends already is not taken for a file of an earlier page", async () => {
  const { kept, shown, uploads, attach } = begin(false);
  const id = attach();
  await until(() => expect(kept.size).toBe(1));
  kept.set("file-0", { ...kept.get(PLAN.id)!, id: "file-0" });
  await uploads.restore();
  expect([...shown.keys()]).toEqual([id, "file-0"]);
});

test("what is fetched already is not begun again", async () => {
  const openFile = vi.fn(() => new Promise(() => undefined));
  const unfinished = [{ conversationId: "here", entryKey: "entry", size: 4 }];
  const crypto = { openFile, takeUnfinishedDownloads: () => Promise.resolve(unfinished) };
  const downloads = new Downloads({ crypto, publish: () => undefined } as unknown as Context);
  void downloads.fetch("here", "entry", 4);
  await downloads.restore();
  expect(openFile).toHaveBeenCalledOnce();
});

test("the server keeps a file whose message may be in the outbox, even if it is given up", async () => {
  const { crypto, api, uploads, attach } = begin();
  const hangs = Promise.withResolvers<object>();
  crypto.enqueueFile.mockReturnValue(hangs.promise);
  const id = attach();
  await until(() => expect(crypto.enqueueFile).toHaveBeenCalled());
  await uploads.cancel(id);
  hangs.resolve({});
  await settled();
  expect(api.delete).not.toHaveBeenCalled();
});

test("a pause outlasts the line", async () => {
  const { clock, api, shown, uploads, attach } = begin();
  const hangs = Promise.withResolvers<undefined>();
  api.putBytes.mockReturnValue(hangs.promise);
  const id = attach();
  await until(() => expect(api.putBytes).toHaveBeenCalled());
  uploads.pause(id);
  hangs.reject(unreachable());
  await settled();
  clock.advance(60_000);
  await settled();
  expect(api.putBytes).toHaveBeenCalledOnce();
  expect(shown.get(id)?.state).toBe("paused");
});
