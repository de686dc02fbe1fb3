/** PROTOCOL.md 4.1, 6.7 and 6.9: false welcomes, each made by a person who really was to found the group. */

import "fake-indexeddb/auto";
import { createCommit, createGroup, encodeMlsMessage, type Extension, type KeyPackage } from "ts-mls";
import { beforeEach, expect, test } from "vitest";
import { decodePackage, makeKeyPackage } from "../mls/keyPackages";
import { encodeWelcome } from "../mls/message";
import { encodeSessionState } from "../mls/sharedState";
import { clientConfig, type DeviceRef, deviceSuite, EXTENSION, groupIdOf } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, msToTime, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { mlKemPublicKey } from "../statements/contribution";
import { another, Browser, twoPeople } from "../testing/browser";
import { contributionPsk } from "../testing/contributions";
import type { FakeService } from "../testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await another(world));
});

const everybody = { validateCredential: () => Promise.resolve(true) };

interface Lie {
  groupId?: Uint8Array;
  extensions?: Extension[];
  /** Further leaves. */
  more?: (DeviceRef & { keyPackage: KeyPackage })[];
  /** Lets an epoch pass that no row tells of. */
  late?: boolean;
  withoutAnchor?: boolean;
  /** Where the founder claims to stand in the log. */
  anchor?: Uint8Array;
  /** On the way, somebody changes its sealed part. */
  tampered?: boolean;
  psk?: boolean;
  /** Who gets a part of the contribution without sitting in the group. */
  ghost?: boolean;
  /** Who is said to have sent it. */
  sender?: DeviceRef;
  founder?: Browser;
}

/** Bob founds the group with Alice, honestly but for the lie, and the server hands it on. */
async function found(lie: Lie = {}): Promise<void> {
  const founder = lie.founder ?? bob;
  const room = await founder.inside();
  const suite = await room.suite();
  const own = await makeKeyPackage(suite, room.device);
  room.store.close();
  const { items } = service.claim(id, founder.sender);
  const packages = items
    .filter(({ device_id }) => device_id === alice.deviceId)
    .map(({ key_package }) => decodePackage(fromBase64url(key_package)));
  const recipients = [alice, founder].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
  const ghosts = (lie.more ?? []).map(({ deviceId }) => ({ deviceId, key: service.mlKemKey(deviceId) }));
  if (lie.ghost) ghosts.push({ deviceId: uuidv7(), key: mlKemPublicKey(randomBytes(64)) });
  const request = { recipients, nonce: toBase64url(randomBytes(32)), generation: 0, epoch: 0 };
  const contribution = await service.establish(id, { ...request, purpose: "found" }, { ghosts });
  const psk = await contributionPsk(founder, contribution);
  const preSharedKeyId = { psktype: "external" as const, pskId: psk.id, pskNonce: randomBytes(64) };
  const adds = [...packages, ...(lie.more ?? []).map(({ keyPackage }) => keyPackage)];
  const groupId = lie.groupId ?? groupIdOf(id, 0);
  const first = await createGroup(
    groupId,
    own.publicPackage,
    own.privatePackage,
    lie.extensions ?? [],
    suite.cs,
    clientConfig(everybody),
  );
  const alone = { state: first, cipherSuite: suite.cs, pskIndex: { findPsk: () => psk.secret } };
  const state = lie.late ? (await createCommit(alone, { forcePath: true })).newState : first;
  const anchor = lie.anchor ?? fields(0, fromBase64url(service.conversation(id).session.chain_0));
  const made = await createCommit(
    { ...alone, state },
    {
      extraProposals: [
        ...adds.map((keyPackage) => ({ proposalType: "add" as const, add: { keyPackage } })),
        ...(lie.psk === false ? [] : [{ proposalType: "psk" as const, psk: { preSharedKeyId } }]),
      ],
      ratchetTreeExtension: true,
      groupInfoExtensions: lie.withoutAnchor ? [] : [{ extensionType: EXTENSION.logAnchor, extensionData: anchor }],
      forcePath: true,
    },
  );
  if (lie.tampered) made.welcome!.encryptedGroupInfo[0]! ^= 1;
  await service.commit(id, lie.sender ?? founder.sender, {
    client_id: uuidv7(),
    generation: 0,
    epoch: 0,
    commit: toBase64url(encodeMlsMessage(made.commit)),
    welcomes: [toBase64url(encodeWelcome(made.welcome!))],
    contribution,
  });
}

async function expectRefused(code: string): Promise<void> {
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual([code]);
  expect((await alice.api.conversation(id)).state).toBe("lost");
}

/** Somebody's device, with a key of the attacker. */
async function impostor(device: DeviceRef) {
  const pair = await hybridKeyPair(false);
  const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const { userId, deviceId } = device;
  return { userId, deviceId, keyPackage: (await makeKeyPackage(suite, device)).publicPackage };
}

