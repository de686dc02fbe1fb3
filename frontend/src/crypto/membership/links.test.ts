/** P10.2: who comes by an invitation link, as the members' own programs judge it, whatever the server lets pass. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { roomStateOf } from "../mls/group";
import { decodePackage } from "../mls/keyPackages";
import { counted } from "../mls/roles";
import { type Admission, changeBetween, encodeRoomState, type Evidence, type RoomState } from "../mls/roomState";
import { leavesOf } from "../mls/roster";
import { EXTENSION } from "../mls/suite";
import { randomBytes } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { forgeCommit, insider, postCommit } from "../testing/attacker";
import { isFragment } from "../statements/invitation";
import { another, Browser, twoPeople, type World } from "../testing/browser";
import { TestRoom } from "../testing/rooms";
import type { Id, WireJoin, WireJoinRequests, WireLink } from "../wire";

type Request = WireJoinRequests["items"][number];

const HOUR = 3_600_000;
const people = await twoPeople();
let world: World;
let alice: Browser;
let bob: Browser;
let carol: Browser;
let room: TestRoom;

beforeEach(async () => {
  world = await another(people);
  ({ alice, bob } = world);
  carol = await Browser.register(world.service, "carol");
  room = await TestRoom.open(world);
});

const problems = async (browser: Browser) => (await browser.api.conversation(room.id)).problems.map(({ code }) => code);

async function present(browser: Browser): Promise<RoomState> {
  const state = roomStateOf((await insider(browser, room.id)).state);
  if (state === null) throw new Error("no room");
  return state;
}

/** A link of alice's, as the server shows it to whoever has its address. */
async function linked(limits: Partial<{ expiry: number; allowed: number }> = {}) {
  const { request, fragment } = await alice.api.newLink(room.id, { expiry: Date.now() + HOUR, allowed: 5, ...limits });
  await room.act(alice, { act: "make_link", link: request.link_id });
  const { invitations } = (await present(alice)).policy;
  const shown: WireLink = {
    room_id: room.id,
    link_id: request.link_id,
    generation: 0,
    public_key: toBase64url(invitations.find(({ id }) => id === request.link_id)!.publicKey),
    sealed_key: request.sealed_key,
    inviter: { id: alice.userId, username: "alice" },
  };
  return { id: request.link_id, shown, fragment };
}

const asked = (person: Browser, said: WireJoin): Request => ({
  user_id: person.userId,
  device_id: person.deviceId,
  ...said,
});

const admits = (by: Browser, requests: Request[]) => by.api.beginRoomAct(room.id, { act: "admit", requests });

test("P10.2 whoever asks with the link’s key is let in once their keys are known, and the use is counted", async () => {
  const link = await linked();
  const request = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  expect(await admits(alice, [request])).toEqual({
    step: "account_keys",
    needs: [{ userId: carol.userId, since: 0 }],
  });
  await alice.learn(carol.userId);
  await room.act(alice, { act: "admit", requests: [request] }, [carol]);
  expect((await present(alice)).policy.invitations).toMatchObject([{ id: link.id, used: 1 }]);
  expect(await problems(alice)).toEqual([]);
});

test("P10.2 each of several links keeps its own key, also when another one ends", async () => {
  const [first, second, third] = [await linked(), await linked(), await linked()];
  const ids = async () => (await present(alice)).policy.invitations.map(({ id }) => id);
  expect(await ids()).toEqual([first.id, second.id, third.id].sort());
  await room.act(alice, { act: "revoke_link", link: second.id });
  expect(await ids()).toEqual([first.id, third.id].sort());
  await alice.learn(carol.userId);
  for (const { shown, fragment } of [first, third]) {
    const request = asked(carol, await carol.api.askToJoin(shown, fragment));
    expect(await admits(alice, [request])).toMatchObject({ step: "contribution" });
  }
  const request = asked(carol, await carol.api.askToJoin(second.shown, second.fragment));
  expect(await admits(alice, [request])).toEqual({ step: "nobody" });
});

test("P10.2 who asks as nobody may is named, and not looked at again", async () => {
  const link = await linked();
  const honest = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  await alice.learn(carol.userId);
  await alice.learn(bob.userId);
  const another = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  const forgeries: Request[] = [
    { ...honest, key_package: another.key_package },
    { ...honest, signature: another.signature },
    { ...honest, signature: toBase64url(randomBytes(3)) },
    { ...honest, statement: toBase64url(randomBytes(40)) },
    { ...honest, user_id: bob.userId },
    { ...honest, device_id: bob.deviceId },
    asked(carol, await carol.api.askToJoin({ ...link.shown, generation: 3 }, link.fragment)),
  ];
  for (const forged of forgeries) expect(await admits(alice, [forged])).toEqual({ step: "nobody" });
  expect(await problems(alice)).toContain("forged_join");
  expect(await admits(alice, [honest])).toMatchObject({ step: "contribution" });
});

