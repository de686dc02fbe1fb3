/** PROTOCOL.md 9.3, 10.1: a room that begins anew is the same room, with the same people. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { encodeProfile, roomHash, type RoomState } from "../mls/roomState";
import { roomStateOf } from "../mls/group";
import { groupIdOf } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, LABEL } from "../primitives/encoding";
import { encodeGeneration, type GenerationStatement } from "../statements/generation";
import { forgeCommit, forgeMessage, insider, postCommit } from "../testing/attacker";
import { another, type Browser, twoPeople, type World } from "../testing/browser";
import { TestRoom } from "../testing/rooms";

const people = await twoPeople();
let world: World;
let alice: Browser;
let bob: Browser;
let room: TestRoom;

beforeEach(async () => {
  world = await another(people);
  ({ alice, bob } = world);
  room = await TestRoom.open(world);
});

const shown = async ({ api }: Browser) => api.conversation(room.id);
const problems = async (browser: Browser) => (await shown(browser)).problems.map(({ code }) => code);

/** A commit of bob's that nobody can follow, not even he. */
async function spoil(): Promise<number> {
  await postCommit(bob, room.id, await forgeCommit(bob, room.id, { details: { rosterHash: randomBytes(32) } }));
  for (const browser of [alice, bob]) {
    await room.sync(browser);
    expect((await shown(browser)).state).toBe("lost");
  }
  return world.service.conversation(room.id).rows.length;
}

async function talk(): Promise<void> {
  for (const [author, reader] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const text = `from ${author.username} ${uuidv7()}`;
    await author.send(room.id, text);
    await room.sync(reader);
    expect(await reader.texts(room.id)).toContain(text);
  }
}

test("P9.3 a room that nobody can follow begins anew with its name and its roles, and can be changed on", async () => {
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  await spoil();
  expect(await alice.api.generationDue(room.id)).toBeNull();
  await room.allAsk(alice, bob);
  expect(await alice.api.generationDue(room.id)).toBe(3);
  await room.beginAnew(alice);
  await room.sync(bob);
  await talk();
  for (const browser of [alice, bob]) {
    expect(await shown(browser)).toMatchObject({ generation: 1, state: "active", room: { name: "Harbour" } });
  }
  expect((await shown(bob)).room?.role).toBe("moderator");
  expect(await problems(alice)).toEqual([]);
  // A change of the room keeps the mark of its generation.
  await room.act(bob, { act: "profile", name: "Quay", topic: "" });
  await room.sync(alice);
  expect((await shown(alice)).room?.name).toBe("Quay");
  await talk();
});

test("P9.3 whoever spoils a second epoch stays behind, and begins nothing itself", async () => {
  await spoil();
  await room.allAsk(alice, bob);
  await room.beginAnew(alice);
  await room.sync(bob);
  await spoil();
  await room.allAsk(alice, bob);
  expect(await bob.api.generationDue(room.id)).toBeNull();
  await room.beginAnew(alice);
  await room.sync(bob);
  expect(await shown(bob)).toMatchObject({ state: "left" });
  expect((await shown(alice)).room?.people.map(({ userId }) => userId)).toEqual([alice.userId]);
  const removal = { event: "person_removed", userId: alice.userId, people: [bob.userId] };
  expect(await alice.entries(room.id)).toContainEqual(expect.objectContaining(removal));
});

test("P9.3 rows of the group before a new generation, and a log that ends before it, are named and lead nobody back", async () => {
  const { service } = world;
  const before = service.sessionFor(room.id, alice.userId);
  const kept = await forgeCommit(bob, room.id);
  const word = await forgeMessage(bob, room.id);
  await spoil();
  await room.allAsk(alice, bob);
  await room.beginAnew(alice);
  const old = { generation: 0 };
  await service.append(room.id, bob.sender, "message", word.clientId, word.message, 1, old);
  await service.append(room.id, bob.sender, "commit", kept.clientId, kept.commit, kept.epoch, old);
  await room.sync(alice);
  expect(await problems(alice)).toEqual(["bad_message", "commit_wrong_epoch"]);
  expect(await alice.texts(room.id)).toEqual([]);
  const { loggedSeq } = await shown(alice);
  const { peer, user1_id, ...log } = before;
  await alice.api.learnRoom({ ...log, creator_id: user1_id, people: [peer], joining: [], left: false });
  await alice.api.receive(room.id, [], before.seq, true, loggedSeq);
  expect(await problems(alice)).toContain("log_gap");
  expect(await shown(alice)).toMatchObject({ generation: 1, state: "active" });
});

/** A renewal of alice's that bob cannot follow; she does nothing for him. */
async function forsake(act: () => Promise<void>): Promise<number> {
  await act();
  world.service.conversation(room.id).rows.at(-1)!.contribution = null;
  await room.sync(bob);
  await bob.ask(room.id);
  await room.sync(bob);
  return world.service.conversation(room.id).rows.length;
}

