/** P10.1: what a member's changed program tries in a room is refused by every other member, whatever the server lets pass. */

import "fake-indexeddb/auto";
import type { KeyPackage, Proposal } from "ts-mls";
import { beforeAll, beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { roomStateOf } from "../mls/group";
import { makeKeyPackage } from "../mls/keyPackages";
import { changeBetween, encodeProfile, encodeRoomState, type Policy, ROLE, type RoomState } from "../mls/roomState";
import { leavesOf } from "../mls/roster";
import { deviceSuite, type DeviceRef, EXTENSION } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, LABEL } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { forgeCommit, forgeMessage, insider, postCommit, postMessage } from "../testing/attacker";
import { another, Browser, established, twoPeople, type World } from "../testing/browser";
import { TestRoom } from "../testing/rooms";

const people = await twoPeople();
let world: World;
let alice: Browser;
let bob: Browser;
let room: TestRoom;
let newRoom: () => Promise<[Browser, Browser]>;

beforeAll(async () => {
  world = await another(people);
  room = await TestRoom.open(world);
  newRoom = await room.keep(world.alice, world.bob);
});
beforeEach(async () => {
  [alice, bob] = await newRoom();
});

const problems = async (browser: Browser) => (await browser.api.conversation(room.id)).problems.map(({ code }) => code);

const proposing = (state: RoomState): Proposal => ({
  proposalType: "group_context_extensions",
  groupContextExtensions: {
    extensions: [{ extensionType: EXTENSION.state, extensionData: encodeRoomState(state) }],
  },
});

async function present(browser: Browser): Promise<RoomState> {
  const state = roomStateOf((await insider(browser, room.id)).state);
  if (state === null) throw new Error("no room");
  return state;
}

async function withPolicy(browser: Browser, change: (policy: Policy) => Partial<Policy>): Promise<RoomState> {
  const state = await present(browser);
  return { ...state, policy: { ...state.policy, ...change(state.policy) } };
}

/** A commit that adds this device and says so. */
async function adding(by: Browser, keyPackage: KeyPackage, device: DeviceRef) {
  const leaves = leavesOf((await insider(by, room.id)).state.ratchetTree);
  return forgeCommit(by, room.id, {
    proposals: [{ proposalType: "add", add: { keyPackage } }],
    details: { added: [device] },
    after: [...leaves, { ...device, publicKey: keyPackage.leafNode.signaturePublicKey }],
  });
}

/** Bob's commit of this state, of which the server is told the truth. */
async function declared(after: RoomState) {
  const change = await changeBetween(await present(bob), after);
  return forgeCommit(bob, room.id, { proposals: [proposing(after)], details: { room: change } });
}

async function refused(forged: Parameters<typeof postCommit>[2], code: string): Promise<void> {
  await postCommit(bob, room.id, forged);
  await room.sync(alice);
  expect(await problems(alice)).toContain(code);
  expect((await alice.api.conversation(room.id)).state).toBe("lost");
}

test("P10.1 honest acts: a name, a role, a removal, and who did them", async () => {
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  await room.act(bob, { act: "profile", name: "Quay", topic: "boats" });
  await room.sync(alice);
  const shown = await alice.api.conversation(room.id);
  expect(shown.room).toMatchObject({ name: "Quay", topic: "boats", role: "owner" });
  await room.act(alice, { act: "remove", userId: bob.userId, ban: true }, [], [bob]);
  await room.sync(bob);
  expect((await bob.api.conversation(room.id)).state).toBe("left");
  const events = (await alice.entries(room.id)).flatMap((entry) => (entry.kind === "system" ? [entry.event] : []));
  expect(events).toEqual([
    "founded",
    "person_added",
    "moderator_made",
    "renamed",
    "topic_changed",
    "person_removed",
    "person_banned",
  ]);
  for (const browser of [alice, bob]) expect(await problems(browser)).toEqual([]);
  await room.act(alice, { act: "lift_ban", userId: bob.userId });
  expect((await present(alice)).policy.banned).toEqual([]);
});

