/** Rules of PROTOCOL.md 5 and 9.1: what a server or a member can do to the log, and how it is named. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { forgeMessage, postMessage } from "../testing/attacker";
import { type Browser, established, twoPeople } from "../testing/browser";
import { ackOf, type FakeService } from "../testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const rows = () => service.conversation(id).rows;

test("P5.1 a row that the chain does not cover stops the log, is named, and heals", async () => {
  await alice.send(id, "one");
  const row = rows().at(-1)!;
  const { chain } = row;
  row.chain = toBase64url(randomBytes(32));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["log_fork"]);
  expect(await bob.texts(id)).toEqual([]);
  row.chain = chain;
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one"]);
});

test.each(["timestamp", "client_id", "sender_tag", "kind", "epoch", "generation"] as const)(
  "P5.1 the chain covers %s",
  async (field) => {
    await alice.send(id, "one");
    const row = rows().at(-1)!;
    const lies = {
      timestamp: "2020-01-01T00:00:00.000Z",
      client_id: uuidv7(),
      sender_tag: toBase64url(randomBytes(16)),
      kind: "terminate",
      epoch: 7,
      generation: 1,
    };
    Object.assign(row, { [field]: lies[field] });
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["log_fork"]);
    expect((await bob.api.conversation(id)).verifiedSeq).toBe(1);
  },
);

test("P5.1 a rewritten past is a fork", async () => {
  await alice.send(id, "one");
  await bob.sync(id);
  rows()[1]!.timestamp = "2020-01-01T00:00:00.000Z";
  await service.rechain(id, 2);
  const received = await bob.api.receive(id, service.rowsFor(id, bob.sender, 0), null, true);
  expect(received.conversation.problems.map(({ code }) => code)).toContain("log_fork");
});

test("P6.8 a past that is rewritten, or said to be shorter, takes nothing out of the timeline", async () => {
  for (const text of ["one", "two", "three"]) await alice.send(id, text);
  await bob.sync(id);
  for (const lie of ["2020-01-01T00:00:00.000Z", "2020-01-02T00:00:00.000Z"]) {
    for (const row of service.rowsFor(id, bob.sender, 1))
      await bob.api.receive(id, [{ ...row, timestamp: lie, chain: toBase64url(randomBytes(32)) }], null, false);
    await bob.api.receive(id, [], 1, true, 4);
  }
  expect((await bob.api.conversation(id)).problems.map(({ code, seq }) => `${code} ${String(seq)}`)).toEqual([
    "log_fork 2",
    "log_fork 3",
    "log_fork 4",
    "log_gap 2",
  ]);
  await alice.send(id, "four");
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one", "two", "three", "four"]);
  const seqs = (await bob.entries(id)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
});

test("P5.1 a body that is not the one of the chain stops the log", async () => {
  await alice.send(id, "one");
  const row = rows().at(-1)!;
  const { content } = row;
  row.content = toBase64url(randomBytes(300));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["body_mismatch"]);
  row.content = content;
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one"]);
});

test("P5.1 a withheld body is named, and the log goes on", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  rows()[1]!.content = null;
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["body_missing"]);
  expect(await bob.texts(id)).toEqual(["two"]);
});

test("P5.1 the first chain value binds conversation, creator and server", async () => {
  const other = await twoPeople(["carol", "dave"]);
  other.service.conversation(other.id).session.chain_0 = toBase64url(randomBytes(32));
  await other.alice.api.learnSession(other.service.sessionFor(other.id, other.alice.userId));
  expect(await other.alice.problems(other.id)).toEqual(["log_fork"]);
});

test("P5.3 a gap asks for a pull when pushed, and is named when pulled", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  const late = service.rowsFor(id, bob.sender, 2);
  const pushed = await bob.api.receive(id, late, 3, false);
  expect(pushed.needs).toEqual([{ kind: "rows", after: 1 }]);
  expect(pushed.conversation.problems).toEqual([]);
  const pulled = await bob.api.receive(id, late, 3, true);
  expect(pulled.conversation.problems).toMatchObject([{ code: "log_gap", seq: 3 }]);
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["one", "two"]);
});

test("P5.3 a dropped message shows in the echo of the next one, with its position", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  rows().splice(1, 1);
  await service.rechain(id, 2);
  await bob.sync(id);
  // "two" says that its author had verified two rows before it: here there is only one.
  expect((await bob.api.conversation(id)).problems).toMatchObject([{ code: "echo_ahead", seq: 2 }]);
  expect(await bob.texts(id)).toEqual(["two"]);
});

test("P5.3 reordered messages are named", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  rows().splice(1, 2, rows()[2]!, rows()[1]!);
  await service.rechain(id, 2);
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["echo_ahead"]);
});

test("P5.3 two histories for two people come out as soon as one answers", async () => {
  await alice.send(id, "for Bob");
  await bob.sync(id);
  // Alice is shown another row in that place, as if Bob's clock were different.
  rows()[1]!.timestamp = "2020-01-01T00:00:00.000Z";
  await service.rechain(id, 2);
  await bob.api.enqueue(id, "I read it");
  await bob.post(id);
  await alice.sync(id);
  expect(await alice.problems(id)).toContain("log_fork");
});

test("P5.3 an echo of another history is a fork, named beside the message", async () => {
  await postMessage(alice, id, await forgeMessage(alice, id, { data: { echo: { seq: 1, chain: randomBytes(32) } } }));
  await bob.sync(id);
  expect((await bob.api.conversation(id)).problems).toMatchObject([{ code: "log_fork", seq: 2 }]);
  expect(await bob.texts(id)).toEqual(["forged"]);
});

test("P5.3 authenticated data must fit the row", async () => {
  const lies = [
    { conversation: uuidv7() },
    { generation: 1 },
    { type: "terminate" },
    { commitment: new Uint8Array(31) },
    { details: new Uint8Array(1) },
  ];
  for (const data of lies) await postMessage(alice, id, await forgeMessage(alice, id, { data }));
  const other = await forgeMessage(alice, id);
  await postMessage(alice, id, { ...other, clientId: uuidv7() });
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(Array.from({ length: 6 }, () => "bad_authenticated_data"));
  expect(await bob.texts(id)).toEqual([]);
});

test("P5.3 the commitment in clear must be of this text", async () => {
  await postMessage(alice, id, await forgeMessage(alice, id, { data: { commitment: randomBytes(32) } }));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["bad_commitment"]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P8.2 the type inside must be the type outside", async () => {
  await postMessage(alice, id, await forgeMessage(alice, id, { insideType: "terminate" }));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["type_mismatch"]);
});

test("P8.3 plaintext comes in buckets with zeros behind", async () => {
  const dirty = new Uint8Array(256).fill(1);
  for (const plaintext of [new Uint8Array(255), new Uint8Array(256), dirty]) {
    await postMessage(alice, id, await forgeMessage(alice, id, { plaintext }));
    await bob.sync(id);
  }
  expect(await bob.problems(id)).toEqual(["bad_message"].concat(["undecryptable", "undecryptable"]));
  const sizes = new Set<number>();
  for (const text of ["a", "b".repeat(100), "c".repeat(300), "d".repeat(900)]) {
    await alice.send(id, text);
    sizes.add(fromBase64url(rows().at(-1)!.content!).length >> 8);
  }
  expect(sizes.size).toBeLessThanOrEqual(3);
});

test("P5.3 content that is no message of ours is named", async () => {
  await postMessage(alice, id, await forgeMessage(alice, id, { content: { text: 7 } }));
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["bad_message"]);
});

test("P5.4 the same device and id twice is a replay, and is not shown twice", async () => {
  await alice.send(id, "one");
  const { client_id, content } = rows().at(-1)!;
  await service.appendAgain(id, alice.sender, "message", client_id, fromBase64url(content!));
  await bob.sync(id);
  expect((await bob.api.conversation(id)).problems).toMatchObject([{ code: "replayed_message", seq: 3 }]);
  expect(await bob.texts(id)).toEqual(["one"]);
});

test("P5.7 the author is the MLS leaf, not what the row says", async () => {
  const forged = await forgeMessage(alice, id);
  await service.append(id, { userId: alice.userId, deviceId: uuidv7() }, "message", forged.clientId, forged.message);
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual(["sender_mismatch"]);
  expect(await bob.texts(id)).toEqual([]);
});

test("P5.7 a sender tag belongs to one device", async () => {
  await alice.send(id, "one");
  await bob.sync(id);
  service.conversation(id).members.get(alice.deviceId)!.tag = toBase64url(randomBytes(16));
  await alice.api.enqueue(id, "two");
  await alice.post(id);
  await bob.sync(id);
  expect(await bob.problems(id)).toContain("sender_mismatch");
});

test("P5.2 an acknowledged step that is not what was sent is refused", async () => {
  await alice.api.enqueue(id, "one");
  const ack = ackOf(await alice.post(id));
  const lies = [
    { seq: 3 },
    { epoch: 0 },
    { time: "2020-01-01T00:00:00.000Z" },
    { chain: toBase64url(randomBytes(32)) },
  ];
  for (const lie of lies) {
    const error: unknown = await alice.api.acknowledged(id, { ...ack, ...lie }).catch((refused: unknown) => refused);
    expect(failureCode(error)).toBe("bad_ack");
  }
  expect(await alice.api.acknowledged(id, ack)).toMatchObject([{ state: "sent" }]);
});

test("P5.2 the row must be what was acknowledged", async () => {
  await bob.send(id, "first");
  await alice.api.enqueue(id, "one");
  const row = await alice.post(id);
  expect(await alice.api.acknowledged(id, ackOf(row))).toMatchObject([{ state: "sent", seq: null }]);
  row.timestamp = "2020-01-01T00:00:00.000Z";
  await service.rechain(id, row.seq);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["ack_mismatch"]);
});

test("P5.2 an own row with another body is named, and the message stays", async () => {
  await alice.api.enqueue(id, "one");
  const next = await alice.api.nextOutgoing(id);
  if (next.kind !== "message") throw new Error(next.kind);
  const other = await forgeMessage(bob, id, { data: { clientId: next.message.client_id } });
  await postMessage(alice, id, other);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["ack_mismatch"]);
  expect(await alice.texts(id)).toEqual(["one"]);
});

test("P9.1 a row in this device's name that it never sent is forged", async () => {
  const forged = await forgeMessage(bob, id);
  await service.append(id, alice.sender, "message", forged.clientId, forged.message);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["forged_own_row"]);
  expect((await alice.api.conversation(id)).state).toBe("active");
});

test("P9.1 what a newer copy of this store has sent makes this one stop", async () => {
  const copy = await forgeMessage(alice, id);
  await postMessage(alice, id, copy);
  await alice.sync(id);
  const conversation = await alice.api.conversation(id);
  expect(conversation.problems.map(({ code }) => code)).toEqual(["old_copy"]);
  expect(conversation.blocked).toEqual({ reason: "old_copy" });
  await alice.api.enqueue(id, "never encrypted");
  expect(await alice.api.nextOutgoing(id)).toMatchObject({ kind: "blocked" });
});

test("P9.1 nothing is encrypted after a start before the log has been followed to its head", async () => {
  await bob.send(id, "while away");
  const again = await alice.reload();
  await again.api.enqueue(id, "too early");
  expect(await again.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked: { reason: "not_caught_up" } });
  await again.sync(id);
  expect((await again.api.nextOutgoing(id)).kind).toBe("message");
});

test("P9.1 a writer that was overtaken stops", async () => {
  await alice.reload();
  const error: unknown = await alice.api.enqueue(id, "late").catch((refused: unknown) => refused);
  expect(failureCode(error)).toBe("superseded");
  const greeting: unknown = await alice.api.checkWriter().catch((refused: unknown) => refused);
  expect(failureCode(greeting)).toBe("superseded");
});

test("P9.1 a closed store is no longer in the worker's hands", async () => {
  const again = await alice.reload();
  await again.api.close();
  const error: unknown = await again.api.timeline(id, { limit: 1 }).catch((refused: unknown) => refused);
  expect(failureCode(error)).toBe("not_open");
});
