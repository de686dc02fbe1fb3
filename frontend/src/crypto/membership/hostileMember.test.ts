/**
 * PROTOCOL.md 6, 7 and 10: what one member's changed program does to a room of three. Whatever the server lets pass, each of the
 * other two refuses it by itself, names the member, and stays where it was.
 */

import "fake-indexeddb/auto";
import type { Proposal } from "ts-mls";
import { beforeAll, describe, expect, test } from "vitest";
import type { ProblemCode } from "../failures";
import { roomStateOf } from "../mls/group";
import { makeKeyPackage } from "../mls/keyPackages";
import { changeBetween, encodeProfile, encodeRoomState, type Invitation, type RoomState } from "../mls/roomState";
import { type Leaf, leavesOf } from "../mls/roster";
import { deviceSuite, type DeviceRef, EXTENSION } from "../mls/suite";
import { concat, randomBytes, uuidv7 } from "../primitives/bytes";
import { toBase64url, uuidBytes } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner, type Signer } from "../primitives/hybrid";
import { mlKemPublicKey } from "../statements/contribution";
import {
  forgeCommit,
  forgeMessage,
  forgeProposal,
  type Forgery,
  insider,
  postCommit,
  postMessage,
} from "../testing/attacker";
import { Browser, twoPeople, type World } from "../testing/browser";
import { contributionPsk } from "../testing/contributions";
import { TestRoom } from "../testing/rooms";

const HOUR = 3_600_000;

let world: World;
let room: TestRoom;
let stranger: Browser;
/** While bob is a moderator, and when he no longer is. */
let inOffice: () => Promise<[Browser, Browser, Browser]>;
let dismissed: typeof inOffice;
/** What bob's program kept from the time when he was a moderator. */
let late: Forged;

let alice: Browser;
let bob: Browser;
let carol: Browser;

beforeAll(async () => {
  world = await twoPeople();
  [alice, bob] = [world.alice, world.bob];
  carol = await Browser.register(world.service, "carol");
  stranger = await Browser.register(world.service, "mallory");
  for (const one of [alice, bob, carol]) {
    for (const other of [alice, bob, carol]) if (other !== one) await one.meet(other);
  }
  room = await TestRoom.open(world, carol);
  await room.act(alice, { act: "role", userId: bob.userId, role: "moderator" });
  const { request } = await alice.api.newLink(room.id, { expiry: Date.now() + HOUR, allowed: 2 });
  await room.act(alice, { act: "make_link", link: request.link_id });
  for (const person of [bob, carol]) await room.sync(person);
  inOffice = await room.keep(alice, bob, carol);
  late = await renaming(await present(bob));
  await room.act(alice, { act: "role", userId: bob.userId, role: "member" });
  for (const person of [bob, carol]) await room.sync(person);
  dismissed = await room.keep(alice, bob, carol);
}, 120_000);

type Forged = Parameters<typeof postCommit>[2];

const problems = async (browser: Browser) => (await browser.api.conversation(room.id)).problems;

async function present(browser: Browser): Promise<RoomState> {
  const state = roomStateOf((await insider(browser, room.id)).state);
  if (state === null) throw new Error("no room");
  return state;
}

/** Bob's commit of this state, of which the server is told the truth. */
async function declared(before: RoomState, after: RoomState, forgery: Forgery = {}): Promise<Forged> {
  const extensions = [{ extensionType: EXTENSION.state, extensionData: encodeRoomState(after) }];
  const proposal: Proposal = { proposalType: "group_context_extensions", groupContextExtensions: { extensions } };
  const details = { room: await changeBetween(before, after) };
  return forgeCommit(bob, room.id, { proposals: [proposal], details, ...forgery });
}

const renaming = (before: RoomState) =>
  declared(before, {
    ...before,
    profile: encodeProfile({ name: "Mine", topic: "", avatar: new Uint8Array() }),
  });

const withLinks = async (change: (links: Invitation[]) => Invitation[]): Promise<Forged> => {
  const before = await present(bob);
  const { policy } = before;
  const invitations = change(policy.invitations);
  const welcomeKeys = invitations.map((_, at) => before.welcomeKeys[at] ?? randomBytes(32));
  return declared(before, { ...before, policy: { ...policy, invitations }, welcomeKeys });
};

const minted = async (inviter: string): Promise<Invitation> => {
  const { publicKey } = await hybridKeyPair(false);
  return { id: uuidv7(), publicKey, inviter, expiry: Date.now() + HOUR, allowed: 50, used: 0 };
};

