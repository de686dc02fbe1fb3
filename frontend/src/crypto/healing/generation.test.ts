/** PROTOCOL.md 9.3: a group that nobody can follow is begun anew, and only then. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { groupIdOf } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, LABEL } from "../primitives/encoding";
import { encodeGeneration, type GenerationStatement } from "../statements/generation";
import { forgeCommit, forgeMessage, postCommit, postMessage } from "../testing/attacker";
import { Browser, established, twoPeople } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";
import type { SystemEntry } from "../types";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const state = async ({ api }: Browser) => (await api.conversation(id)).state;
const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

async function events(browser: Browser): Promise<SystemEntry["event"][]> {
  return (await browser.entries(id)).flatMap((entry) => (entry.kind === "system" ? [entry.event] : []));
}

async function talk(...browsers: Browser[]): Promise<void> {
  for (const browser of browsers) {
    const text = `from ${browser.deviceId}`;
    await browser.send(id, text);
    for (const other of browsers) {
      await other.sync(id);
      expect(await other.texts(id)).toContain(text);
    }
  }
}

/** A commit in Alice's name that nobody can follow, not even she. */
async function poison(): Promise<number> {
  await postCommit(alice, id, await forgeCommit(alice, id, { details: { rosterHash: randomBytes(32) } }));
  for (const browser of [alice, bob]) {
    await browser.sync(id);
    expect(await state(browser)).toBe("lost");
  }
  return service.conversation(id).rows.length;
}

async function everybodyAsks(): Promise<void> {
  for (const browser of [alice, bob]) await browser.ask(id);
  for (const browser of [alice, bob]) await browser.sync(id);
}

test("P9.3 when nobody can follow a commit, the conversation begins anew, its log and history go on", async () => {
  await alice.send(id, "before");
  await bob.sync(id);
  await poison();
  await bob.api.enqueue(id, "written while all was lost");
  expect(await bob.api.generationDue(id)).toBeNull();
  await everybodyAsks();
  expect(await bob.api.generationDue(id)).toBe(1);
  await bob.beginAnew(id);
  await alice.sync(id);
  await bob.post(id);
  await alice.sync(id);
  expect(await alice.texts(id)).toEqual(["before", "written while all was lost"]);
  await bob.sync(id);
  await talk(alice, bob);
  for (const browser of [alice, bob]) {
    expect(await browser.api.conversation(id)).toMatchObject({ generation: 1, state: "active" });
    expect((await events(browser)).slice(-2)).toEqual(["lost_here", "generation"]);
  }
  await alice.rotate(id);
  await bob.sync(id);
  await talk(bob, alice);
  // What could not be followed is over; the timeline keeps its line.
  expect(await bob.problems(id)).toEqual([]);
  expect(await bob.entries(id)).toContainEqual(expect.objectContaining({ kind: "problem", code: "roster_mismatch" }));
  expect(await alice.problems(id)).toEqual(["old_copy"]);
});

test("P9.3 in a later generation a lost device is added again as in the first", async () => {
  await poison();
  await everybodyAsks();
  await bob.beginAnew(id);
  await alice.sync(id);
  await alice.rotate(id);
  service.conversation(id).rows.at(-1)!.contribution = null;
  await bob.sync(id);
  expect(await state(bob)).toBe("lost");
  await bob.ask(id);
  await alice.heal(id);
  await bob.sync(id);
  await talk(alice, bob);
});

test("P9.3 of two who begin anew at once the first wins, and the other joins it", async () => {
  await poison();
  await everybodyAsks();
  const step = await alice.api.beginGeneration(id, service.claimForGeneration(id, alice.sender));
  if (step.step !== "contribution") throw new Error("keys are missing");
  await alice.api.finishCommit(id, await service.establish(id, step.request));
  await bob.beginAnew(id);
  const { verifiedSeq } = await alice.api.conversation(id);
  await alice.api.commitRefused(id, service.rowsFor(id, alice.sender, verifiedSeq));
  expect(await alice.api.pendingCommit(id)).toBeNull();
  await talk(alice, bob);
});

test("P9.3 a lost answer to it is settled by the log", async () => {
  await poison();
  await everybodyAsks();
  const step = await bob.api.beginGeneration(id, service.claimForGeneration(id, bob.sender));
  if (step.step !== "contribution") throw new Error("keys are missing");
  await service.begin(id, bob.sender, await bob.api.finishCommit(id, await service.establish(id, step.request)));
  bob = await bob.reload();
  for (const browser of [bob, alice]) await browser.sync(id);
  expect(await bob.api.pendingCommit(id)).toBeNull();
  await talk(alice, bob);
});

