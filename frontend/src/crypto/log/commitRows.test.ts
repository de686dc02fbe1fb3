/** PROTOCOL.md 5.7, 6.2, 6.8, 6.9, 7.1: rows of commits that a server hands on under false terms. */

import "fake-indexeddb/auto";
import type { Proposal } from "ts-mls";
import { beforeEach, expect, test, vi } from "vitest";
import { failureCode } from "../failures";
import { makeKeyPackage } from "../mls/keyPackages";
import { leavesOf } from "../mls/roster";
import { deviceSuite } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { forgeCommit, insider, postCommit } from "../testing/attacker";
import { Browser, established, twoPeople } from "../testing/browser";
import { contributionPsk } from "../testing/contributions";
import type { FakeService } from "../testing/fakeService";
import type { WireContributionRequest } from "../wire";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

async function expectLost(code: string): Promise<void> {
  await bob.sync(id);
  expect(await bob.problems(id)).toEqual([code]);
  expect((await bob.api.conversation(id)).state).toBe("lost");
}

const refusal = async (call: Promise<unknown>) =>
  call.then(
    () => "none",
    (error: unknown) => failureCode(error),
  );

async function authenticator({ api }: Browser): Promise<string | null> {
  return (await api.details(id)).epochAuthenticator;
}

/** What quantum_service answers to a request of Alice's. */
function drawn(change: Partial<WireContributionRequest> = {}) {
  const recipients = [alice, bob].map(({ deviceId }) => ({ device_id: deviceId, number: 1 }));
  const nonce = toBase64url(randomBytes(32));
  return service.establish(id, { recipients, nonce, generation: 0, epoch: 1, purpose: "rotate", ...change });
}

const external = (pskId: Uint8Array): Proposal => ({
  proposalType: "psk",
  psk: { preSharedKeyId: { psktype: "external", pskId, pskNonce: randomBytes(64) } },
});

test("P6.2 a commit that the server refused and logged all the same is adopted", async () => {
  const first = await alice.prepareRotation(id);
  await alice.api.commitRefused(id, []);
  await alice.prepareRotation(id);
  await alice.api.commitRefused(id, []);
  await service.commit(id, alice.sender, first);
  for (const browser of [alice, bob]) await browser.sync(id);
  expect(await alice.problems(id)).toEqual([]);
  expect(await authenticator(alice)).toBe(await authenticator(bob));
  const room = await alice.inside();
  expect(await room.store.names("pending")).toEqual([]);
  room.store.close();
});

test("P6.2 refused commits do not pile up, and go when another one holds the epoch", async () => {
  const first = await alice.prepareRotation(id, false);
  await alice.api.commitRefused(id, []);
  for (let at = 0; at < 9; at++) {
    await alice.prepareRotation(id, false);
    await alice.api.commitRefused(id, []);
  }
  const room = await alice.inside();
  expect(await room.store.names("pending-mls/")).toHaveLength(8);
  await bob.rotate(id);
  await alice.sync(id);
  expect(await room.store.names("pending")).toEqual([]);
  room.store.close();
  expect(await alice.problems(id)).toEqual([]);
  expect(first.epoch).toBe(1);
});

test("P6.2 another body in this device's name is not its pending commit", async () => {
  await alice.prepareRotation(id);
  const forged = await forgeCommit(bob, id);
  await postCommit(alice, id, forged);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["forged_own_row"]);
  expect((await alice.api.conversation(id)).state).toBe("lost");
});

test("P5.7 the committer is the MLS leaf, not what the row says", async () => {
  const forged = await forgeCommit(alice, id);
  const stranger = { userId: alice.userId, deviceId: uuidv7() };
  await service.append(id, stranger, "commit", forged.clientId, forged.commit, forged.epoch);
  await expectLost("sender_mismatch");
});

test("P5.3 a commit whose body is withheld is named and waited for", async () => {
  await alice.rotate(id);
  await alice.send(id, "behind it");
  const row = service.conversation(id).rows.at(-2)!;
  const { content } = row;
  row.content = null;
  await bob.sync(id);
  expect((await bob.api.conversation(id)).problems).toMatchObject([{ code: "body_missing", seq: row.seq }]);
  expect(await bob.api.conversation(id)).toMatchObject({ state: "active", verifiedSeq: row.seq - 1 });
  row.content = content;
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["behind it"]);
});

