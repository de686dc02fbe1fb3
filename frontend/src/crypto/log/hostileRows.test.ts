/** PROTOCOL.md 5 and 9.1: rows that a server makes up, holds back or hands to the wrong log, and a store that lost its group. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { Store } from "../store/storage";
import { forgeCommit, postCommit } from "../testing/attacker";
import { type Browser, established, twoPeople } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);
const rows = () => service.conversation(id).rows;

test("P5.3 a row of a kind that no rule knows is named, and the log goes on", async () => {
  await service.append(id, bob.sender, "poem", uuidv7(), randomBytes(40));
  await bob.api.enqueue(id, "behind it");
  await bob.sync(id);
  await bob.post(id);
  await alice.sync(id);
  expect((await alice.api.conversation(id)).problems).toMatchObject([{ code: "bad_message", seq: 2 }]);
  expect(await alice.texts(id)).toEqual(["behind it"]);
});

test("P5.1 a row of another conversation is named and not taken", async () => {
  const { session } = await service.open(alice.userId, bob.userId);
  await service.append(session.id, bob.sender, "message", uuidv7(), randomBytes(40));
  const foreign = service.conversation(session.id).rows;
  const { conversation, entries } = await alice.api.receive(id, foreign, null, false);
  expect(conversation).toMatchObject({ verifiedSeq: 1, problems: [{ code: "log_order" }] });
  expect(entries).toMatchObject([{ kind: "problem" }]);
});

test.each(["signature_falcon", "signature_ecdsa"] as const)(
  "P8.2 a critical row with only one half of its signature (%s is gone) cannot be read, and is waited for",
  async (half) => {
    await bob.send(id, "signed", "critical");
    const row = rows().at(-1)!;
    const whole = row[half];
    row[half] = null;
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["bad_row"]);
    expect((await alice.api.conversation(id)).verifiedSeq).toBe(1);
    row[half] = whole ?? null;
    await alice.sync(id);
    expect(await alice.texts(id)).toEqual(["signed"]);
  },
);

test("P5.1 a commit with another body than the chain covers stops the log until the right one comes", async () => {
  await bob.rotate(id);
  const row = rows().at(-1)!;
  const { content } = row;
  row.content = toBase64url(randomBytes(300));
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["body_mismatch"]);
  row.content = content;
  await alice.sync(id);
  expect(await alice.api.conversation(id)).toMatchObject({ state: "active", problems: [] });
});

test("P9.1 a commit in this device's name without its body is waited for, and with it is forged", async () => {
  await postCommit(alice, id, await forgeCommit(bob, id));
  const row = rows().at(-1)!;
  const { content } = row;
  row.content = null;
  await alice.sync(id);
  expect(await alice.api.conversation(id)).toMatchObject({ state: "active", verifiedSeq: 1 });
  expect(await alice.problems(id)).toEqual(["body_missing"]);
  row.content = content;
  await alice.sync(id);
  expect(await alice.problems(id)).toContain("forged_own_row");
});

test("P6.8 an end in this device's name that it never asked for ends nothing", async () => {
  const { client_id, message } = await bob.api.terminate(id);
  await service.append(id, alice.sender, "terminate", client_id, fromBase64url(message));
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["forged_own_row"]);
  expect((await alice.api.conversation(id)).state).toBe("active");
});

test("P5.3 a commit on top of another history is followed, and the fork is named", async () => {
  const before = (await alice.api.details(id)).epochAuthenticator;
  await bob.send(id, "from Bob");
  // Alice is shown another row in that place than Bob verified.
  rows()[1]!.timestamp = "2020-01-01T00:00:00.000Z";
  await service.rechain(id, 2);
  await bob.rotate(id);
  await alice.sync(id);
  const { state, verifiedSeq, problems } = await alice.api.conversation(id);
  expect({ state, verifiedSeq }).toEqual({ state: "active", verifiedSeq: 3 });
  expect(problems).toMatchObject([{ code: "log_fork", seq: 3 }]);
  expect((await alice.api.details(id)).epochAuthenticator).not.toBe(before);
});

test("P6.2 an answer that refuses nothing that waits changes nothing", async () => {
  const before = await alice.api.details(id);
  await alice.api.commitRefused(id, []);
  expect(await alice.api.details(id)).toEqual(before);
});

/** Alice's store without the group. */
async function withoutGroup(): Promise<Browser> {
  ({ alice, bob, service, id } = await established(await twoPeople(["anna", "ben"])));
  const store = await Store.open(alice.prefix, alice.userId, "write");
  const unit = store.begin();
  unit.delete(`mls/${id}`);
  await unit.commit();
  store.close();
  const again = await alice.reload();
  await again.sync(id);
  return again;
}

test("P9.1 a store that lost a group encrypts, commits and reads nothing there, and says so", async () => {
  const again = await withoutGroup();
  await again.api.enqueue(id, "never encrypted");
  expect(await refusal(again.api.nextOutgoing(id))).toBe("no_group");
  await again.api.beginRotation(id);
  expect(await refusal(again.api.finishCommit(id, null))).toBe("no_group");
  await bob.send(id, "unread here");
  await again.sync(id);
  expect(await again.problems(id)).toEqual(["group_lost"]);
  await bob.rotate(id);
  expect(await refusal(again.sync(id))).toBe("store_damaged");
  expect(await refusal(again.reload())).toBe("store_damaged");
});