/** A renewal of Alice's that Bob cannot follow; she does nothing for him. */
async function forsake(): Promise<number> {
  await alice.rotate(id);
  service.conversation(id).rows.at(-1)!.contribution = null;
  await bob.sync(id);
  await bob.ask(id);
  await bob.sync(id);
  return service.conversation(id).rows.length;
}

test("P9.3 the author of a commit that nobody else could follow is given time, and goes along", async () => {
  await forsake();
  expect(await bob.api.generationDue(id)).toBeNull();
  expect(await refusal(bob.api.beginGeneration(id, { items: [] }))).toBe("not_active");
  bob = await bob.tampered(`conversation/${id}`, (record) => {
    record.asked = { ...(record.asked as object), at: Date.now() - 120_000 };
  });
  await bob.sync(id);
  expect(await bob.api.generationDue(id)).toBe(1);
  await bob.beginAnew(id);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual([]);
  await talk(alice, bob);
});

/** What a member's device says when it begins a generation, but for the lie; and rows that hold it. */
async function announce(author: Browser, lie: Partial<GenerationStatement> = {}, signer = author): Promise<void> {
  const { chain, rows } = service.conversation(id);
  const statement = encodeGeneration({
    serverName: service.serverName,
    ...author.sender,
    conversation: id,
    generation: 1,
    oldGroup: groupIdOf(id, 0),
    epoch: 1,
    transcriptHash: new Uint8Array(),
    seq: rows.length,
    chain,
    reason: "commit",
    reasonSeq: rows.length,
    roster: [alice.sender, bob.sender],
    leftOut: [],
    timeMs: Date.now(),
    state: null,
    ...lie,
  });
  const room = await signer.inside();
  const signature = await (await room.suite()).signer.sign(LABEL.generation, statement);
  room.store.close();
  service.conversation(id).generation = 1;
  await service.append(id, author.sender, "generation", uuidv7(), fields(statement, signature), 0);
  await service.append(id, author.sender, "commit", uuidv7(), randomBytes(40), 0);
}

async function expectRefused(browser: Browser, code: string): Promise<void> {
  await browser.sync(id);
  expect(await browser.problems(id)).toContain(code);
  const { state: shown, blocked } = await browser.api.conversation(id);
  expect({ shown, blocked }).toEqual({ shown: "refused", blocked: { reason: "generation_refused" } });
  expect(await browser.api.askToBeAdded(id)).toBeNull();
}

test("P9.3 a device that follows the group sees no reason, refuses, and says so", async () => {
  await bob.rotate(id);
  await alice.sync(id);
  await announce(bob);
  await expectRefused(alice, "generation_refused");
});

test("P9.3 the author of a commit refuses when somebody was heard in its epoch", async () => {
  ({ alice, bob, service, id } = await established(await twoPeople(["anne", "bert"])));
  await forsake();
  const rows = service.conversation(id).rows.length;
  const second = await Browser.signIn(service, alice.username, alice.userId);
  await alice.learn(alice.userId);
  await second.meet(bob);
  await second.sync(id);
  await second.ask(id);
  service.conversation(id).lost.delete(bob.deviceId);
  await alice.heal(id);
  await second.sync(id);
  await postMessage(second, id, await forgeMessage(second, id));
  await alice.sync(id);
  await announce(bob, { epoch: 1, reasonSeq: rows });
  await expectRefused(alice, "generation_refused");
});

test.each<[string, string, () => Partial<GenerationStatement>, (() => Browser) | null]>([
  ["of an older epoch than the one reached", "generation_refused", () => ({ epoch: 0 }), null],
  ["with another history of that epoch", "generation_refused", () => ({ transcriptHash: new Uint8Array(64) }), null],
  ["for a commit that was followed", "generation_refused", () => ({ reasonSeq: 1, epoch: 9 }), null],
  ["of another number", "bad_generation", () => ({ generation: 2 }), null],
  ["of another group", "bad_generation", () => ({ oldGroup: groupIdOf(uuidv7(), 0) }), null],
  ["of another server", "bad_generation", () => ({ serverName: "elsewhere" }), null],
  ["on another log", "bad_generation", () => ({ chain: new Uint8Array(32) }), null],
  ["on an older place of the log", "bad_generation", () => ({ seq: 1 }), null],
  ["without one of the two people", "bad_generation", () => ({ roster: [alice.sender] }), null],
  ["with a third account", "bad_generation", () => ({ roster: [alice.sender, bob.sender, third()] }), null],
  ["that another device signed", "bad_generation", () => ({}), () => bob],
])("P9.3 a lost device refuses a generation %s", async (_name, code, lie, signer) => {
  ({ alice, bob, service, id } = await established(await people()));
  const reasonSeq = await forsake();
  const room = await bob.inside();
  const group = await room.group(room.store.begin(), id);
  room.store.close();
  const transcriptHash = group!.groupContext.confirmedTranscriptHash;
  await announce(alice, { reasonSeq, transcriptHash, ...lie() }, signer?.() ?? alice);
  await expectRefused(bob, code);
});

