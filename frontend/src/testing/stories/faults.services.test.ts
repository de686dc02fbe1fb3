import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { TestPerson, twoConnected } from "./person";
import { Services } from "./services";

let services: Services;
let present: TestPerson[] = [];

beforeAll(async () => {
  services = await Services.start();
});
beforeEach(() => services.restore());
afterEach(() => {
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

async function pair(): Promise<[TestPerson, TestPerson]> {
  present = await twoConnected(services);
  return [present[0]!, present[1]!];
}

test("P4.1 a new connection waits for quantum_service by name, and completes by itself when it is back", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  present = [alice, bob];
  await services.quantum.end("SIGKILL");
  await alice.connectTo(bob);
  await bob.sees("the wait for quantum_service", () => {
    const stage = bob.conversation(alice)?.stage;
    return stage?.kind === "making_keys" && stage.waitsFor === "quantum_service";
  });
  await bob.sees("quantum_service away", ({ line }) => !line.quantum);
  await bob.writes(alice, "written while waiting");
  await services.quantum.start();
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await alice.reads(bob, "written while waiting");
});

test("P3.3 an account made without quantum_service says so, keeps what is asked for, and joins by itself", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = TestPerson.named(services, "bob");
  present = [alice, bob];
  await services.quantum.end("SIGKILL");
  await bob.register();
  const self = () => (bob.state.auth.account.phase === "signed_in" ? bob.state.auth.account.self : null);
  expect(self()).toMatchObject({ deviceId: null, waitsFor: "quantum_service" });
  const search = bob.tab.engine.searchPeople(alice.name, null);
  await services.quantum.start();
  expect((await search).items).toMatchObject([{ id: alice.id }]);
  expect(self()).toMatchObject({ waitsFor: null });
  expect(self()?.deviceId).toBeTruthy();
  await bob.connectTo(alice);
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await bob.writes(alice, "now I am here");
  await alice.reads(bob, "now I am here");
});

test("P3.3 signing out ends the wait for quantum_service, and what was asked for is refused", async () => {
  const bob = TestPerson.named(services, "bob");
  present = [bob];
  await services.quantum.end("SIGKILL");
  await bob.register();
  const search = expect(bob.tab.engine.searchPeople("", null)).rejects.toThrow("not_authenticated");
  await bob.tab.engine.signOut();
  await search;
  expect(bob.state.auth.account.phase).toBe("signed_out");
});

test("P7.3 with quantum_service killed a session goes on, and keys are renewed without a contribution", async () => {
  const [alice, bob] = await pair();
  await services.quantum.end("SIGKILL");
  await alice.writes(bob, "still here");
  await bob.reads(alice, "still here");
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  await bob.sees("the renewal", () =>
    bob
      .entries(alice)
      .some((entry) => entry.kind === "notice" && entry.notice.code === "rotated" && !entry.notice.contribution),
  );
  await bob.writes(alice, "in the new epoch");
  await alice.reads(bob, "in the new epoch");
});

