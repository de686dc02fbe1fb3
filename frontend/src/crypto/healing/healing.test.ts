/** PROTOCOL.md 6.7, 7.2, 9.1, 9.2: a device that cannot go on is taken back, and nobody else is because of it. */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { encodePackage, makeKeyPackage } from "../mls/keyPackages";
import { sha256 } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { encodeLostState, type LostState } from "../statements/lostState";
import { forgeMessage, postMessage } from "../testing/attacker";
import { Browser, established, twoPeople } from "../testing/browser";
import type { FakeService, Sender } from "../testing/fakeService";
import type { SystemEntry } from "../types";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

/** A renewal of Alice's whose contribution never reaches Bob: he cannot follow it. */
async function loseBob(): Promise<void> {
  await alice.rotate(id);
  const row = service.conversation(id).rows.at(-1)!;
  const { contribution } = row;
  row.contribution = null;
  await bob.sync(id);
  row.contribution = contribution ?? null;
  expect((await bob.api.conversation(id)).state).toBe("lost");
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

async function events(browser: Browser): Promise<SystemEntry["event"][]> {
  return (await browser.entries(id)).flatMap((entry) => (entry.kind === "system" ? [entry.event] : []));
}

const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

test("P9.2 a device that could not open a commit's contribution asks, is removed and added, and all read on (P7.2)", async () => {
  await alice.send(id, "before");
  await bob.sync(id);
  await loseBob();
  await alice.send(id, "while bob was lost");
  await bob.sync(id);
  expect(await bob.ask(id)).toBe(true);
  await alice.heal(id);
  await bob.sync(id);
  await talk(alice, bob);

  expect(await bob.texts(id)).toContain("before");
  expect(await bob.texts(id)).not.toContain("while bob was lost");
  const back = (await bob.entries(id)).find((entry) => entry.kind === "system" && entry.event === "readded_here");
  expect(back).toMatchObject({ userId: alice.userId, missed: 1 });
  expect(await events(bob)).toEqual(["founded", "lost_here", "readded_here"]);
  expect(await events(alice)).toEqual(["founded", "rotated", "device_lost", "device_readded"]);
  // What stood in the way is over; the timeline keeps its line.
  expect(await bob.problems(id)).toEqual([]);
  const told = (await bob.entries(id)).filter((entry) => entry.kind === "problem");
  expect(told).toMatchObject([{ code: "bad_contribution" }]);
  expect(await alice.problems(id)).toEqual([]);
  const authenticators = await Promise.all(
    [alice, bob].map(async ({ api }) => (await api.details(id)).epochAuthenticator),
  );
  expect(authenticators[0]).toBe(authenticators[1]);
});

/** A message of Alice's that reaches Bob as bytes that nothing opens. */
async function garbled(): Promise<void> {
  const { clientId, message } = await forgeMessage(alice, id);
  message[message.length - 1]! ^= 1;
  await postMessage(alice, id, { clientId, message });
  await bob.sync(id);
}

test("P9.2 a device that cannot open one message after the other asks, is added again, and both read on", async () => {
  await alice.send(id, "before");
  await bob.sync(id);
  for (let count = 1; count < 3; count++) {
    await garbled();
    expect((await bob.api.conversation(id)).state).toBe("active");
  }
  await garbled();
  expect(await bob.api.conversation(id)).toMatchObject({ state: "lost" });
  expect(await bob.ask(id)).toBe(true);
  // Nobody's commit is to blame: no new group is begun while somebody could add it.
  expect(await bob.api.generationDue(id)).toBeNull();
  await alice.heal(id);
  await bob.sync(id);
  await talk(alice, bob);
  expect(await bob.problems(id)).toEqual([]);
  expect(await events(bob)).toEqual(["founded", "lost_here", "readded_here"]);
  // Garbage alone does not have it asked for again and again.
  for (let count = 0; count < 4; count++) await garbled();
  expect((await bob.api.conversation(id)).state).toBe("active");
  await talk(alice, bob);
});

test("P9.2 garbage between messages that can be read loses nothing", async () => {
  for (let count = 0; count < 4; count++) {
    await garbled();
    await alice.send(id, `readable ${count}`);
    await bob.sync(id);
    expect(await bob.texts(id)).toContain(`readable ${count}`);
  }
  expect((await bob.api.conversation(id)).state).toBe("active");
});

test("P9.1 an old copy of a profile is taken back with keys that it never had", async () => {
  await alice.send(id, "read by both copies");
  await bob.sync(id);
  const waiting = await bob.api.enqueue(id, "waited in the old copy");
  await postMessage(bob, id, await forgeMessage(bob, id));
  await bob.sync(id);
  expect(await bob.api.conversation(id)).toMatchObject({ state: "lost", blocked: { reason: "old_copy" } });
  // Whatever else the newer copy wrote accuses nobody.
  await postMessage(bob, id, await forgeMessage(alice, id));
  await bob.sync(id);
  expect(new Set(await bob.problems(id))).toEqual(new Set(["old_copy"]));

  await bob.ask(id);
  await alice.heal(id);
  await bob.sync(id);
  await bob.post(id);
  await alice.sync(id);
  expect(await alice.texts(id)).toContain(waiting.text);
  await talk(alice, bob);
  expect((await bob.entries(id)).find((entry) => entry.kind === "system" && entry.event === "lost_here")).toMatchObject(
    { reason: "old_copy" },
  );
});

test("P9.1 what waited in an old copy and was sent by the newer one is not sent again", async () => {
  const { clientId, text } = await bob.api.enqueue(id, "sent by the newer copy");
  await postMessage(bob, id, await forgeMessage(bob, id, { data: { clientId }, content: { text } }));
  await bob.sync(id);
  expect(await bob.api.conversation(id)).toMatchObject({ state: "lost", blocked: { reason: "old_copy" } });
  await alice.sync(id);
  await bob.ask(id);
  await alice.heal(id);
  await bob.sync(id);
  expect((await bob.api.nextOutgoing(id)).kind).toBe("empty");
  const own = (await bob.entries(id)).filter((entry) => entry.kind === "message" && entry.clientId === clientId);
  expect(own).toMatchObject([{ state: "sent", failure: null }]);
  expect(await alice.texts(id)).toEqual([text]);
});

/** People of their own, for who gets another device. */
async function others(): Promise<void> {
  ({ alice, bob, service, id } = await established(await twoPeople(["anna", "ben"])));
}

test("P9.2 a browser that was not there when the conversation began asks and is added", async () => {
  await others();
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await alice.learn(bob.userId);
  await bob.learn(bob.userId);
  await second.sync(id);
  expect(await second.ask(id)).toBe(true);
  await alice.heal(id);
  for (const browser of [bob, second]) await browser.sync(id);
  await talk(alice, bob, second);
  expect(await events(second)).toEqual(["joined"]);
  expect(await events(alice)).toEqual(["founded", "device_added"]);
  for (const browser of [alice, bob, second]) expect(await browser.problems(id)).toEqual([]);
});

test("P9.2 one request is made and kept until it is answered, and survives a reload", async () => {
  expect(await bob.ask(id)).toBe(false);
  await loseBob();
  const request = await bob.api.askToBeAdded(id);
  expect(await bob.api.askToBeAdded(id)).toEqual(request);
  bob = await bob.reload();
  await bob.sync(id);
  await bob.ask(id);
  expect(service.conversation(id).lost.get(bob.deviceId)).toMatchObject(request!);
  await bob.sync(id);
  expect(await bob.api.askToBeAdded(id)).toBeNull();
  await alice.heal(id);
  await bob.sync(id);
  expect(await bob.api.askToBeAdded(id)).toBeNull();
  await talk(alice, bob);
});

test("P9.2 what is written while a device is being added waits for it", async () => {
  await loseBob();
  await bob.ask(id);
  await alice.sync(id);
  await alice.api.enqueue(id, "worth waiting for");
  expect(await alice.api.nextOutgoing(id)).toEqual({ kind: "blocked", blocked: { reason: "device_asks" } });
  await alice.heal(id);
  await alice.post(id);
  await bob.sync(id);
  expect(await bob.texts(id)).toEqual(["worth waiting for"]);
});

test("P6.7 a lost device that did not ask takes no welcome", async () => {
  await loseBob();
  await bob.ask(id);
  const forgetful = await bob.tampered(`conversation/${id}`, (record) => {
    record.asked = null;
  });
  await alice.heal(id);
  await forgetful.sync(id);
  expect(await forgetful.problems(id)).toContain("unexpected_welcome");
  expect((await forgetful.api.conversation(id)).state).toBe("lost");
});

test("P6.7 a welcome that a lost device cannot open costs it one more request", async () => {
  await loseBob();
  await bob.ask(id);
  const first = service.conversation(id).lost.get(bob.deviceId)!;
  await alice.heal(id);
  const row = service.conversation(id).rows.at(-1)!;
  const { welcomes } = row;
  row.welcomes = ["AAEAAw"];
  await bob.sync(id);
  row.welcomes = welcomes ?? null;
  expect((await bob.api.conversation(id)).state).toBe("lost");
  expect(await bob.ask(id)).toBe(true);
  expect(service.conversation(id).lost.get(bob.deviceId)!.key_package).not.toBe(first.key_package);
  await alice.heal(id);
  await bob.sync(id);
  await talk(alice, bob);
});

test("P9.2 a request that is shown again after it was answered asks for nothing", async () => {
  await loseBob();
  await bob.ask(id);
  const old = service.conversation(id).lost.get(bob.deviceId)!;
  await alice.heal(id);
  await bob.sync(id);
  service.conversation(id).lost.set(bob.deviceId, old);
  await alice.sync(id);
  expect(await alice.api.dueCommit(id)).toBeNull();
  expect(await refusal(alice.api.beginAdding(id, { items: [] }))).toBe("missing_device_package");
  await talk(alice, bob);
});

/** What `asking` says of itself, signed by its own device, but for the lie. */
async function signed(asking: Browser, lie: Partial<LostState> = {}) {
  const room = await asking.inside();
  const suite = await room.suite();
  const own = await makeKeyPackage(suite, room.device);
  room.store.close();
  const keyPackage = encodePackage(own.publicPackage);
  const { chain, rows } = service.conversation(id);
  const statement = encodeLostState({
    serverName: service.serverName,
    ...asking.sender,
    conversation: id,
    generation: 0,
    epoch: 1,
    seq: rows.length,
    chain,
    reason: "cannot_follow",
    packageHash: await sha256(keyPackage),
    timeMs: Date.now(),
    ...lie,
  });
  return {
    statement: toBase64url(statement),
    signature: toBase64url(await suite.signer.sign(LABEL.lostState, statement)),
    key_package: toBase64url(keyPackage),
  };
}

/** The server shows Alice a request in the name of a device. */
async function shown(name: Sender, request: Awaited<ReturnType<typeof signed>>): Promise<void> {
  service.conversation(id).lost.set(name.deviceId, { ...request, userId: name.userId });
  await alice.sync(id);
}

test("P9.2 a request that another device has signed is named, and removes nobody", async () => {
  await shown(bob.sender, await signed(alice, bob.sender));
  expect(await alice.problems(id)).toEqual(["forged_request"]);
  expect(await alice.api.dueCommit(id)).toBeNull();
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["forged_request"]);
  await talk(alice, bob);
});

