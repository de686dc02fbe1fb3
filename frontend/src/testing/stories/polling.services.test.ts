import "fake-indexeddb/auto";
import { afterEach, expect, test } from "vitest";
import { TestPerson, twoConnected } from "./person";
import { Services } from "./services";

let services: Services;
const present: TestPerson[] = [];
const nothing = () => undefined;

afterEach(async () => {
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
  await services.stop();
});

test("without WebSockets two people read each other; what came meanwhile, and a kill -9, lose and double nothing", async () => {
  services = await Services.start({ ENABLE_WEBSOCKET: "false" });
  const [alice, bob] = await twoConnected(services);
  present.push(alice, bob);
  await alice.sees("her friend online", ({ connections }) => connections.people?.[bob.id]?.online);

  await alice.writes(bob, "one");
  await bob.reads(alice, "one");
  await bob.writes(alice, "two");
  await alice.reads(bob, "two");
  const sent = alice.messages(bob)[0]!;
  await alice.sees("delivered", () => alice.conversation(bob)!.deliveredSeq >= sent.position);

  bob.tab.engine.markRead(bob.conversation(alice)!.id, sent.position);
  await alice.sees("that it was read", () => alice.conversation(bob)!.seenSeq >= sent.position);
  // Who does not tell is not told either.
  await alice.tab.engine.setPrivacy({ receipts: false });
  await alice.sees("nothing of that", () => alice.conversation(bob)!.seenSeq === 0);

  bob.browser.network.disconnect();
  await alice.writes(bob, "three");
  await bob.writes(alice, "four");
  await alice.sees("three sent", () =>
    alice.messages(bob).some(({ text, state }) => text === "three" && state === "sent"),
  );
  bob.browser.network.reconnect();
  await bob.reads(alice, "three");
  await alice.reads(bob, "four");

  await services.app.end("SIGKILL");
  const texts = Array.from({ length: 10 }, (_, index) => `after the crash ${index}`);
  for (const text of texts) await alice.writes(bob, text);
  await services.app.start();
  alice.tab.engine.reconnectNow();
  bob.tab.engine.reconnectNow();
  await bob.reads(alice, texts.at(-1)!);
  await alice.sees("all sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  const everything = ["one", "two", "three", "four", ...texts];
  expect(await bob.history(alice)).toEqual(everything);
  expect(await alice.history(bob)).toEqual(everything);

  await alice.crashAndReload();
  await alice.open(bob);
  await bob.writes(alice, "after a reload");
  await alice.reads(bob, "after a reload");
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    expect(one.conversation(other)!.findings).toEqual([]);
    // The first attempt told it; from then on the browser knows.
    expect(one.browser.network.socketsTried).toBe(1);
  }
});

test("a line that polls hears what another browser decided, and says why its sign-in ended", async () => {
  services = await Services.start({ ENABLE_WEBSOCKET: "false" });
  const alice = await TestPerson.registered(services, "alice");
  const other = await alice.atAnotherBrowser();
  present.push(alice, other);
  await alice.tab.engine.setPrivacy({ presence: false });
  await other.sees("what was decided at the first browser", ({ auth }) => auth.privacy?.presence === false);
  const newPassword = "another battery staple 2951";

  await alice.tab.engine.changePassword({ password: alice.password, newPassword }, nothing);

  const reason = await other.sees("why", ({ auth: { account } }) =>
    account.phase === "signed_out" ? account.reason : null,
  );
  expect(reason).toBe("password_changed");
});

test("where a proxy blocks WebSockets one person polls, and the other need not", async () => {
  services = await Services.start();
  const bob = await TestPerson.registered(services, "bob");
  const alice = TestPerson.named(services, "alice");
  present.push(alice, bob);
  alice.browser.network.blocksSockets = true;
  await alice.tab.engine.register({ username: alice.name, email: alice.email, password: alice.password }, nothing);
  await alice.ask(bob);
  await bob.accept(alice);
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await alice.writes(bob, "by questions");
  await bob.reads(alice, "by questions");
  expect(alice.browser.network.socketsTried).toBeGreaterThanOrEqual(2);
  expect(bob.browser.network.socketsTried).toBe(1);
});