test("the welcome that these tests start from is taken", async () => {
  await found();
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual([]);
  expect((await alice.api.conversation(id)).state).toBe("active");
});

test("P6.7 a welcome to another group is refused", async () => {
  await found({ groupId: groupIdOf(uuidv7(), 0) });
  await expectRefused("bad_welcome");
});

test("P6.7 a welcome to another epoch than its row's is refused", async () => {
  await found({ late: true });
  await expectRefused("bad_welcome");
});

test("P6.6 a welcome to a group with extensions of its own is refused", async () => {
  await found({ extensions: [{ extensionType: EXTENSION.generation, extensionData: new Uint8Array(32) }] });
  await expectRefused("bad_welcome");
});

test("P10.3 a welcome to a session with a time that nobody could have set yet, or that is none, is refused", async () => {
  const state = (extensionData: Uint8Array) => ({ extensions: [{ extensionType: EXTENSION.state, extensionData }] });
  await found(state(encodeSessionState({ timer: 60 })));
  await expectRefused("bad_welcome");
  ({ alice, bob, service, id } = await another(world));
  await found(state(new Uint8Array(1)));
  await expectRefused("bad_room_state");
});

test("P5.3 a welcome without a log anchor is refused", async () => {
  await found({ withoutAnchor: true });
  await expectRefused("bad_welcome");
});

test("P5.3 a welcome whose anchor lies ahead of its row, or cannot be read, is refused", async () => {
  await found({ anchor: fields(7, new Uint8Array(32)) });
  await expectRefused("anchor_mismatch");
  ({ alice, bob, service, id } = await another(world));
  await found({ anchor: randomBytes(20) });
  await expectRefused("bad_welcome");
});

test("P6.7 a welcome that was changed on the way does not open", async () => {
  await found({ tampered: true });
  await expectRefused("bad_welcome");
});

test("P3.6 P6.7 a welcome for the last resort is taken, and the last resort is kept", async () => {
  const { last_resort } = await alice.api.keyPackages({ count: 0, lastResort: true, time: msToTime(Date.now()) });
  service.account(alice.userId).packages.set(alice.deviceId, [last_resort!]);
  const inside = async () => {
    const room = await alice.inside();
    const names = await room.store.names("package/");
    room.store.close();
    return names;
  };
  const before = await inside();
  await found();
  await alice.sync(id);
  expect((await alice.api.conversation(id)).state).toBe("active");
  expect(await inside()).toEqual(before);
});

test("P7.3 a founding that names a contribution and does not use it is refused", async () => {
  await found({ psk: false });
  await expectRefused("commit_psk_mismatch");
});

test("P6.7 a welcome comes from the device that its row names", async () => {
  await found({ sender: { userId: bob.userId, deviceId: uuidv7() } });
  await expectRefused("sender_mismatch");
});

test("P7.1 a ghost among the recipients is refused by who joins", async () => {
  await found({ ghost: true });
  await expectRefused("ghost_recipient");
});

test("P4.1 a welcome to a group of one account's devices alone is refused", async () => {
  const founder = await Browser.signIn(service, alice.username, alice.userId);
  await alice.learn(alice.userId);
  await found({ founder });
  await expectRefused("bad_welcome");
});

test("P4.1 a welcome to a group with a third person is refused", async () => {
  const carol = await Browser.register(service, "carol");
  const room = await carol.inside();
  const keyPackage = (await makeKeyPackage(await room.suite(), carol.sender)).publicPackage;
  room.store.close();
  await alice.learn(carol.userId);
  await found({ more: [{ ...carol.sender, keyPackage }] });
  await expectRefused("bad_welcome");
});

test("P6.9 a certified device's name on another key is refused", async () => {
  const second = await Browser.signIn(service, bob.username, bob.userId);
  service.account(bob.userId).packages.delete(second.deviceId);
  await alice.learn(bob.userId);
  await found({ more: [await impostor(second.sender)] });
  await expectRefused("bad_welcome");
});

test("P6.7 a welcome that is held back can be opened when what was missing has come", async () => {
  const genuine = service.keys(bob.userId);
  const without = await alice.tampered(`person/${bob.userId}`, (record) => {
    record.devices = Object.fromEntries(
      Object.entries(record.devices as Record<string, object>).map(([name, device]) => [
        name,
        { ...device, mlKem: [] },
      ]),
    );
  });
  await found();
  await without.api.learnSession(service.sessionFor(id, alice.userId));
  expect((await without.pull(id)).needs).toMatchObject([{ kind: "account_keys", userId: bob.userId }]);
  await without.api.learnKeys(genuine);
  const received = await without.pull(id);
  expect(received.conversation).toMatchObject({ state: "active", problems: [] });
});