async function leaves(): Promise<Leaf[]> {
  return leavesOf((await insider(bob, room.id)).state.ratchetTree);
}

async function removing(person: Browser, say: boolean): Promise<Forged> {
  const all = await leaves();
  const { index } = all.find(({ deviceId }) => deviceId === person.deviceId)!;
  return forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "remove", remove: { removed: index } }],
    details: say ? { removed: [person.sender] } : {},
    after: all.filter((leaf) => leaf.index !== index),
  });
}

/** A commit that adds a device with this key and says so. */
async function adding(device: DeviceRef, signer: Signer): Promise<Forged> {
  const { publicPackage } = await makeKeyPackage(await deviceSuite(signer), device);
  return forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "add", add: { keyPackage: publicPackage } }],
    details: { added: [device] },
    after: [...(await leaves()), { ...device, publicKey: signer.publicKey }],
  });
}

async function fresh(): Promise<HybridSigner> {
  const { publicKey, secret } = await hybridKeyPair(false);
  return new HybridSigner(publicKey, secret);
}

/** A commit that puts this device on bob's leaf. */
const swappingTo = ({ userId, deviceId }: DeviceRef, signer: Signer): Promise<Forged> => {
  const identity = concat(uuidBytes(userId), uuidBytes(deviceId));
  return forgeCommit(bob, room.id, { leaf: { userId, deviceId, signer, identity } });
};

const signerOf = async (person: Browser): Promise<Signer> => {
  const inside = await person.inside();
  const { signer } = await inside.suite();
  inside.store.close();
  return signer;
};

const authenticator = async (browser: Browser) =>
  toBase64url((await insider(browser, room.id)).state.keySchedule.epochAuthenticator);

/** Alice and carol each name bob with this, and their groups are where they were. */
async function refused(code: ProblemCode, state: "lost" | "active"): Promise<void> {
  for (const browser of [alice, carol]) {
    const before = await authenticator(browser);
    await room.sync(browser);
    expect(await problems(browser), browser.username).toMatchObject([{ code, userId: bob.userId }]);
    expect((await browser.api.conversation(room.id)).state).toBe(state);
    expect(await authenticator(browser)).toBe(before);
  }
}

describe("a moderator", () => {
  async function swapped(): Promise<Forged> {
    return swappingTo({ userId: bob.userId, deviceId: uuidv7() }, await fresh());
  }

  async function swappedForStranger(): Promise<Forged> {
    return swappingTo(stranger.sender, await signerOf(stranger));
  }

  async function doubled(): Promise<Forged> {
    return swappingTo(bob.sender, await signerOf(carol));
  }

  const onlyDeclared = () => forgeCommit(bob, room.id, { details: { removed: [carol.sender] } });

  async function linkOfAnother(): Promise<Forged> {
    const link = await minted(alice.userId);
    return withLinks((links) => [...links, link]);
  }

  const linkProlonged = () => withLinks((links) => links.map((link) => ({ ...link, expiry: link.expiry + HOUR })));

  const linkRaised = () => withLinks((links) => links.map((link) => ({ ...link, allowed: link.allowed + 1 })));

  async function stopping(): Promise<Forged> {
    const cipherSuite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519" as const;
    const reinit = { groupId: randomBytes(20), version: "mls10" as const, cipherSuite, extensions: [] };
    return forgeCommit(bob, room.id, { proposals: [{ proposalType: "reinit", reinit }] });
  }

  const pathless = () =>
    forgeCommit(bob, room.id, {
      proposals: [
        {
          proposalType: "psk",
          psk: { preSharedKeyId: { psktype: "external", pskId: randomBytes(32), pskNonce: randomBytes(64) } },
        },
      ],
      forcePath: false,
      psks: { findPsk: () => randomBytes(32) },
    });

  const otherRoster = () => forgeCommit(bob, room.id, { details: { rosterHash: randomBytes(32) } });

  const acts: [string, ProblemCode, () => Promise<Forged>][] = [
    ["P6.4 swaps its leaf for another device of its own", "roster_leaf_swapped", swapped],
    ["P6.4 swaps its leaf for a stranger’s", "roster_leaf_swapped", swappedForStranger],
    ["P6.4 takes another member’s key for its own", "roster_doubled_key", doubled],
    ["P6.5 declares a removal that it does not commit", "commit_details_mismatch", onlyDeclared],
    ["P6.5 commits a removal that it does not declare", "commit_details_mismatch", () => removing(carol, false)],
    ["P10.1 removes the owner", "role_missing", () => removing(alice, true)],
    ["P10.2 makes a link in another’s name", "role_missing", linkOfAnother],
    ["P10.2 makes a link last longer than its maker said", "role_missing", linkProlonged],
    ["P10.2 raises how often another’s link may be used", "role_missing", linkRaised],
    ["P6.6 stops the group for good", "commit_forbidden_proposal", stopping],
    ["P6.3 commits without healing anything", "commit_without_path", pathless],
    ["P6.6 commits for all to read", "bad_message", () => forgeCommit(bob, room.id, { publicMessage: true })],
    ["P6.5 poisons the epoch with another roster", "roster_mismatch", otherRoster],
  ];

  test.each(acts)("%s: both others refuse it and name its author", async (_, code, act) => {
    [alice, bob, carol] = await inOffice();
    await postCommit(bob, room.id, await act());
    await refused(code, "lost");
  });
});