test("P10.1 a session has no rules: nobody changes them, and who says so is refused", async () => {
  const session = await established(people);
  const nothing = { act: "settings", settings: (await present(alice)).policy.settings } as const;
  await expect(session.alice.api.beginRoomAct(session.id, nothing)).rejects.toThrow("not_active");
  await expect(session.alice.api.newLink(session.id, { expiry: Date.now(), allowed: 1 })).rejects.toThrow("not_active");
  const change = { policy: null, profileHash: randomBytes(32), evidence: [], admissions: [] };
  await postCommit(session.bob, session.id, await forgeCommit(session.bob, session.id, { details: { room: change } }));
  await session.alice.sync(session.id);
  expect(await session.alice.problems(session.id)).toContain("commit_details_mismatch");
});

test("P10.1 a member who makes itself a moderator", async () => {
  const after = await withPolicy(bob, () => ({ moderators: [bob.userId] }));
  await refused(await declared(after), "role_missing");
});

test("P10.1 a member who makes itself the owner", async () => {
  const after = await withPolicy(bob, () => ({ owner: bob.userId }));
  await refused(await declared(after), "role_missing");
});

test("P10.1 a member who gives the room another name", async () => {
  const after = {
    ...(await present(bob)),
    profile: encodeProfile({ name: "Mine", topic: "", avatar: new Uint8Array() }),
  };
  await refused(await declared(after), "role_missing");
});

test.each([
  ["no name", "", ""],
  ["a name that fills pages", "x".repeat(81), ""],
  ["a topic that fills pages", "Harbour", "x".repeat(301)],
])("P10.1 a moderator who gives the room %s", async (_, name, topic) => {
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  const profile = fields(LABEL.roomProfile, randomBytes(32), name, topic, new Uint8Array());
  await refused(await declared({ ...(await present(bob)), profile }), "bad_room_state");
});

test("P10.1 a member who removes the owner", async () => {
  const { state } = await insider(bob, room.id);
  const leaves = leavesOf(state.ratchetTree);
  const owner = leaves.find(({ userId }) => userId === alice.userId)!;
  const forged = await forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "remove", remove: { removed: owner.index } }],
    details: { removed: [alice.sender] },
    after: leaves.filter((leaf) => leaf !== owner),
  });
  await postCommit(bob, room.id, forged);
  await room.sync(alice);
  expect(await problems(alice)).toContain("role_missing");
});

test("P10.1 a member who changes what people may do", async () => {
  const after = await withPolicy(bob, ({ settings }) => ({ settings: { ...settings, invite: ROLE.member } }));
  await refused(await declared(after), "role_missing");
});

test("P10.1 a member who bans the owner", async () => {
  const after = await withPolicy(bob, () => ({ banned: [alice.userId] }));
  await refused(await declared(after), "role_missing");
});

test("P10.1 a removal that is declared and not committed", async () => {
  await refused(await forgeCommit(bob, room.id, { details: { removed: [alice.sender] } }), "commit_details_mismatch");
});

test("P10.1 a removal that is committed and not declared", async () => {
  const leaves = leavesOf((await insider(bob, room.id)).state.ratchetTree);
  const owner = leaves.find(({ userId }) => userId === alice.userId)!;
  const forged = await forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "remove", remove: { removed: owner.index } }],
    after: leaves.filter((leaf) => leaf !== owner),
  });
  await refused(forged, "commit_details_mismatch");
});

test("P10.1 a member who adds a stranger", async () => {
  const carla = await Browser.register(world.service, "carla");
  const inside = await carla.inside();
  const { publicPackage } = await makeKeyPackage(await inside.suite(), carla.sender);
  inside.store.close();
  await refused(await adding(bob, publicPackage, carla.sender), "role_missing");
});

test("P10.1 a moderator who adds a device that its account never listed waits outside", async () => {
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  const carla = await Browser.register(world.service, "carla");
  const pair = await hybridKeyPair(false);
  const ghost = { userId: carla.userId, deviceId: uuidv7() };
  const { publicPackage } = await makeKeyPackage(
    await deviceSuite(new HybridSigner(pair.publicKey, pair.secret)),
    ghost,
  );
  const epoch = (await insider(alice, room.id)).state.groupContext.epoch;
  await postCommit(bob, room.id, await adding(bob, publicPackage, ghost));
  await room.sync(alice);
  await alice.learn(carla.userId);
  const { needs, conversation } = await alice.pull(room.id);
  // With the account's list at hand it still waits for one that names the device: the server may have kept it back.
  expect(needs).toEqual([{ kind: "account_keys", userId: carla.userId, since: 1 }]);
  expect(conversation.room?.people.map(({ username }) => username)).toEqual(["alice", "bob"]);
  // Asked again in vain, it says so: nobody is left to wonder why nothing comes any more.
  expect(await problems(alice)).toEqual([]);
  await alice.learn(carla.userId);
  await alice.pull(room.id);
  expect(await problems(alice)).toEqual(["list_withheld"]);
  expect((await insider(alice, room.id)).state.groupContext.epoch).toBe(epoch);
});