test("P9.2 a request of a stranger is named, and adds nobody", async () => {
  const carol = await Browser.register(service, "carol");
  await alice.learn(carol.userId);
  await shown(carol.sender, await signed(carol));
  expect(await alice.problems(id)).toEqual(["forged_request"]);
  expect(await alice.api.dueCommit(id)).toBeNull();
});

test.each<[string, () => Partial<LostState>, string[]]>([
  ["of another conversation", () => ({ conversation: alice.userId }), ["forged_request"]],
  ["of another server", () => ({ serverName: "elsewhere" }), ["forged_request"]],
  ["of another generation", () => ({ generation: 7 }), []],
  ["from a log that is not ours", () => ({ chain: new Uint8Array(32) }), ["log_fork"]],
  ["from beyond the log", () => ({ seq: 99 }), []],
])("P9.2 a request %s is not answered", async (_name, lie, problems) => {
  await shown(bob.sender, await signed(bob, lie()));
  expect(await alice.problems(id)).toEqual(problems);
  expect(await alice.api.dueCommit(id)).toBeNull();
});

test("P9.2 a bad signature is named", async () => {
  const request = await signed(bob);
  await shown(bob.sender, { ...request, signature: toBase64url(fromBase64url(request.signature).reverse()) });
  expect(await alice.problems(id)).toEqual(["forged_request"]);
});

