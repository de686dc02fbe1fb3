/** Rules of PROTOCOL.md 4.1, 6 and 7: what a member, a server or quantum_service can do to a group, and how it is named. */

import "fake-indexeddb/auto";
import type { Proposal } from "ts-mls";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { type FailureCode, failureCode } from "../failures";
import { createOwnGroup, makeCommit } from "../mls/group";
import { decodePackage, encodePackage, makeKeyPackage } from "../mls/keyPackages";
import { leavesOf } from "../mls/roster";
import { deviceSuite, groupIdOf } from "../mls/suite";
import { concat, randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, msToTime, toBase64url, uuidBytes } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { chainStart } from "../statements/chain";
import { mlKemPublicKey } from "../statements/contribution";
import { forgeCommit, forgeMessage, forgeProposal, insider, postCommit, postMessage } from "../testing/attacker";
import { another, Browser, established, twoPeople, type World } from "../testing/browser";
import { contributionPsk } from "../testing/contributions";
import { ackOf, EpochConflict, type FakeService } from "../testing/fakeService";
import type { WireContributionRequest } from "../wire";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const people = await twoPeople();
const DAY_MS = 24 * 3_600_000;

function use(world: World): void {
  ({ alice, bob, service, id } = world);
}

const refusal = async (call: Promise<unknown>): Promise<FailureCode | "none"> =>
  call.then(
    () => "none",
    (error: unknown) => failureCode(error),
  );

async function authenticators(...browsers: Browser[]): Promise<Set<string | null>> {
  const all = await Promise.all(browsers.map(({ api }) => api.details(id)));
  return new Set(all.map(({ epochAuthenticator }) => epochAuthenticator));
}

/** After an attack on Bob: named, and Bob's group is where it was. */
async function expectRefused(code: string): Promise<void> {
  const before = await authenticators(bob);
  const authenticator = [...before][0];
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual([code]);
  const { state } = await bob.api.conversation(id);
  expect(state).toBe("lost");
  const room = await bob.inside();
  const group = await room.group(room.store.begin(), id);
  room.store.close();
  expect(group && toBase64url(group.keySchedule.epochAuthenticator)).toBe(authenticator);
}