test("P10.3 whoever was away for longer than commits are kept is added anew, and reads on", async () => {
  await alice.rotate(id);
  await alice.send(id, "while he was away");
  const row = service.conversation(id).rows.at(-2)!;
  row.content = null;
  vi.useFakeTimers({ now: Date.now() + 8 * 86_400_000, toFake: ["Date"] });
  await bob.sync(id);
  vi.useRealTimers();
  expect(await bob.problems(id)).toEqual([]);
  expect(await bob.api.conversation(id)).toMatchObject({ state: "lost", verifiedSeq: row.seq + 1 });
  await bob.ask(id);
  await alice.sync(id);
  await alice.heal(id);
  for (const browser of [alice, bob]) await browser.sync(id);
  await alice.send(id, "back again");
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["back again"]);
  expect(await authenticator(alice)).toBe(await authenticator(bob));
});

test("P6.8 nothing is taken behind the message that ended the conversation", async () => {
  const message = await alice.api.terminate(id);
  await service.append(id, alice.sender, "terminate", message.client_id, fromBase64url(message.message));
  await bob.sync(id);
  for (const kind of ["message", "commit"]) await service.append(id, alice.sender, kind, uuidv7(), randomBytes(9));
  await bob.sync(id);
  expect((await bob.api.conversation(id)).problems).toMatchObject([
    { code: "log_order", seq: 3 },
    { code: "log_order", seq: 4 },
  ]);
  expect((await bob.api.conversation(id)).state).toBe("terminated");
});

test("P6.8 an own end with another body is named and ends nothing", async () => {
  const { client_id } = await alice.api.terminate(id);
  await service.append(id, alice.sender, "terminate", client_id, (await forgeCommit(bob, id)).commit);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["bad_message"]);
  expect((await alice.api.conversation(id)).state).toBe("active");
});

test("P7.1 a contribution that the commit does not name is refused", async () => {
  await postCommit(alice, id, await forgeCommit(alice, id), await drawn());
  await expectLost("bad_contribution");
});

test("P7.1 a commit that names another contribution than its row has is refused", async () => {
  const psk = await contributionPsk(bob, await drawn());
  const forged = await forgeCommit(alice, id, {
    proposals: [external(psk.id)],
    psks: { findPsk: () => psk.secret },
    details: { contributionId: psk.id },
  });
  await postCommit(alice, id, forged, await drawn());
  await expectLost("bad_contribution");
});

test.each<Partial<WireContributionRequest>>([{ epoch: 2 }, { purpose: "found" }, { generation: 1 }])(
  "P7.1 a contribution for another step is refused: %o",
  async (change) => {
    const contribution = await drawn(change);
    const psk = await contributionPsk(bob, contribution);
    const forged = await forgeCommit(alice, id, {
      proposals: [external(psk.id)],
      psks: { findPsk: () => psk.secret },
      details: { contributionId: psk.id },
    });
    await postCommit(alice, id, forged, contribution);
    await expectLost("bad_contribution");
  },
);

test("P9.1 P3.2 nothing is committed and nothing ended before the log was followed, or under a changed key", async () => {
  await bob.send(id, "while away");
  const again = await alice.reload();
  expect(await refusal(again.api.beginRotation(id))).toBe("not_caught_up");
  expect(await refusal(again.api.terminate(id))).toBe("not_caught_up");
  await again.sync(id);
  const fresh = toBase64url((await hybridKeyPair(false)).publicKey);
  await again.api.learnKeys({ ...service.keys(bob.userId), identity_public_key: fresh });
  expect(await refusal(again.api.beginRotation(id))).toBe("account_key_changed");
  await again.api.learnKeys(service.keys(bob.userId));
  expect(await refusal(again.api.beginRotation(id))).toBe("none");
});

test("P6.7 nobody founds a conversation that the person never agreed to", async () => {
  const { session } = await service.open(alice.userId, bob.userId);
  await bob.sync(session.id);
  await bob.api.withdraw(alice.userId);
  expect(await bob.api.dueCommit(session.id)).toBeNull();
  const packages = service.claim(session.id, bob.sender);
  expect(await refusal(bob.api.beginFounding(session.id, packages))).toBe("not_agreed");
  await bob.api.agree({ userId: alice.userId, username: alice.username });
  expect(await bob.api.dueCommit(session.id)).toBe("founding");
});

// Last: it leaves Alice with a browser that has no key packages.
test("P6.9 a device that is certified under another key is not added", async () => {
  const second = await Browser.signIn(service, alice.username, alice.userId);
  service.account(alice.userId).packages.delete(second.deviceId);
  await bob.learn(alice.userId);
  const pair = await hybridKeyPair(false);
  const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const keyPackage = (await makeKeyPackage(suite, second.sender)).publicPackage;
  const { state } = await insider(alice, id);
  const forged = await forgeCommit(alice, id, {
    proposals: [{ proposalType: "add", add: { keyPackage } }],
    details: { added: [second.sender] },
    after: [...leavesOf(state.ratchetTree), { ...second.sender, publicKey: pair.publicKey }],
  });
  await postCommit(alice, id, forged);
  await expectLost("commit_undecryptable");
});
