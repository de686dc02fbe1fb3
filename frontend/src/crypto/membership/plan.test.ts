/** PROTOCOL.md 4.1, 6.2, 7.1, 8.4: a commit is planned only on what this browser verified, and made only on what it planned. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { uuidv7 } from "../primitives/bytes";
import { type Browser, established, twoPeople } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

async function rotation(browser: Browser) {
  const step = await browser.api.beginRotation(id);
  if (step.step !== "contribution") throw new Error("keys are missing");
  return service.establish(id, step.request);
}

test("P6.2 while a commit waits for its answer no other is due, begun or founded", async () => {
  await alice.prepareRotation(id);
  expect(await alice.api.dueCommit(id)).toBeNull();
  expect(await refusal(alice.api.beginRotation(id))).toBe("out_of_order");
  expect(await refusal(alice.api.beginFounding(id, { items: [] }))).toBe("out_of_order");
});

test("P4.1 a conversation that has a group is not founded again", async () => {
  expect(await refusal(alice.api.beginFounding(id, service.claim(id, alice.sender)))).toBe("not_active");
});

test("P6.2 what was planned is made once, and not when another commit came meanwhile", async () => {
  expect(await refusal(alice.api.finishCommit(id, null))).toBe("nothing_pending");
  const contribution = await rotation(alice);
  await bob.rotate(id);
  await alice.sync(id);
  expect(await refusal(alice.api.finishCommit(id, contribution))).toBe("epoch_passed");
  expect(await refusal(alice.api.finishCommit(id, contribution))).toBe("nothing_pending");
  expect(await alice.api.pendingCommit(id)).toBeNull();
});

test("P7.1 P11.2 without the notary's key no contribution is used, whoever made the commit", async () => {
  alice = await alice.tampered("self", (self) => {
    self.notary = null;
  });
  await alice.sync(id);
  expect(await refusal(rotation(alice).then((made) => alice.api.finishCommit(id, made)))).toBe("notary_unknown");
  await bob.rotate(id);
  expect(await refusal(alice.sync(id))).toBe("notary_unknown");
  // Nothing was lost: with the key it is followed.
  await alice.api.learnConfig(await service.config());
  await alice.sync(id);
  expect(await alice.api.conversation(id)).toMatchObject({ state: "active", problems: [] });
});

test.each<[string, (keys: ReturnType<FakeService["keys"]>) => ReturnType<FakeService["keys"]>]>([
  ["a device's certificate", (keys) => ({ ...keys, devices: [] })],
  ["a device's ML-KEM key", (keys) => ({ ...keys, devices: keys.devices.map((each) => ({ ...each, ml_kem: null })) })],
  ["every device", (keys) => ({ ...keys, lists: [], devices: [] })],
])("P4.1 P7.1 a server that keeps back %s is asked for it, and nothing is founded", async (_name, kept) => {
  const { alice: anna, bob: ben, service: other } = await twoPeople(["anna", "ben"]);
  const fresh = await anna.tampered(`person/${ben.userId}`, (person) => {
    Object.assign(person, { listed: {}, listVersion: 0, listHashes: {}, devices: {} });
  });
  const { session } = await other.open(anna.userId, ben.userId);
  await fresh.api.learnKeys(kept(other.keys(ben.userId)));
  await fresh.sync(session.id);
  const packages = other.claim(session.id, fresh.sender);
  const step = await fresh.api.beginFounding(session.id, packages);
  expect(step).toMatchObject({ step: "account_keys", needs: [{ userId: anna.userId }, { userId: ben.userId }] });
  await fresh.api.learnKeys(other.keys(ben.userId));
  expect((await fresh.api.beginFounding(session.id, packages)).step).toBe("contribution");
});

test("P4.1 a person whose keys were never served is no reason to found anything", async () => {
  const carol = uuidv7();
  service.register({ ...service.account(bob.userId).registration, user_id: carol, username: "carol" });
  await alice.api.agree({ userId: carol, username: "carol" });
  const { session } = await service.open(alice.userId, carol);
  await alice.sync(session.id);
  const step = await alice.api.beginFounding(session.id, { items: [] });
  expect(step).toMatchObject({ step: "account_keys", needs: [{}, { userId: carol, since: 0 }] });
  expect(await refusal(alice.api.markVerified(carol, null))).toBe("keys_missing");
});