test("P9.3 the author of a commit that nobody followed goes along, and what it changed is undone", async () => {
  await forsake(() => room.act(alice, { act: "profile", name: "Quay", topic: "" }));
  expect(await bob.api.generationDue(room.id)).toBeNull();
  bob = await bob.tampered(`conversation/${room.id}`, (record) => {
    record.asked = { ...(record.asked as object), at: Date.now() - 120_000 };
  });
  await room.sync(bob);
  expect(await bob.api.generationDue(room.id)).toBe(2);
  await room.beginAnew(bob);
  await room.sync(alice);
  expect(await problems(alice)).toEqual([]);
  for (const browser of [alice, bob]) expect((await shown(browser)).room?.name).toBe("Harbour");
  await talk();
});

test("P9.3 who sees that others follow begins nothing", async () => {
  await forsake(() => room.act(alice, { act: "profile", name: "Quay", topic: "" }));
  bob = await bob.tampered(`conversation/${room.id}`, (record) => {
    record.asked = { ...(record.asked as object), at: Date.now() - 120_000 };
    record.lost = { ...(record.lost as object), by: uuidv7() };
  });
  await alice.send(room.id, "still here");
  await room.sync(bob);
  expect(await bob.api.generationDue(room.id)).toBeNull();
});

/** What alice's device says when it begins a generation that bob has a reason for, but for the lie; and rows that hold it. */
async function announce(lie: Partial<GenerationStatement>): Promise<void> {
  const { service } = world;
  const { chain, rows } = service.conversation(room.id);
  const { state } = await insider(bob, room.id);
  const inside = await alice.inside();
  const statement = encodeGeneration({
    serverName: service.serverName,
    ...alice.sender,
    conversation: room.id,
    generation: 1,
    oldGroup: groupIdOf(room.id, 0),
    epoch: Number(state.groupContext.epoch),
    transcriptHash: state.groupContext.confirmedTranscriptHash,
    seq: rows.length,
    chain,
    reason: "commit",
    reasonSeq: rows.length,
    roster: [alice.sender, bob.sender],
    leftOut: [],
    timeMs: Date.now(),
    state: await roomHash(roomStateOf(state)!),
    ...lie,
  });
  const signature = await (await inside.suite()).signer.sign(LABEL.generation, statement);
  inside.store.close();
  service.conversation(room.id).generation = 1;
  await service.append(room.id, alice.sender, "generation", uuidv7(), fields(statement, signature), 0);
}

const other = async (change: (state: RoomState) => RoomState) => {
  const { state } = await insider(bob, room.id);
  return { state: await roomHash(change(roomStateOf(state)!)) };
};
const withPolicy = (change: (policy: RoomState["policy"]) => Partial<RoomState["policy"]>) =>
  other((state) => ({ ...state, policy: { ...state.policy, ...change(state.policy) } }));
const stranger = () => ({ userId: uuidv7(), deviceId: uuidv7() });

test.each<[string, string | null, () => Promise<Partial<GenerationStatement>>]>([
  ["that is true", null, () => Promise.resolve({})],
  ["of a session", "bad_generation", () => Promise.resolve({ state: null })],
  ["with another owner", "generation_refused", () => withPolicy(() => ({ owner: bob.userId }))],
  ["with a moderator more", "generation_refused", () => withPolicy(() => ({ moderators: [bob.userId] }))],
  ["with a ban", "generation_refused", () => withPolicy(() => ({ banned: [bob.userId] }))],
  [
    "with other settings",
    "generation_refused",
    () => withPolicy(({ settings }) => ({ settings: { ...settings, post: 2 } })),
  ],
  [
    "with another name",
    "generation_refused",
    () =>
      other((state) => ({ ...state, profile: encodeProfile({ name: "Mine", topic: "", avatar: new Uint8Array() }) })),
  ],
  [
    "with somebody who was not there",
    "generation_refused",
    () => Promise.resolve({ roster: [alice.sender, bob.sender, stranger()] }),
  ],
  ["without somebody who made no bad commit", "generation_refused", () => Promise.resolve({ leftOut: [bob.sender] })],
])("P9.3 a lost device judges a generation of a room %s", async (_name, code, lie) => {
  await forsake(() => room.act(alice, { act: "profile", name: "Quay", topic: "" }));
  await announce(await lie());
  await room.sync(bob);
  const judged = (await problems(bob)).filter((each) => each === "bad_generation" || each === "generation_refused");
  expect(judged).toEqual(code === null ? [] : [code]);
  expect((await shown(bob)).state).toBe(code === null ? "lost" : "refused");
});

test("P9.3 P6.9 a device that is missing without a word may be revoked: its list is asked for before that is held against it", async () => {
  await forsake(() => room.act(alice, { act: "profile", name: "Quay", topic: "" }));
  await announce({ roster: [alice.sender, stranger()] });
  await room.sync(bob);
  const waiting = await shown(bob);
  expect({ state: waiting.state, generation: waiting.generation }).toEqual({ state: "lost", generation: 0 });
  for (let answers = 0; answers < 2; answers++) await bob.learn(bob.userId);
  const { needs } = await bob.pull(room.id);
  expect(needs).toEqual([]);
  expect(await problems(bob)).toContain("generation_refused");
});