test("P7.1 a member who shares new keys with a device outside: both others refuse it and name its author", async () => {
  [alice, bob, carol] = await inOffice();
  const { epoch } = (await insider(bob, room.id)).state.groupContext;
  const recipients = [alice, bob, carol].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
  const request = { recipients, nonce: toBase64url(randomBytes(32)), generation: 0, epoch: Number(epoch) };
  const ghost = { deviceId: stranger.deviceId, key: mlKemPublicKey(randomBytes(64)) };
  const contribution = await world.service.establish(room.id, { ...request, purpose: "rotate" }, { ghosts: [ghost] });
  const psk = await contributionPsk(bob, contribution);
  const preSharedKeyId = { psktype: "external" as const, pskId: psk.id, pskNonce: randomBytes(64) };
  const forged = await forgeCommit(bob, room.id, {
    proposals: [{ proposalType: "psk", psk: { preSharedKeyId } }],
    psks: { findPsk: () => psk.secret },
    details: { contributionId: psk.id },
  });
  await postCommit(bob, room.id, forged, contribution);
  await refused("ghost_recipient", "lost");
});

test.each<[string, () => Promise<Forged>]>([
  ["P10.1 renames the room", async () => renaming(await present(bob))],
  ["P10.1 removes somebody", () => removing(carol, true)],
  [
    "P10.2 makes an invitation link",
    async () => {
      const link = await minted(bob.userId);
      return withLinks((links) => [...links, link]);
    },
  ],
  ["P10.2 revokes another’s link", () => withLinks(() => [])],
  ["P10.1 lets somebody in", async () => adding(stranger.sender, await signerOf(stranger))],
])("a member who is no moderator any more and %s: both others refuse it and name its author", async (_, act) => {
  [alice, bob, carol] = await dismissed();
  await postCommit(bob, room.id, await act());
  await refused("role_missing", "lost");
});

test("P6.1 what a moderator committed in the epoch before it lost its role comes too late: named, and nothing changes", async () => {
  [alice, bob, carol] = await dismissed();
  await world.service.append(room.id, bob.sender, "commit", late.clientId, late.commit, late.epoch);
  await refused("commit_wrong_epoch", "active");
  expect((await carol.api.conversation(room.id)).room?.name).toBe("Harbour");
});

test("P6.6 a proposal that stands alone puts nobody out and blocks nobody", async () => {
  [alice, bob, carol] = await inOffice();
  const { index } = (await leaves()).find(({ deviceId }) => deviceId === carol.deviceId)!;
  const alone = await forgeProposal(bob, room.id, { proposalType: "remove", remove: { removed: index } });
  await postMessage(bob, room.id, alone);
  await refused("bad_message", "active");
  await carol.send(room.id, "still talking");
  await room.sync(alice);
  expect(await alice.texts(room.id)).toEqual(["still talking"]);
});

test("P5.7 a member writes under nobody else’s name, whoever the server says it was", async () => {
  [alice, bob, carol] = await inOffice();
  const forged = await forgeMessage(bob, room.id);
  await world.service.append(room.id, carol.sender, "message", forged.clientId, forged.message);
  await room.sync(alice);
  expect(await problems(alice)).toMatchObject([{ code: "sender_mismatch" }]);
  await room.sync(carol);
  expect(await problems(carol)).toMatchObject([{ code: "forged_own_row" }]);
  for (const browser of [alice, carol]) expect(await browser.texts(room.id)).toEqual([]);
});