test("P9.2 another key package than the device signed for is refused", async () => {
  await loseBob();
  await bob.ask(id);
  await alice.sync(id);
  const step = await alice.api.beginRotation(id);
  if (step.step !== "contribution") throw new Error("keys are missing");
  const { request } = await alice.api.finishCommit(id, null);
  const removed = [bob.deviceId];
  await alice.api.commitAccepted(id, await service.commit(id, alice.sender, request, { removed }));
  expect(await alice.api.dueCommit(id)).toBe("device_asks");
  const swapped = service.account(bob.userId).packages.get(bob.deviceId)!.at(-1)!;
  const items = [{ user_id: bob.userId, device_id: bob.deviceId, key_package: swapped }];
  expect(await refusal(alice.api.beginAdding(id, { items }))).toBe("bad_key_package");
});

test("P9.2 a request of a device whose certificate is not here yet waits for it, and is no forgery", async () => {
  await others();
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await second.sync(id);
  await second.ask(id);
  await alice.sync(id);
  expect(await alice.api.dueCommit(id)).toBeNull();
  expect(await alice.problems(id)).toEqual([]);
  await alice.learn(bob.userId);
  await alice.sync(id);
  expect(await alice.api.dueCommit(id)).toBe("device_asks");
  // The server hands out nobody's package.
  expect(await refusal(alice.api.beginAdding(id, { items: [] }))).toBe("missing_device_package");
});