test("P6.9 a list that the server kept back is named as missing until it comes, and then the room goes on", async () => {
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  await room.sync(bob);
  const carla = await Browser.register(world.service, "carla");
  const inside = await carla.inside();
  const { publicPackage } = await makeKeyPackage(await inside.suite(), carla.sender);
  inside.store.close();
  await postCommit(bob, room.id, await adding(bob, publicPackage, carla.sender));
  await room.sync(alice);
  const keys = world.service.keys(carla.userId, 0);
  const empty = { ...keys, lists: [], devices: [] };
  await alice.api.learnKeys(empty);
  await alice.api.learnKeys(empty);
  await alice.pull(room.id);
  expect(await problems(alice)).toEqual(["list_withheld"]);
  await alice.learn(carla.userId);
  const { needs, conversation } = await alice.pull(room.id);
  expect(needs).toEqual([]);
  expect(conversation.room?.people.map(({ userId }) => userId)).toContain(carla.userId);
  expect(await problems(alice)).toEqual([]);
});

test("P10.1 a state that the server was told another thing of", async () => {
  const after = await withPolicy(bob, () => ({ moderators: [bob.userId] }));
  await refused(await forgeCommit(bob, room.id, { proposals: [proposing(after)] }), "commit_details_mismatch");
});

test("P10.1 a change that the server was told of, and that is none", async () => {
  const after = await withPolicy(bob, () => ({ moderators: [bob.userId] }));
  const change = await changeBetween(await present(bob), after);
  await refused(await forgeCommit(bob, room.id, { details: { room: change } }), "commit_details_mismatch");
});

test("P10.1 an extension that is not the room's state", async () => {
  const odd: Proposal = {
    proposalType: "group_context_extensions",
    groupContextExtensions: {
      extensions: [{ extensionType: EXTENSION.generation, extensionData: new Uint8Array(32) }],
    },
  };
  await refused(await forgeCommit(bob, room.id, { proposals: [odd] }), "commit_forbidden_proposal");
});

test("P10.1 a member who writes where only moderators may", async () => {
  const { settings } = (await present(alice)).policy;
  await room.act(alice, { act: "settings", settings: { ...settings, post: 1 } });
  await room.sync(bob);
  expect((await bob.api.conversation(room.id)).blocked).toEqual({ reason: "read_only" });
  await postMessage(bob, room.id, await forgeMessage(bob, room.id));
  await room.sync(alice);
  expect(await problems(alice)).toContain("role_missing");
  expect(await alice.texts(room.id)).toEqual([]);
});

test("P10.1 whoever is in the room already is not added again", async () => {
  const again = alice.api.beginRoomAct(room.id, { act: "invite", userId: bob.userId, packages: { items: [] } });
  await expect(again).rejects.toThrow("already_member");
});

test("P10.1 the honest program does not even try", async () => {
  const code = (call: Promise<unknown>) => call.then(() => "none", failureCode);
  const { api } = bob;
  const profile = { act: "profile", name: "Mine", topic: "" } as const;
  expect(await code(api.beginRoomAct(room.id, profile))).toBe("not_allowed");
  expect(await code(api.beginRoomAct(room.id, { act: "remove", userId: alice.userId, ban: false }))).toBe(
    "not_allowed",
  );
  expect(await code(api.beginRoomAct(room.id, { act: "hand_over", userId: bob.userId }))).toBe("not_allowed");
  expect(await code(alice.api.leave(room.id))).toBe("not_allowed");
  expect(await code(alice.api.beginRoomAct(room.id, { ...profile, name: "" }))).toBe("bad_room_name");
});