describe("founding", () => {
  beforeEach(async () => use(await another(people)));

  test("P4.1 both found at once: the first wins, the other joins by its welcome", async () => {
    await alice.sync(id);
    await bob.sync(id);
    const hers = await alice.prepareFounding(id);
    const his = await bob.prepareFounding(id);
    await bob.api.commitAccepted(id, await service.commit(id, bob.sender, his));
    await expect(service.commit(id, alice.sender, hers)).rejects.toThrow(EpochConflict);
    await alice.api.commitRefused(id, service.rowsFor(id, alice.sender, 0));
    await bob.sync(id);
    expect(await authenticators(alice, bob)).toHaveLength(1);
    expect(await alice.api.pendingCommit(id)).toBeNull();
    await alice.send(id, "joined");
    await bob.sync(id);
    expect(await bob.texts(id)).toEqual(["joined"]);
  });

  test("P4.1 a certified device that the server leaves out stops the founding", async () => {
    await bob.sync(id);
    expect(await refusal(bob.api.beginFounding(id, { items: [] }))).toBe("missing_device_package");
  });

  test("P4.1 a device that is not in the account's list asks for its keys, and is never added", async () => {
    await bob.sync(id);
    const { items } = service.claim(id, bob.sender);
    const ghost = { ...items[0]!, device_id: uuidv7() };
    const step = await bob.api.beginFounding(id, { items: [...items, ghost] });
    expect(step.step).toBe("account_keys");
  });

  test("P3.6 a key package must be of the certified device, and fit our groups", async () => {
    await bob.sync(id);
    const { items } = service.claim(id, bob.sender);
    const pair = await hybridKeyPair(false);
    const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
    const foreign = encodePackage((await makeKeyPackage(suite, alice.sender)).publicPackage);
    for (const key_package of [toBase64url(foreign), toBase64url(randomBytes(100))]) {
      const served = { items: items.map((item) => ({ ...item, key_package })) };
      expect(await refusal(bob.api.beginFounding(id, served))).toBe("bad_key_package");
    }
  });

  test("P3.6 a clock that is days off adds everybody; one that is weeks off is named", async () => {
    await bob.sync(id);
    for (const days of [-29, 59]) {
      vi.useFakeTimers({ now: Date.now() + days * DAY_MS, toFake: ["Date"] });
      await bob.prepareFounding(id);
      vi.useRealTimers();
      await bob.api.commitRefused(id, []);
    }
    for (const days of [-31, 61]) {
      vi.useFakeTimers({ now: Date.now() + days * DAY_MS, toFake: ["Date"] });
      await expect(bob.prepareFounding(id)).rejects.toThrow("clock_wrong");
      vi.useRealTimers();
    }
  });

  test("P3.6 private halves are deleted when no welcome can be for them any more", async () => {
    const halves = async () => {
      const { store } = await alice.inside();
      const names = await store.names("package/");
      store.close();
      return names.length;
    };
    const before = await halves();
    await alice.api.keyPackages({ count: 1, lastResort: true, time: msToTime(Date.now() - 60 * DAY_MS) });
    await alice.api.forgetOld(msToTime(Date.now() + 29 * DAY_MS));
    expect(await halves()).toBe(before + 2);
    await alice.api.forgetOld(msToTime(Date.now() + 31 * DAY_MS));
    expect(await halves()).toBe(before);
  });

  test("P7.3 a founding commit needs a contribution, for who makes it and for who joins", async () => {
    await bob.sync(id);
    await bob.api.beginFounding(id, service.claim(id, bob.sender));
    expect(await refusal(bob.api.finishCommit(id, null))).toBe("contribution_required");
    const request = await bob.prepareFounding(id);
    await service.commit(id, bob.sender, { ...request, contribution: null });
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["contribution_missing"]);
    expect((await alice.api.conversation(id)).state).toBe("lost");
  });

  test("P7.1 a ghost among the recipients is refused by who founds", async () => {
    await bob.sync(id);
    const step = await bob.api.beginFounding(id, service.claim(id, bob.sender));
    if (step.step !== "contribution") throw new Error(step.step);
    const ghost = { deviceId: uuidv7(), key: mlKemPublicKey(randomBytes(64)) };
    const contribution = await service.establish(id, step.request, { ghosts: [ghost] });
    expect(await refusal(bob.api.finishCommit(id, contribution))).toBe("ghost_recipient");
    expect(await bob.api.pendingCommit(id)).toBeNull();
  });

  test("P7.1 a recipient's key that is not the one it signed is refused by who founds", async () => {
    await bob.sync(id);
    const step = await bob.api.beginFounding(id, service.claim(id, bob.sender));
    if (step.step !== "contribution") throw new Error(step.step);
    const contribution = await service.establish(id, step.request, { swapKeyOf: alice.deviceId });
    expect(await refusal(bob.api.finishCommit(id, contribution))).toBe("ghost_recipient");
  });

  test("P7.1 a contribution for another nonce, epoch or purpose is refused", async () => {
    await bob.sync(id);
    const changes = [
      { nonce: toBase64url(randomBytes(32)) },
      { epoch: 3 },
      { purpose: "rotate" as const },
      { generation: 1 },
    ];
    for (const change of changes) {
      const step = await bob.api.beginFounding(id, service.claim(id, bob.sender));
      if (step.step !== "contribution") throw new Error(step.step);
      const contribution = await service.establish(id, { ...step.request, ...change });
      expect(await refusal(bob.api.finishCommit(id, contribution))).toBe("bad_contribution");
    }
  });

  test("P7.1 a contribution signed by another key is refused by who founds and by who joins", async () => {
    await bob.sync(id);
    const request = await bob.prepareFounding(id);
    const { transcript } = request.contribution!;
    const pair = await hybridKeyPair(false);
    const signature = await new HybridSigner(pair.publicKey, pair.secret).sign(
      "QuantumChat/establish/v1",
      fromBase64url(transcript),
    );
    const contribution = { transcript, signature: toBase64url(signature) };
    await service.commit(id, bob.sender, { ...request, contribution });
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["bad_contribution"]);
  });

  test("P7.2 a part that does not open is named", async () => {
    await bob.sync(id);
    const request = await bob.prepareFounding(id);
    const step = {
      recipients: [],
      nonce: toBase64url(randomBytes(32)),
      generation: 0,
      epoch: 0,
      purpose: "found" as const,
    };
    const recipients = [alice, bob].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
    const contribution = await service.establish(id, { ...step, recipients }, { swapKeyOf: alice.deviceId });
    await service.commit(id, bob.sender, { ...request, contribution });
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["contribution_unreadable"]);
  });

  test("P7.2 another draw than the commit used does not let anybody join", async () => {
    await bob.sync(id);
    const request = await bob.prepareFounding(id);
    const recipients = [alice, bob].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
    const nonce = toBase64url(randomBytes(32));
    const contribution = await service.establish(id, { recipients, nonce, generation: 0, epoch: 0, purpose: "found" });
    await service.commit(id, bob.sender, { ...request, contribution });
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["commit_psk_mismatch"]);
  });

  test("P7.1 a contribution that is shown but not used lets nobody join", async () => {
    await bob.sync(id);
    const honest = await bob.prepareFounding(id);
    const room = await bob.inside();
    const suite = await room.suite();
    room.store.close();
    const group = await createOwnGroup(suite, groupIdOf(id, 0), await makeKeyPackage(suite, bob.sender));
    const keyPackage = decodePackage(fromBase64url(service.claim(id, bob.sender).items[0]!.key_package));
    const anchor = fields(0, fromBase64url(service.conversation(id).session.chain_0));
    const order = {
      contents: { adds: [keyPackage], removed: [] },
      psk: null,
      authenticatedData: randomBytes(8),
      anchor,
      proofs: new Uint8Array(),
    };
    const trusting = { accounts: new Set([alice.userId, bob.userId]), certified: () => "certified" as const };
    const made = await makeCommit(suite, group, order, trusting);
    const body = { ...honest, commit: toBase64url(made.commit), welcomes: [toBase64url(made.welcome!)] };
    await service.commit(id, bob.sender, body);
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["commit_psk_mismatch"]);
  });

  test("P6.7 a welcome to a conversation that was not agreed to is held, until it is", async () => {
    await alice.api.withdraw(bob.userId);
    await bob.found(id);
    const received = await alice.sync(id);
    expect(received.needs).toContainEqual({ kind: "agreement", userId: bob.userId });
    expect(await alice.problems(id)).toEqual(["not_agreed"]);
    expect(received.conversation).toMatchObject({ verifiedSeq: 0, blocked: { reason: "no_group" } });
    await alice.api.agree({ userId: bob.userId, username: bob.username });
    await alice.sync(id);
    expect((await alice.api.conversation(id)).state).toBe("active");
  });

  test("P6.7 each key package is used once", async () => {
    const room = await alice.inside();
    const before = await room.store.names("package/");
    await bob.found(id);
    await alice.sync(id);
    const after = await room.store.names("package/");
    room.store.close();
    expect(after).toHaveLength(before.length - 1);
  });

  test("P5.3 a welcome that starts from another history is refused", async () => {
    await bob.sync(id);
    const request = await bob.prepareFounding(id);
    // Alice is shown a log that begins elsewhere: its first value is not the one that the committer stood on.
    const hers = await chainStart(id, alice.userId, "another server");
    const room = await alice.inside();
    expect(hers).not.toEqual(await chainStart(id, alice.userId, room.self.serverName));
    room.store.close();
    await service.commit(id, bob.sender, request);
    service.conversation(id).session.chain_0 = toBase64url(hers);
    await service.rechain(id, 1);
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["log_fork", "log_fork"]);
    expect((await alice.api.conversation(id)).verifiedSeq).toBe(0);
  });

  test("P5.3 a welcome whose anchor is no place in this log is refused", async () => {
    await bob.sync(id);
    const liar = await bob.tampered(`conversation/${id}`, (record) => {
      record.chain = toBase64url(randomBytes(32));
    });
    await liar.api.learnSession(service.sessionFor(id, liar.userId));
    await service.commit(id, liar.sender, await liar.prepareFounding(id));
    await alice.sync(id);
    expect(await alice.problems(id)).toEqual(["anchor_mismatch"]);
  });

  test("P6.9 a device whose certificate is missing holds the row back, and refuses nothing", async () => {
    const carol = await Browser.register(service, "carol");
    const { session } = await service.open(carol.userId, bob.userId);
    id = session.id;
    await carol.api.agree({ userId: bob.userId, username: bob.username });
    await bob.meet(carol);
    await bob.found(id);
    await carol.api.learnSession(service.sessionFor(id, carol.userId));
    const held = await carol.pull(id);
    expect(held.needs).toEqual([{ kind: "account_keys", userId: bob.userId, since: 0 }]);
    expect(held.conversation.verifiedSeq).toBe(0);
    expect(held.conversation.problems).toEqual([]);
    await carol.learn(bob.userId);
    await carol.sync(id);
    expect((await carol.api.conversation(id)).state).toBe("active");
  });
});