test("P7.3 P9.2 a device is added without quantum_service, and follows the group", async () => {
  await others();
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await second.sync(id);
  await second.ask(id);
  await alice.learn(bob.userId);
  await alice.sync(id);
  const step = await alice.api.beginAdding(id, service.claimForAdding(id));
  expect(step.step).toBe("contribution");
  const { request } = await alice.api.finishCommit(id, null);
  const added = [second.sender];
  await alice.api.commitAccepted(id, await service.commit(id, alice.sender, request, { added }));
  await second.sync(id);
  await talk(alice, second);
  expect(await second.api.details(id)).toMatchObject({ contribution: null, contributionMissing: true });
});

test("P9.2 a request is made anew when the group has gone on without its device, with the same package while that is young", async () => {
  await loseBob();
  const request = async () => (await bob.ask(id), service.conversation(id).lost.get(bob.deviceId)!);
  const first = await request();
  for (let epoch = 0; epoch < 2; epoch++) await alice.rotate(id);
  await bob.sync(id);
  const second = await request();
  expect(second.statement).not.toBe(first.statement);
  expect(second.key_package).toBe(first.key_package);
  bob = await bob.tampered(`conversation/${id}`, (record) => {
    record.asked = { ...(record.asked as object), at: Date.now() - 31 * 86_400_000 };
  });
  await bob.sync(id);
  expect((await request()).key_package).not.toBe(first.key_package);
});

test("P6.9 a revoked device is not added again, and does not ask", async () => {
  await others();
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  await second.sync(id);
  await second.ask(id);
  await bob.learn(bob.userId);
  await bob.revoke(second.deviceId);
  await alice.learn(bob.userId);
  await alice.sync(id);
  expect(await alice.api.dueCommit(id)).toBeNull();
  await second.learn(bob.userId);
  service.conversation(id).lost.clear();
  expect(await second.ask(id)).toBe(false);
});