const third = () => ({ userId: uuidv7(), deviceId: uuidv7() });
let others: ReturnType<typeof twoPeople> | null = null;
const people = () => (others ??= twoPeople(["anna", "ben"]));

test("P9.3 a generation may leave out nobody but the author of the bad commit", async () => {
  ({ alice, bob, service, id } = await established(await twoPeople(["anja", "boris"])));
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await alice.learn(bob.userId);
  await bob.learn(bob.userId);
  await second.sync(id);
  await second.ask(id);
  await alice.heal(id);
  for (const browser of [bob, second]) await browser.sync(id);
  const reasonSeq = await forsake();
  await second.sync(id);
  const room = await bob.inside();
  const transcriptHash = (await room.group(room.store.begin(), id))!.groupContext.confirmedTranscriptHash;
  room.store.close();
  await announce(alice, { reasonSeq, transcriptHash, epoch: 2, leftOut: [second.sender] });
  await expectRefused(bob, "generation_refused");
});

test("P9.3 a statement whose body is withheld is waited for", async () => {
  await forsake();
  await announce(alice, { reasonSeq: service.conversation(id).rows.length });
  const row = service.conversation(id).rows.at(-2)!;
  const { content } = row;
  row.content = null;
  await bob.sync(id);
  expect(await bob.api.conversation(id)).toMatchObject({ verifiedSeq: row.seq - 1, generation: 0 });
  expect(await bob.problems(id)).toContain("body_missing");
  row.content = content;
  await bob.sync(id);
  expect((await bob.api.conversation(id)).verifiedSeq).toBeGreaterThanOrEqual(row.seq);
});

test("P9.3 P6.8 nothing begins anew behind the message that ended the conversation", async () => {
  const { client_id, message } = await alice.api.terminate(id);
  await service.append(id, alice.sender, "terminate", client_id, fromBase64url(message));
  await announce(alice);
  await bob.sync(id);
  expect(await state(bob)).toBe("terminated");
  expect(await bob.problems(id)).toContain("log_order");
});

test("P9.3 a generation of a device that nobody has certified waits for its certificate", async () => {
  await forsake();
  const unknown = { userId: alice.userId, deviceId: uuidv7() };
  const roster = [unknown, bob.sender];
  await announce(alice, { ...unknown, roster });
  const row = service.conversation(id).rows.at(-2)!;
  row.sender_device_id = unknown.deviceId;
  await service.rechain(id, row.seq);
  const { needs } = await bob.pull(id);
  expect(needs).toContainEqual(expect.objectContaining({ kind: "account_keys", userId: alice.userId }));
  expect(await bob.api.conversation(id)).toMatchObject({ generation: 0, verifiedSeq: row.seq - 1 });
});

test("P9.3 a statement that cannot be read is named", async () => {
  await forsake();
  service.conversation(id).generation = 1;
  await service.append(id, alice.sender, "generation", uuidv7(), fields(randomBytes(30)), 0);
  await expectRefused(bob, "bad_generation");
});

test("P9.3 whoever was never in the group judges no statement, but takes none that is not signed as it says", async () => {
  ({ alice, bob, service, id } = await established(await twoPeople(["anton", "berta"])));
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await second.sync(id);
  await announce(alice);
  await second.sync(id);
  expect(await second.api.conversation(id)).toMatchObject({ generation: 1, state: "elsewhere" });
  expect(await second.problems(id)).toEqual([]);
  const third = await Browser.signIn(service, bob.username, bob.userId);
  await third.meet(alice);
  service.conversation(id).rows.splice(-2);
  await service.rechain(id, 1);
  await announce(alice, {}, bob);
  await third.sync(id);
  expect(await third.problems(id)).toContain("bad_generation");
  expect((await third.api.conversation(id)).state).toBe("elsewhere");
});