describe("an existing group", () => {
  beforeEach(async () => use(await established(people)));

  test("P6.1 two commits at once: the first wins, the other is dropped, all agree", async () => {
    const hers = await alice.prepareRotation(id);
    const his = await bob.prepareRotation(id);
    await bob.api.commitAccepted(id, await service.commit(id, bob.sender, his));
    await expect(service.commit(id, alice.sender, hers)).rejects.toThrow(EpochConflict);
    await alice.api.commitRefused(id, service.rowsFor(id, alice.sender, 1));
    expect(await authenticators(alice, bob)).toHaveLength(1);
    await alice.send(id, "still here");
    await bob.sync(id);
    expect(await bob.texts(id)).toEqual(["still here"]);
  });

  test("P6.1 a commit that the server took outside its epoch is named, and changes nothing", async () => {
    const late = await forgeCommit(alice, id);
    await bob.rotate(id);
    await service.append(id, alice.sender, "commit", late.clientId, late.commit, late.epoch);
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["commit_wrong_epoch"]);
    expect((await bob.api.conversation(id)).state).toBe("active");
  });

  test("P6.2 a lost answer: the own commit in the log is adopted, also after a restart", async () => {
    const request = await alice.prepareRotation(id);
    await service.commit(id, alice.sender, request);
    const again = await alice.reload();
    expect((await again.api.pendingCommit(id))?.request).toEqual(request);
    await again.sync(id);
    await bob.sync(id);
    expect(await again.api.pendingCommit(id)).toBeNull();
    expect(await authenticators(again, bob)).toHaveLength(1);
  });

  test("P6.2 a pending commit blocks sending, and survives answers that decide nothing", async () => {
    const request = await alice.prepareRotation(id);
    await alice.api.enqueue(id, "waits");
    expect(await alice.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked: { reason: "commit_pending" } });
    await bob.send(id, "in between");
    await alice.sync(id);
    expect((await alice.api.pendingCommit(id))?.request).toEqual(request);
    await alice.api.commitRefused(id, []);
    expect((await alice.api.nextOutgoing(id)).kind).toBe("message");
  });

  test("P6.3 a commit without a path heals nothing and is refused", async () => {
    const psk = randomBytes(32);
    const proposal: Proposal = {
      proposalType: "psk",
      psk: { preSharedKeyId: { psktype: "external", pskId: randomBytes(32), pskNonce: randomBytes(64) } },
    };
    const forged = await forgeCommit(alice, id, {
      proposals: [proposal],
      forcePath: false,
      psks: { findPsk: () => psk },
    });
    await postCommit(alice, id, forged);
    await expectRefused("commit_without_path");
  });

  test("P6.3 every commit changes the committer's HPKE key", async () => {
    const keys = async () => {
      const { state } = await insider(bob, id);
      return leavesOf(state.ratchetTree).map(({ node }) => toBase64url(node.hpkePublicKey));
    };
    const before = await keys();
    await alice.rotate(id, false);
    await bob.sync(id);
    const after = await keys();
    expect(before.filter((key) => !after.includes(key))).toHaveLength(1);
  });

  test("P6.4 somebody else on the committer's leaf is refused", async () => {
    const outsider = await secondDevice(alice);
    const identity = concat(uuidBytes(alice.userId), uuidBytes(outsider.deviceId));
    const leaf = { userId: alice.userId, deviceId: outsider.deviceId, signer: outsider.signer, identity };
    await postCommit(alice, id, await forgeCommit(alice, id, { leaf }));
    await expectRefused("roster_leaf_swapped");
  });

  test("P6.4 a doubled signature key is refused", async () => {
    const { suite } = await insider(bob, id);
    // Bob's browser lends its key to the attack; a third device receives it in real life, here Bob judges it himself.
    const identity = concat(uuidBytes(alice.userId), uuidBytes(alice.deviceId));
    const leaf = { ...alice.sender, signer: suite.signer, identity };
    await postCommit(alice, id, await forgeCommit(alice, id, { leaf }));
    await expectRefused("roster_doubled_key");
  });

  test("P6.5 a commit that says other changes than it makes is refused", async () => {
    const details = { removed: [bob.sender] };
    await postCommit(alice, id, await forgeCommit(alice, id, { details }));
    await expectRefused("commit_details_mismatch");
  });

  test("P6.5 a removal that is not announced is refused", async () => {
    const { state } = await insider(alice, id);
    const leaf = leavesOf(state.ratchetTree).find(({ deviceId }) => deviceId === bob.deviceId)!;
    const after = leavesOf(state.ratchetTree).filter(({ deviceId }) => deviceId !== bob.deviceId);
    const proposals: Proposal[] = [{ proposalType: "remove", remove: { removed: leaf.index } }];
    await postCommit(alice, id, await forgeCommit(alice, id, { proposals, after }));
    await expectRefused("commit_details_mismatch");
  });

  test("P6.5 a roster hash of another roster is refused", async () => {
    await postCommit(alice, id, await forgeCommit(alice, id, { details: { rosterHash: randomBytes(32) } }));
    await expectRefused("roster_mismatch");
  });

  const external = (pskId: Uint8Array): Proposal => ({
    proposalType: "psk",
    psk: { preSharedKeyId: { psktype: "external", pskId, pskNonce: randomBytes(64) } },
  });
  const resumption = (groupId: Uint8Array): Proposal => ({
    proposalType: "psk",
    psk: {
      preSharedKeyId: {
        psktype: "resumption",
        usage: "application",
        pskGroupId: groupId,
        pskEpoch: 1n,
        pskNonce: randomBytes(64),
      },
    },
  });
  const anyPsk = { findPsk: () => randomBytes(32) };

  test.each<[string, () => Proposal[]]>([
    ["ReInit", () => [reinit()]],
    [
      "GroupContextExtensions",
      () => [{ proposalType: "group_context_extensions", groupContextExtensions: { extensions: [] } }],
    ],
    ["a resumption PSK", () => [resumption(randomBytes(20))]],
    ["two PSKs", () => [external(randomBytes(32)), external(randomBytes(32))]],
    ["an unknown type", () => [{ proposalType: 0xf0f0, proposalData: new Uint8Array(3) }]],
  ])("P6.6 a commit with %s is refused", async (_name, proposals) => {
    await postCommit(alice, id, await forgeCommit(alice, id, { proposals: proposals(), psks: anyPsk }));
    await expectRefused("commit_forbidden_proposal");
  });

  function reinit(): Proposal {
    const suite = "MLS_256_XWING_AES256GCM_SHA512_Ed25519" as const;
    return {
      proposalType: "reinit",
      reinit: { groupId: randomBytes(20), version: "mls10", cipherSuite: suite, extensions: [] },
    };
  }

  test("P6.6 the PSK must be the contribution that the commit names", async () => {
    await postCommit(alice, id, await forgeCommit(alice, id, { proposals: [external(randomBytes(32))], psks: anyPsk }));
    await expectRefused("commit_psk_mismatch");
  });

  test("P6.6 adds and removes in one commit are refused", async () => {
    const third = await secondDevice(alice);
    const keyPackage = (await makeKeyPackage(await deviceSuite(third.signer), third)).publicPackage;
    const { state } = await insider(alice, id);
    const removed = leavesOf(state.ratchetTree).find(({ deviceId }) => deviceId === bob.deviceId)!.index;
    const proposals: Proposal[] = [
      { proposalType: "add", add: { keyPackage } },
      { proposalType: "remove", remove: { removed } },
    ];
    await postCommit(alice, id, await forgeCommit(alice, id, { proposals }));
    await expectRefused("commit_mixed");
  });

  test("P6.6 proposals that stand alone are refused and block nobody", async () => {
    const { state } = await insider(alice, id);
    const removed = leavesOf(state.ratchetTree).find(({ deviceId }) => deviceId === bob.deviceId)!.index;
    await postMessage(alice, id, await forgeProposal(alice, id, { proposalType: "remove", remove: { removed } }));
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["bad_message"]);
    await bob.send(id, "still talking");
    await alice.sync(id);
    expect(await alice.texts(id)).toEqual(["still talking"]);
  });

  test("P6.6 a public message is refused, so external commits are", async () => {
    await postCommit(alice, id, await forgeCommit(alice, id, { publicMessage: true }));
    await expectRefused("bad_message");
  });

  test("P4.1 a device of a third account is refused, whatever it shows", async () => {
    const carol = await Browser.register(service, "carla");
    const room = await carol.inside();
    const keyPackage = (await makeKeyPackage(await room.suite(), carol.sender)).publicPackage;
    room.store.close();
    const proposals: Proposal[] = [{ proposalType: "add", add: { keyPackage } }];
    await postCommit(alice, id, await forgeCommit(alice, id, { proposals }));
    await expectRefused("roster_outsider");
  });

  test("P6.7 a second welcome in a generation is refused", async () => {
    const forged = await forgeCommit(alice, id);
    await postCommit(alice, id, forged);
    const rows = service.rowsFor(id, bob.sender, 1);
    rows[0]!.welcomes = [toBase64url(randomBytes(40))];
    await bob.api.receive(id, rows, null, true);
    expect(await bob.problems(id)).toEqual(["unexpected_welcome"]);
  });

  test("P6.8 a commit with a wrong confirmation tag is refused", async () => {
    await postCommit(alice, id, await forgeCommit(alice, id, { badTag: true }));
    await expectRefused("commit_undecryptable");
  });

  test.each([false, true])(
    "P6.8 a removal is tentative: sending stops, history and keys stay (false tag: %s)",
    async (badTag) => {
      await alice.send(id, "before");
      await bob.sync(id);
      const { state } = await insider(alice, id);
      const leaf = leavesOf(state.ratchetTree).find(({ deviceId }) => deviceId === bob.deviceId)!;
      const after = leavesOf(state.ratchetTree).filter(({ deviceId }) => deviceId !== bob.deviceId);
      const proposals: Proposal[] = [{ proposalType: "remove", remove: { removed: leaf.index } }];
      await postCommit(
        alice,
        id,
        await forgeCommit(alice, id, { proposals, after, badTag, details: { removed: [bob.sender] } }),
      );
      const received = await bob.sync(id);
      expect(received.entries).toMatchObject([{ kind: "system", event: "removed_me", userId: alice.userId }]);
      expect(received.conversation).toMatchObject({ state: "removed", blocked: { reason: "lost" } });
      expect(await bob.texts(id)).toEqual(["before"]);
      const kept = async () => {
        const room = await bob.inside();
        const group = await room.group(room.store.begin(), id);
        room.store.close();
        return group !== null;
      };
      for (const [days, still] of [
        [29, true],
        [31, false],
      ] as const) {
        await bob.api.forgetOld(msToTime(Date.now() + days * DAY_MS));
        expect(await kept()).toBe(still);
      }
      expect(await bob.texts(id)).toEqual(["before"]);
    },
  );

  test("P6.8 a log that was closed without a member's message was closed by the server", async () => {
    const session = { ...service.sessionFor(id, bob.userId), state: "terminated", closed_by: "server" };
    const received = await bob.api.learnSession(session);
    expect(received.conversation.problems).toMatchObject([{ code: "closed_by_server" }]);
    const room = await bob.inside();
    expect(await room.group(room.store.begin(), id)).not.toBeNull();
    room.store.close();
  });

  test("P6.8 a member's terminate erases the MLS state on both sides and keeps the history", async () => {
    await alice.send(id, "goodbye");
    await alice.api.enqueue(id, "too late");
    const { client_id, message } = await alice.api.terminate(id);
    await service.append(id, alice.sender, "terminate", client_id, fromBase64url(message));
    for (const browser of [alice, bob]) {
      const received = await browser.sync(id);
      expect(received.conversation).toMatchObject({ state: "terminated", problems: [] });
      expect(received.entries.at(-1)).toMatchObject({ kind: "system", event: "terminated", userId: alice.userId });
      expect(await browser.texts(id)).toContain("goodbye");
      const room = await browser.inside();
      expect(await room.group(room.store.begin(), id)).toBeNull();
      room.store.close();
    }
    expect((await alice.entries(id)).at(-1)).toMatchObject({ text: "too late", state: "failed" });
  });

  test("P7.1 a ghost among the recipients is refused by everybody", async () => {
    const ghost = { deviceId: uuidv7(), key: mlKemPublicKey(randomBytes(64)) };
    await postCommit(...(await commitWith({ ghosts: [ghost] })));
    await expectRefused("ghost_recipient");
  });

  test("P7.1 a recipient with a key that it never signed is refused by everybody", async () => {
    await postCommit(...(await commitWith({ swapKeyOf: alice.deviceId })));
    await expectRefused("ghost_recipient");
  });

  /** An accomplice's commit that uses a contribution for other recipients, and hides nothing else. */
  async function commitWith(lie: Parameters<FakeService["establish"]>[2]): Promise<Parameters<typeof postCommit>> {
    const recipients = [alice, bob].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
    const nonce = toBase64url(randomBytes(32));
    const request = { recipients, nonce, generation: 0, epoch: 1, purpose: "rotate" as const };
    const contribution = await service.establish(id, request, lie);
    const psk = await contributionPsk(bob, contribution);
    const forged = await forgeCommit(alice, id, {
      proposals: [external(psk.id)],
      psks: { findPsk: () => psk.secret },
      details: { contributionId: psk.id },
    });
    return [alice, id, forged, contribution];
  }

  test("P7.3 rotation does not wait for quantum_service, and says so", async () => {
    await alice.rotate(id, false);
    const received = await bob.sync(id);
    expect(received.entries).toMatchObject([{ kind: "system", event: "rotated", contribution: false }]);
    expect((await bob.api.details(id)).contributionMissing).toBe(true);
    await bob.rotate(id);
    await alice.sync(id);
    expect(await alice.api.details(id)).toMatchObject({ contributionMissing: false, lastRotation: { by: bob.userId } });
    expect(await authenticators(alice, bob)).toHaveLength(1);
  });

  test("P7.3 who asks for quantum hardware alone takes no other contribution, and rotates without one", async () => {
    const part = { source: "ibm-quantum", simulated: false, credited_bits: 512 };
    const began = async (): Promise<WireContributionRequest> => {
      const step = await alice.api.beginRotation(id);
      if (step.step !== "contribution") throw new Error(step.step);
      return step.request;
    };
    expect((await began()).require).toBe("any");
    await alice.api.setHardwareOnly(id, true);
    expect(await alice.api.hardwareOnly(id)).toBe(true);
    const receipts = [
      { sources: ["os"] },
      { parts: [{ ...part, simulated: true }] },
      { parts: [{ ...part, credited_bits: 255 }] },
      { parts: [{ ...part, simulated: undefined }] },
      { parts: [null] },
      { parts: part },
      null,
    ];
    for (const receipt of receipts) {
      const request = await began();
      expect(request.require).toBe("hardware");
      const contribution = await service.establish(id, request, { receipt });
      expect(await refusal(alice.api.finishCommit(id, contribution))).toBe("bad_contribution");
    }
    await alice.rotate(id, false);
    expect((await alice.api.details(id)).contributionMissing).toBe(true);
    const good = await service.establish(id, await began(), { receipt: { parts: [part] } });
    const { request } = await alice.api.finishCommit(id, good);
    await alice.api.commitAccepted(id, await service.commit(id, alice.sender, request));
    await bob.sync(id);
    expect(await authenticators(alice, bob)).toHaveLength(1);
    expect(await bob.api.hardwareOnly(id), "it is nobody else's affair").toBe(false);
    await alice.api.setHardwareOnly(id, false);
    expect((await began()).require).toBe("any");
  });

  test("P5.5 a message of the epoch before a plain rotation is taken", async () => {
    const message = await forgeMessage(alice, id, { content: { text: "just before" } });
    await bob.rotate(id);
    await service.append(id, alice.sender, "message", message.clientId, message.message, 1);
    await bob.sync(id);
    expect(await bob.texts(id)).toEqual(["just before"]);
    await bob.rotate(id);
    const late = await forgeMessage(alice, id);
    await service.append(id, alice.sender, "message", late.clientId, late.message, 1);
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["message_of_old_epoch"]);
  });

  test("P5.5 a message of an epoch that the log has not reached is named", async () => {
    const message = await forgeMessage(alice, id);
    await service.append(id, alice.sender, "message", message.clientId, message.message, 9);
    await bob.sync(id);
    expect(await bob.problems(id)).toEqual(["bad_message"]);
  });

  test("P5.5 a stale message is encrypted again under the same id", async () => {
    await alice.api.enqueue(id, "caught between epochs");
    const first = await alice.api.nextOutgoing(id);
    await bob.rotate(id);
    if (first.kind !== "message") throw new Error(first.kind);
    await alice.api.epochStale(id, first.message.client_id);
    await alice.sync(id);
    const second = await alice.api.nextOutgoing(id);
    if (second.kind !== "message") throw new Error(second.kind);
    expect(second.message.client_id).toBe(first.message.client_id);
    expect(second.message.content).not.toBe(first.message.content);
    await alice.api.acknowledged(id, ackOf(await alice.post(id)));
    await bob.sync(id);
    expect(await bob.texts(id)).toEqual(["caught between epochs"]);
  });
});