test("P6.9 whoever lacks the keys of several people of a room asks for all of them at once", async () => {
  const link = await linked();
  const dora = await Browser.register(world.service, "dora");
  const requests: Request[] = [];
  for (const person of [carol, dora]) {
    requests.push(asked(person, await person.api.askToJoin(link.shown, link.fragment)));
    await alice.learn(person.userId);
  }
  await room.act(alice, { act: "admit", requests }, [carol, dora]);
  const unknown: [Browser, Browser[]][] = [
    [bob, [carol, dora]],
    [carol, [alice, bob, dora]],
  ];
  for (const [reader, people] of unknown) {
    await room.sync(reader);
    const { needs } = await reader.pull(room.id);
    const asks = needs.flatMap((need) => (need.kind === "account_keys" ? [need.userId] : []));
    expect(asks.toSorted()).toEqual(people.map(({ userId }) => userId).sort());
    for (const { userId } of people) await reader.learn(userId, true);
    await room.sync(reader);
    expect((await reader.api.conversation(room.id)).state).toBe("active");
  }
});

test("P10.2 a link that is none of the room lets nobody in", async () => {
  const link = await linked();
  const request = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  await room.act(alice, { act: "revoke_link", link: link.id });
  await alice.learn(carol.userId);
  expect(await admits(alice, [request])).toEqual({ step: "nobody" });
});

test("P10.2 a link that has expired lets nobody in, and nobody is accused", async () => {
  const link = await linked({ expiry: Date.now() - 1000 });
  const request = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  await alice.learn(carol.userId);
  expect(await admits(alice, [request])).toEqual({ step: "nobody" });
  expect(await problems(alice)).toEqual([]);
});

test("P10.2 a link is used no more often than it says, and a member is not let in twice", async () => {
  const link = await linked({ allowed: 1 });
  const dora = await Browser.register(world.service, "dora");
  const requests: Request[] = [];
  for (const person of [bob, carol, dora]) {
    requests.push(asked(person, await person.api.askToJoin(link.shown, link.fragment)));
    await alice.learn(person.userId);
  }
  await room.act(alice, { act: "admit", requests }, [carol]);
  expect((await present(alice)).policy.invitations).toMatchObject([{ used: 1, allowed: 1 }]);
  expect(leavesOf((await insider(alice, room.id)).state.ratchetTree).map(({ userId }) => userId)).not.toContain(
    dora.userId,
  );
  expect(await problems(alice)).toEqual([]);
});

test("P10.2 links are made by who may invite, and shown again by the browser that made them", async () => {
  const link = await linked();
  await room.sync(bob);
  await expect(bob.api.newLink(room.id, { expiry: Date.now() + HOUR, allowed: 1 })).rejects.toThrow("not_allowed");
  expect((await alice.api.linkAgain(link.id))?.fragment).toBe(link.fragment);
  expect(await bob.api.linkAgain(link.id)).toBeNull();
  await expect(alice.api.beginRoomAct(room.id, { act: "make_link", link: room.id })).rejects.toThrow("bad_link");
  const { code } = (await alice.api.linkAgain(link.id))!;
  await carol.api.askToJoin(link.shown, link.fragment);
  expect([await carol.api.askedByCode(code), await carol.api.askedByCode("AAAA")]).toEqual([room.id, null]);
  await carol.api.forgetJoin(room.id);
  await carol.api.forgetJoin(room.id);
  expect(await carol.api.askedByCode(code)).toBeNull();
});

test("P10.2 an address that was cut or changed on its way asks for nothing", async () => {
  const { shown, fragment } = await linked();
  expect(isFragment(fragment)).toBe(true);
  for (const wrong of ["", "not an address", fragment.slice(2)]) {
    expect(isFragment(wrong)).toBe(false);
    await expect(carol.api.askToJoin(shown, wrong)).rejects.toThrow("bad_link");
  }
});

test("P10.2 a member that takes the keys of welcomes away from a link is refused", async () => {
  await linked();
  await room.sync(bob);
  const after = { ...(await present(bob)), welcomeKeys: [randomBytes(32)] };
  const extensions = [{ extensionType: EXTENSION.state, extensionData: encodeRoomState(after) }];
  const proposals = [{ proposalType: "group_context_extensions" as const, groupContextExtensions: { extensions } }];
  await postCommit(bob, room.id, await forgeCommit(bob, room.id, { proposals }));
  await room.sync(alice);
  expect(await problems(alice)).toEqual(["bad_room_state"]);
});

