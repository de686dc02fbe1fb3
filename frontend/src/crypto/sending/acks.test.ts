/** PROTOCOL.md 5.2, 5.5 and 9.1: answers and own rows that are not what this store sent. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { sealContent } from "../mls/message";
import { randomBytes } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { nextChain } from "../statements/chain";
import { forgeMessage, postMessage } from "../testing/attacker";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";
import type { WireAck } from "../wire";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const rows = () => service.conversation(id).rows;

const answered = async (ack: WireAck) =>
  alice.api.acknowledged(id, ack).then(
    ([entry]) => (entry?.kind === "message" ? entry.state : entry?.kind),
    (error: unknown) => failureCode(error),
  );

async function outgoing() {
  const next = await alice.api.nextOutgoing(id);
  if (next.kind !== "message") throw new Error(next.kind);
  return next.message;
}

test("P5.2 an ack for a place that another row holds drops nothing", async () => {
  await alice.send(id, "one");
  await alice.api.enqueue(id, "two");
  const { client_id } = await outgoing();
  for (const row of rows()) expect(await answered({ ...ackOf(row), client_id })).toBe("bad_ack");
  expect((await outgoing()).client_id).toBe(client_id);
});

test("P5.2 a repeated answer must be the step that was taken", async () => {
  await alice.send(id, "one");
  const ack = ackOf(rows().at(-1)!);
  expect(await answered(ack)).toBe("sent");
  expect(await answered({ ...ack, chain: toBase64url(randomBytes(32)) })).toBe("bad_ack");
});

test("P5.2 a message that was acknowledged behind the end of the log is named, and can be sent again", async () => {
  await alice.api.enqueue(id, "dropped");
  const row = await alice.post(id);
  rows().pop();
  const previous = randomBytes(32);
  const chain = await nextChain(previous, {
    ...row,
    seq: 1000,
    senderTag: fromBase64url(row.sender_tag),
    clientId: row.client_id,
    timeMs: Date.parse(row.timestamp),
    bodyHash: fromBase64url(row.body_hash),
  });
  const lie = { seq: 1000, previous_chain: toBase64url(previous), chain: toBase64url(chain) };
  expect(await answered({ ...ackOf(row), ...lie })).toBe("sent");
  const { loggedSeq } = await alice.api.conversation(id);
  expect(loggedSeq).toBe(1000);
  // An answer to a question from before the ack proves nothing.
  expect((await alice.api.receive(id, [], 1, true, 1)).conversation.problems).toEqual([]);
  const received = await alice.api.receive(id, [], 1, true, loggedSeq);
  expect(received.conversation).toMatchObject({ loggedSeq: 1, problems: [{ code: "log_gap", seq: 2 }] });
  expect(received.entries).toContainEqual(expect.objectContaining({ text: "dropped", state: "failed" }));
});

test("P5.3 a log that ends before what was verified is named", async () => {
  await alice.send(id, "one");
  const { loggedSeq } = await alice.api.conversation(id);
  await alice.api.receive(id, [], loggedSeq - 1, true, loggedSeq);
  expect(await alice.problems(id)).toEqual(["log_gap"]);
});

test("P5.3 rows up to the head that are not served are named", async () => {
  await alice.send(id, "withheld");
  await bob.api.receive(id, [], 2, true, 1);
  expect((await bob.api.conversation(id)).problems).toMatchObject([{ code: "log_gap", seq: 2 }]);
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["withheld"]);
});

test("P6.2 a commit is not adopted on an ack for another row", async () => {
  const { client_id } = await alice.prepareRotation(id);
  const lie = alice.api.commitAccepted(id, { ...ackOf(rows()[0]!), client_id });
  expect(await lie.catch((error: unknown) => failureCode(error))).toBe("bad_ack");
  expect(await alice.api.pendingCommit(id)).not.toBeNull();
});

test("P5.2 a body that is logged under another epoch was not sent so: refused in the answer, named in the log", async () => {
  await bob.rotate(id);
  await alice.sync(id);
  await alice.api.enqueue(id, "one");
  const { client_id, content } = await outgoing();
  const row = await service.append(id, alice.sender, "message", client_id, fromBase64url(content), 1);
  expect(await answered(ackOf(row))).toBe("bad_ack");
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["bad_message"]);
  expect((await alice.entries(id)).at(-1)).toMatchObject({ text: "one", state: "failed", failure: "bad_message" });
});

test("P5.5 an own message that the server logged too late is named like anybody's, and can be sent again", async () => {
  await alice.api.enqueue(id, "late");
  const { client_id, content } = await outgoing();
  await bob.rotate(id);
  await bob.rotate(id);
  await service.append(id, alice.sender, "message", client_id, fromBase64url(content), 1);
  for (const browser of [alice, bob]) {
    await browser.sync(id);
    expect(await browser.problems(id)).toEqual(["message_of_old_epoch"]);
  }
  await alice.api.retry(id, client_id);
  await alice.api.acknowledged(id, ackOf(await alice.post(id)));
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["late"]);
});

test("P9.1 a message that waits here and was sent by a newer copy of this store makes this one stop", async () => {
  const { clientId } = await alice.api.enqueue(id, "waiting when the copy was made");
  await postMessage(alice, id, await forgeMessage(alice, id, { data: { clientId } }));
  await alice.sync(id);
  const conversation = await alice.api.conversation(id);
  expect(conversation.problems.map(({ code }) => code)).toEqual(["old_copy"]);
  expect(conversation.blocked).toEqual({ reason: "old_copy" });
});

test.each([false, true])(
  "P9.1 while the body of an unknown own row is withheld nothing is encrypted (queued: %s)",
  async (queued) => {
    const known = queued ? { data: { clientId: (await alice.api.enqueue(id, "queued")).clientId } } : {};
    await postMessage(alice, id, await forgeMessage(alice, id, known));
    const row = rows().at(-1)!;
    const { content } = row;
    row.content = null;
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["body_missing"]);
    await alice.api.enqueue(id, "not yet");
    expect(await alice.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked: { reason: "not_caught_up" } });
    row.content = content;
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["body_missing", "old_copy"]);
  },
);

test("P5.7 a forged row in this device's name does not choose its sender tag", async () => {
  const tag = service.conversation(id).members.get(alice.deviceId)!.tag;
  const fresh = await alice.tampered(`conversation/${id}`, (record) => {
    record.tags = {};
  });
  service.conversation(id).members.get(alice.deviceId)!.tag = toBase64url(randomBytes(16));
  const forged = await forgeMessage(bob, id);
  await service.append(id, alice.sender, "message", forged.clientId, forged.message);
  await fresh.pull(id);
  expect(await fresh.problems(id)).toEqual(["forged_own_row"]);
  service.conversation(id).members.get(alice.deviceId)!.tag = tag;
  await fresh.sync(id);
  expect((await fresh.send(id, "one")).seq).toBe(rows().length);
});

test.each([true, false])(
  "P5.7 a row under another device's sender tag is refused (its own tag was known: %s)",
  async (known) => {
    const { members } = service.conversation(id);
    const stolen = members.get(alice.deviceId)!.tag;
    const fresh = await alice.tampered(`conversation/${id}`, (record) => {
      if (!known) record.tags = { [stolen]: alice.sender };
    });
    const forged = await forgeMessage(bob, id);
    members.get(bob.deviceId)!.tag = stolen;
    await postMessage(bob, id, forged);
    await fresh.pull(id);
    expect(await fresh.problems(id)).toEqual(["sender_mismatch"]);
    expect(await fresh.texts(id)).toEqual([]);
  },
);

test("P8.3 nothing hides in the padding", async () => {
  const { plaintext, commitment } = await sealContent("secured", { text: "padded" });
  plaintext[plaintext.length - 1] = 1;
  await postMessage(alice, id, await forgeMessage(alice, id, { plaintext, data: { commitment } }));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["bad_message"]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P5.1 a row that cannot be read is named, stops the log, and what came before it is kept", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  const row = rows().at(-1)!;
  for (const [field, lie] of [
    ["body_hash", "!"],
    ["chain", "="],
    ["content", "a"],
    ["sender_tag", "ä"],
    ["client_id", "no id"],
    ["timestamp", "yesterday"],
  ] as const) {
    const { [field]: genuine } = row;
    row[field] = lie;
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["bad_row"]);
    expect(await bob.texts(id)).toEqual(["one"]);
    row[field] = genuine!;
  }
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one", "two"]);
});