test("kill -9 of app_service in mid-conversation: nothing acknowledged is lost, nothing is doubled", async () => {
  const [alice, bob] = await pair();
  const texts = Array.from({ length: 30 }, (_, index) => `message ${index}`);
  for (const text of texts.slice(0, 15)) await alice.writes(bob, text);
  await services.app.end("SIGKILL");
  await alice.sees("the line lost", ({ line }) => line.line.status !== "online");
  for (const text of texts.slice(15)) await alice.writes(bob, text);
  await services.app.start();
  alice.tab.engine.reconnectNow();
  bob.tab.engine.reconnectNow();
  await bob.reads(alice, "message 29");
  await alice.sees("all sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  expect(await bob.history(alice)).toEqual(texts);
  expect(await alice.history(bob)).toEqual(texts);
  expect(bob.conversation(alice)!.findings).toEqual([]);
});

test("P6.1 two who renew the keys at the same time both end in the same epoch", async () => {
  const [alice, bob] = await pair();
  const { id } = alice.conversation(bob)!;
  await Promise.all([alice.tab.engine.rotate(id), bob.tab.engine.rotate(id)]);
  await alice.writes(bob, "after the race");
  await bob.reads(alice, "after the race");
  await bob.writes(alice, "agreed");
  await alice.reads(bob, "agreed");
  const epochs = await Promise.all(
    [alice, bob].map(async ({ tab }) => (await tab.crypto.details(id)).epochAuthenticator),
  );
  expect(epochs[0]).toBe(epochs[1]);
  expect(alice.conversation(bob)!.findings).toEqual([]);
});

test("P6.2 a commit whose answer got lost is adopted from the log, also after a reload", async () => {
  const [alice, bob] = await pair();
  const { id } = alice.conversation(bob)!;
  alice.browser.network.tampering = { loseAnswer: (path) => path.endsWith("/commits") };
  await expect(alice.tab.engine.rotate(id)).rejects.toThrow("server_unreachable");
  alice.browser.network.tampering = {};
  await alice.crashAndReload();
  await alice.open(bob);
  await alice.writes(bob, "in the epoch of a lost answer");
  await bob.reads(alice, "in the epoch of a lost answer");
  await bob.writes(alice, "read you");
  await alice.reads(bob, "read you");
  expect(await alice.tab.crypto.pendingCommit(id)).toBeNull();
});

test("P6.2 kill -9 of app_service between a commit and its answer: it is settled by itself, and all read on", async () => {
  const [alice, bob] = await pair();
  const { id } = alice.conversation(bob)!;
  const killed: Promise<void>[] = [];
  alice.browser.network.tampering = {
    loseAnswer: (path) => {
      if (path.endsWith("/commits") && killed.length === 0) killed.push(services.app.end("SIGKILL"));
      return killed.length > 0;
    },
    frame: (frame) => (killed.length === 0 ? frame : null),
  };
  await expect(alice.tab.engine.rotate(id)).rejects.toThrow("server_unreachable");
  await Promise.all(killed);
  await alice.writes(bob, "written while the commit was open");
  alice.browser.network.tampering = {};
  await services.app.start();
  for (const { tab } of [alice, bob]) tab.engine.reconnectNow();
  await bob.reads(alice, "written while the commit was open");
  await bob.writes(alice, "read you");
  await alice.reads(bob, "read you");
  expect(await alice.tab.crypto.pendingCommit(id)).toBeNull();
  const [hers, his] = await Promise.all([alice, bob].map(({ tab }) => tab.crypto.details(id)));
  expect(hers!.epochAuthenticator).toBe(his!.epochAuthenticator);
  for (const person of [alice, bob]) {
    const renewals = person
      .entries(person === alice ? bob : alice)
      .filter((entry) => entry.kind === "notice" && entry.notice.code === "rotated");
    expect(renewals).toHaveLength(1);
  }
});

test("P6.2 a renewal that never reached the server is sent again by itself, and lets go what was written behind it", async () => {
  const [alice, bob] = await pair();
  const { id } = alice.conversation(bob)!;
  await alice.writes(bob, "before");
  await bob.reads(alice, "before");
  await alice.sees("delivered", () => alice.conversation(bob)!.deliveredSeq >= 2);
  alice.browser.network.tampering = { loseRequest: (path) => path.endsWith("/commits") };
  await expect(alice.tab.engine.rotate(id)).rejects.toThrow("server_unreachable");
  await alice.writes(bob, "written behind the renewal");
  alice.browser.network.disconnect();
  alice.browser.network.tampering = {};
  alice.browser.network.reconnect();
  await bob.reads(alice, "written behind the renewal");
  expect(await alice.tab.crypto.pendingCommit(id)).toBeNull();
});

test("P6.2 a founding whose answer got lost is settled on start", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  present = [alice, bob];
  bob.browser.network.tampering = {
    loseAnswer: (path) => path.endsWith("/commits"),
    frame: (frame) => (frame.type === "message_receive" ? null : frame),
  };
  await alice.connectTo(bob);
  await alice.sees("keys", () => alice.conversation(bob)?.stage.kind === "open");
  bob.browser.network.tampering = {};
  await bob.crashAndReload();
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await alice.writes(bob, "hello");
  await bob.reads(alice, "hello");
});

test("a message that is sent again because its ack got lost arrives once", async () => {
  const [alice, bob] = await pair();
  alice.browser.network.tampering = { frame: (frame) => (frame.type === "message_ack" ? null : frame) };
  await alice.writes(bob, "only once");
  await bob.reads(alice, "only once");
  alice.browser.network.tampering = {};
  await alice.crashAndReload();
  await alice.open(bob);
  await alice.sees("it sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  expect(await bob.history(alice)).toEqual(["only once"]);
});