test("P10.1 somebody is invited with their own key packages, and with keys that are known", async () => {
  const invite = (items: Pick<Request, "user_id" | "device_id" | "key_package">[]) =>
    alice.api.beginRoomAct(room.id, { act: "invite", userId: carol.userId, packages: { items } });
  const [key_package] = (await carol.api.keyPackages({ count: 1, lastResort: false, time: new Date().toISOString() }))
    .key_packages;
  const own = { user_id: carol.userId, device_id: carol.deviceId, key_package: key_package! };
  await expect(invite([{ ...own, user_id: bob.userId }])).rejects.toThrow("missing_device_package");
  expect(await invite([own])).toMatchObject({ step: "account_keys" });
  await alice.learn(carol.userId);
  expect(await invite([own])).toMatchObject({ step: "contribution" });
});

/** Bob's commit that adds carol in these words, by this link; the server checks nothing. */
async function letsIn(link: Id, admission: Admission, keyPackage: string): Promise<void> {
  const before = await present(bob);
  const policy = { ...before.policy, invitations: counted(before.policy, new Map([[carol.userId, link]])) };
  const after = { ...before, policy };
  const added = decodePackage(fromBase64url(keyPackage));
  const extensions = [{ extensionType: EXTENSION.state, extensionData: encodeRoomState(after) }];
  const forged = await forgeCommit(bob, room.id, {
    proposals: [
      { proposalType: "add", add: { keyPackage: added } },
      { proposalType: "group_context_extensions", groupContextExtensions: { extensions } },
    ],
    details: { added: [carol.sender], room: await changeBetween(before, after, { admissions: [admission] }) },
    after: [
      ...leavesOf((await insider(bob, room.id)).state.ratchetTree),
      { ...carol.sender, publicKey: added.leafNode.signaturePublicKey },
    ],
  });
  await postCommit(bob, room.id, forged);
}

test.each<[string, (honest: Request, another: Request) => Partial<Request>, string | null]>([
  ["as they asked", () => ({}), null],
  [
    "with another key package than was signed for",
    (_, another) => ({ key_package: another.key_package }),
    "forged_join",
  ],
  ["in words that the link’s key did not sign", (_, another) => ({ signature: another.signature }), "forged_join"],
  ["in no words at all", () => ({ statement: "" }), "forged_join"],
])("P10.2 a member that lets somebody in %s: the others judge by their words", async (_, change, code) => {
  const link = await linked();
  const honest = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  const another = asked(carol, await carol.api.askToJoin(link.shown, link.fragment));
  await alice.learn(carol.userId);
  await room.sync(bob);
  const { statement, signature, key_package } = { ...honest, ...change(honest, another) };
  await letsIn(link.id, { statement: fromBase64url(statement), signature: fromBase64url(signature) }, key_package);
  await room.sync(alice);
  expect(await problems(alice)).toEqual(code === null ? [] : [code]);
  expect((await alice.api.conversation(room.id)).state).toBe(code === null ? "active" : "lost");
});

test.each<[string, () => Evidence, string | null]>([
  ["nobody’s", () => ({ ...nothing, deviceId: carol.deviceId }), "bad_room_state"],
  [
    "what they never said",
    () => ({ ...nothing, deviceId: alice.deviceId, statement: randomBytes(9) }),
    "forged_request",
  ],
  ["a list that does not revoke them", () => ({ ...nothing, deviceId: alice.deviceId }), null],
])("P10.1 a member that removes another with %s as evidence is not followed", async (_, evidence, code) => {
  const { state } = await insider(bob, room.id);
  const leaves = leavesOf(state.ratchetTree);
  const owner = leaves.find(({ userId }) => userId === alice.userId)!;
  const before = await present(bob);
  const forged = await forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "remove", remove: { removed: owner.index } }],
    details: { removed: [alice.sender], room: await changeBetween(before, before, { evidence: [evidence()] }) },
    after: leaves.filter((leaf) => leaf !== owner),
  });
  await postCommit(bob, room.id, forged);
  await room.sync(alice);
  if (code === null) expect((await alice.api.conversation(room.id)).state).not.toBe("left");
  else expect(await problems(alice)).toContain(code);
});

const nothing = { statement: new Uint8Array(), signature: new Uint8Array() };