describe("several browsers of one person", () => {
  test("P6.9 a revoked device stops sending until it is removed, and reads nothing further (P5.5)", async () => {
    use(await twoPeople());
    const second = await Browser.signIn(service, alice.username, alice.userId);
    await second.api.agree({ userId: bob.userId, username: bob.username });
    await second.learn(bob.userId);
    await bob.learn(alice.userId);
    await bob.found(id);
    for (const browser of [alice, second]) await browser.sync(id);
    expect(await authenticators(alice, second, bob)).toHaveLength(1);
    await second.send(id, "from my second browser");
    for (const browser of [alice, bob]) await browser.sync(id);
    expect(await alice.entries(id)).toContainEqual(
      expect.objectContaining({ own: true, senderDeviceId: second.deviceId }),
    );
    const late = await forgeMessage(second, id);

    await alice.revoke(second.deviceId);
    await bob.learn(alice.userId);
    await bob.api.enqueue(id, "only for the others");
    expect(await bob.api.nextOutgoing(id)).toEqual({
      kind: "blocked",
      blocked: { reason: "device_revoked", deviceIds: [second.deviceId] },
    });
    expect(await bob.api.dueCommit(id)).toBe("device_revoked");
    const removal = await bob.prepareRotation(id);
    await bob.api.commitAccepted(id, await service.commit(id, bob.sender, removal, { removed: [second.deviceId] }));
    await bob.api.acknowledged(id, ackOf(await bob.post(id)));
    await service.append(id, second.sender, "message", late.clientId, late.message, 1);

    await alice.learn(alice.userId);
    await alice.sync(id);
    expect((await alice.entries(id)).map((entry) => (entry.kind === "system" ? entry.event : entry.kind))).toEqual([
      "founded",
      "message",
      "device_removed",
      "message",
      "problem",
    ]);
    expect(await alice.problems(id)).toEqual(["message_of_old_epoch"]);
    const { verifiedSeq } = await second.api.conversation(id);
    const received = await second.api.receive(
      id,
      structuredClone(service.conversation(id).rows.slice(verifiedSeq)),
      null,
      true,
    );
    expect(received.conversation.state).toBe("removed");
    expect(await second.texts(id)).toEqual(["from my second browser"]);
  });

  test("P6.9 a conversation that began before this browser is open on the others", async () => {
    use(await twoPeople());
    await bob.found(id);
    await alice.sync(id);
    const third = await Browser.signIn(service, alice.username, alice.userId);
    const received = await third.sync(id);
    expect(received.conversation).toMatchObject({ state: "elsewhere", verifiedSeq: 1, problems: [] });
    await alice.send(id, "not for the third");
    await third.sync(id);
    expect(await third.texts(id)).toEqual([]);
    expect(await third.problems(id)).toEqual([]);
  });
});

/** Another device of a person, certified by the account: its keys, without a browser around them. */
async function secondDevice(person: Browser) {
  const browser = await Browser.signIn(service, person.username, person.userId);
  const room = await browser.inside();
  const { signer } = await room.suite();
  room.store.close();
  // Others must not count it among the devices that later foundings need.
  service.account(person.userId).packages.delete(browser.deviceId);
  service.account(person.userId).keys.lists.pop();
  service.account(person.userId).keys.devices.pop();
  return { userId: person.userId, deviceId: browser.deviceId, signer };
}
