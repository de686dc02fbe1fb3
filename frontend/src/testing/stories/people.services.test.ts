import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { TestPerson, twoConnected } from "./person";
import { PATIENCE_MS, Services } from "./services";

let services: Services;
const present: TestPerson[] = [];
const here = <P extends TestPerson[]>(...people: P): P => {
  present.push(...people);
  return people;
};

beforeAll(async () => {
  services = await Services.start();
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

test("two people register, connect, and write to each other both ways", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await alice.writes(bob, "Are you there?");
  await bob.reads(alice, "Are you there?");
  await bob.writes(alice, "Yes. שלום 👋");
  await alice.reads(bob, "Yes. שלום 👋");
  const sent = alice.messages(bob)[0]!;
  expect(sent.state).toBe("sent");
  await alice.sees("delivered", () => alice.conversation(bob)!.deliveredSeq >= sent.position);
  expect(bob.conversation(alice)!.unread).toBe(1);
  bob.tab.engine.markRead(bob.conversation(alice)!.id, sent.position);
  await bob.sees("nothing unread", () => bob.conversation(alice)!.unread === 0);
  expect(alice.conversation(bob)!.findings).toEqual([]);
});

test("both are shown the same safety number, and nobody is verified before comparing it", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const safety = async (one: TestPerson, other: TestPerson) => {
    const { id } = one.conversation(other)!;
    await one.tab.engine.loadDetails(id);
    return (await one.sees("details", ({ details }) => details[id])).safetyNumber;
  };
  const number = await safety(alice, bob);
  expect(number).toMatch(/^(\d{5} ?){12}$/);
  expect(await safety(bob, alice)).toBe(number);
  expect(alice.state.connections.people?.[bob.id]?.trust).toBe("unverified");
  const { keyHash } = alice.state.connections.people![bob.id]!;
  await expect(alice.tab.engine.setVerified(bob.id, "of another key")).rejects.toThrow("key_changed_meanwhile");
  await alice.tab.engine.setVerified(bob.id, keyHash);
  await alice.sees("verified", ({ connections }) => connections.people?.[bob.id]?.trust === "verified");
});

test("a message to somebody who is away arrives when they return", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  bob.browser.network.disconnect();
  await alice.writes(bob, "for later");
  await alice.sees("the message sent", () => alice.messages(bob).some(({ state }) => state === "sent"));
  await bob.writes(alice, "written without a line");
  expect(bob.messages(alice).at(-1)).toMatchObject({ text: "written without a line", state: "waiting" });
  bob.browser.network.reconnect();
  await bob.reads(alice, "for later");
  await alice.reads(bob, "written without a line");
});

test("a reload needs no password, keeps the history, and sends what was waiting", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await alice.writes(bob, "one");
  await bob.reads(alice, "one");
  alice.browser.network.disconnect();
  await alice.writes(bob, "two");
  const { id } = alice.conversation(bob)!;
  alice.tab.engine.saveDraft(id, "half a thought");
  const messageId = alice.messages(bob)[0]!.id;
  alice.tab.engine.saveEditing(id, { messageId, text: "one and a half" });
  // Whatever is asked for next is answered after it was written.
  const [deviceId, clientId] = messageId.split(".");
  const kept = { draft: "half a thought", editing: { deviceId, clientId, text: "one and a half" } };
  expect(await alice.tab.crypto.conversation(id)).toMatchObject(kept);
  await alice.crashAndReload();
  await alice.open(bob);
  expect(alice.messages(bob).map(({ text }) => text)).toEqual(["one", "two"]);
  alice.browser.network.reconnect();
  await bob.reads(alice, "two");
  await alice.sees("both sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  expect(alice.conversation(bob)).toMatchObject({
    draft: "half a thought",
    editing: { messageId, text: "one and a half" },
  });
});

test("P9.2 a second browser is added to older conversations and takes part in those begun afterwards", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const [desk] = here(await alice.atAnotherBrowser());
  await desk.open(bob);
  await bob.writes(alice, "to both of you");
  await desk.reads(bob, "to both of you");
  await desk.writes(bob, "from the new one");
  await bob.reads(alice, "from the new one");
  const [carol] = here(await TestPerson.registered(services, "carol"));
  await carol.connectTo(alice);
  await Promise.all([alice.open(carol), desk.open(carol), carol.open(alice)]);
  await desk.writes(carol, "from the desk");
  await carol.reads(alice, "from the desk");
  await alice.sees("her other browser's message", () => alice.messages(carol).length === 1);
  await alice.writes(carol, "from the phone");
  await carol.reads(alice, "from the phone");
  await desk.sees("the other browser's message", () => desk.messages(carol).length === 2);
  for (const person of [alice, desk]) expect(person.conversation(carol)!.findings).toEqual([]);
});

test("P3.5 a week later a browser has another ML-KEM key, although its answer got lost, and both read on", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const { deviceId: bobs } = (await bob.tab.crypto.ownKeys()).device;
  const present = Date.now;
  vi.spyOn(Date, "now").mockImplementation(() => present() + 8 * 24 * 3_600_000);
  // What goes out for Bob's key of the past is refused, since Alice is not told of the new one.
  const drawnFor: number[] = [];
  alice.browser.network.tampering = {
    frame: (frame) => (frame.type === "key_change" ? null : frame),
    request: (path, body) => {
      const { recipients } = body as { recipients: { device_id: string; number: number }[] };
      const own = (each: { device_id: string }) => each.device_id === bobs;
      if (path.endsWith("/contributions")) drawnFor.push(...recipients.filter(own).map(({ number }) => number));
      return body;
    },
  };
  let lost = 0;
  bob.browser.network.tampering = { loseAnswer: (path) => path.endsWith("/ml-kem-keys") && lost++ === 0 };
  await bob.crashAndReload();
  const settled = async () => {
    expect((await bob.tab.crypto.ownKeys()).mlKem).toMatchObject({ number: 2, waiting: false });
  };
  await vi.waitFor(settled, { timeout: PATIENCE_MS });
  expect(lost).toBeGreaterThan(1);
  expect((await bob.publishedKeys()).devices.map(({ ml_kem }) => ml_kem?.number)).toEqual([2]);
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  expect(drawnFor.at(-1)).toBe(2);
  await bob.open(alice);
  await alice.writes(bob, "with the new key");
  await bob.reads(alice, "with the new key");
  await bob.writes(alice, "it works");
  await alice.reads(bob, "it works");
  await bob.tab.engine.renewDeviceKey();
  await bob.tab.engine.renewKeyPackages();
  const keys = await bob.tab.engine.loadKeys();
  expect(keys.mlKem).toMatchObject({ number: 3, waiting: false });
  expect(keys.packages).toEqual({ count: 25 });
  expect(keys.conversations).toEqual([
    { id: bob.conversation(alice)!.id, epoch: expect.any(Number) as number, madeAt: expect.any(Number) as number },
  ]);
  for (const one of [alice, bob]) expect(one.conversation(one === alice ? bob : alice)!.findings).toEqual([]);
});

test("an account made by curl goes on by itself at its first browser sign-in", async () => {
  const [alice] = here(await TestPerson.registered(services, "alice"));
  const dave = TestPerson.named(services, "dave");
  const { name: username, email, password } = dave;
  const { access_token: token } = await curl("/api/register", { username, email, password });
  await alice.ask(dave);
  const pending = await curl("/api/connection/pending", null, token);
  await curl("/api/connection/respond", { request_id: pending.items[0]!.id, accept: true }, token);
  await alice.sees("waiting", () => {
    const stage = alice.conversation(dave)?.stage;
    return stage?.kind === "waiting_for_device" && stage.whose === "peer";
  });
  here(dave);
  const nothing = () => undefined;
  expect(await dave.tab.engine.signIn({ identifier: username, password }, nothing)).toEqual({ outcome: "incomplete" });
  const code = await dave.tab.engine.completeAccount({ newPassword: "another long pass-phrase 99" }, nothing);
  expect(code?.recoveryCode).toMatch(/^[0-9A-Z-]{30,}$/);
  await Promise.all([alice.open(dave), dave.open(alice)]);
  await alice.writes(dave, "welcome");
  await dave.reads(alice, "welcome");
});

test("P6.7 what a script accepted waits for the person to agree in a browser, which then makes the keys", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  here(alice, bob);
  await alice.ask(bob);
  // Nobody but bob could found.
  alice.browser.network.disconnect();
  await acceptByCurl(bob);
  await bob.sees("what is to be confirmed", () => bob.conversation(alice)?.stage.kind === "to_agree");
  await bob.tab.engine.agree(alice.id);
  await bob.open(alice);
  alice.browser.network.reconnect();
  await alice.open(bob);
  await bob.writes(alice, "it was I");
  await alice.reads(bob, "it was I");
  expect(bob.conversation(alice)!.findings).toEqual([]);
});

test("P6.7 a welcome that comes before the person agreed is no finding, and is taken afterwards", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  here(alice, bob);
  await alice.ask(bob);
  await acceptByCurl(bob);
  await alice.open(bob);
  await alice.writes(bob, "are you there?");
  const { id } = alice.conversation(bob)!;
  await vi.waitFor(async () => {
    const { problems } = await bob.tab.crypto.conversation(id);
    expect(problems).toMatchObject([{ code: "not_agreed" }]);
  }, PATIENCE_MS);
  expect(bob.conversation(alice)).toMatchObject({ stage: { kind: "to_agree" }, findings: [] });
  await bob.tab.engine.agree(alice.id);
  await bob.open(alice);
  await bob.reads(alice, "are you there?");
  await bob.writes(alice, "now I am");
  await alice.reads(bob, "now I am");
  expect(bob.conversation(alice)!.findings).toEqual([]);
});

test("ending a conversation ends it for both, and a new one can begin", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await alice.writes(bob, "the last word");
  await bob.reads(alice, "the last word");
  await alice.tab.engine.terminate(alice.conversation(bob)!.id);
  const closedBy = (one: TestPerson, other: TestPerson) => {
    const stage = one.conversation(other)!.stage;
    return stage.kind === "closed" ? stage.by : null;
  };
  await alice.sees("closed", () => closedBy(alice, bob) === "self");
  await bob.sees("closed", () => closedBy(bob, alice) === "peer");
  await expect(bob.writes(alice, "too late")).rejects.toThrow();
  await bob.tab.engine.startConversation(alice.id);
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await bob.writes(alice, "anew");
  await alice.reads(bob, "anew");
});

test("signing out keeps the sealed store, and signing in opens it again", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await alice.writes(bob, "kept");
  await bob.reads(alice, "kept");
  await alice.tab.engine.signOut();
  await alice.sees("signed out", ({ auth }) => auth.account.phase === "signed_out" && auth.account.kept !== null);
  await bob.writes(alice, "while you were out");
  await alice.signIn();
  await alice.open(bob);
  await alice.reads(bob, "while you were out");
  expect(alice.messages(bob).map(({ text }) => text)).toEqual(["kept", "while you were out"]);
});

test("removing this browser revokes its device and leaves nothing", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const [desk] = here(await alice.atAnotherBrowser());
  await expect(alice.tab.engine.removeBrowser({ password: "wrong" })).rejects.toThrow("wrong_credentials");
  expect(alice.state.auth.account.phase).toBe("signed_in");
  await alice.tab.engine.removeBrowser({ password: alice.password });
  await alice.sees("signed out", ({ auth }) => auth.account.phase === "signed_out" && auth.account.kept === null);
  await desk.tab.engine.loadOwnDevices();
  await desk.sees("the revoked device", ({ auth }) => auth.devices?.some(({ revokedAt }) => revokedAt !== null));
  expect(bob.conversation(desk)?.findings).toEqual([]);
});

test("P6.4 a removed browser is taken out of the group by those who stay", async () => {
  const [alice] = here(await TestPerson.registered(services, "alice"));
  const [desk] = here(await alice.atAnotherBrowser());
  const [carol] = here(await TestPerson.registered(services, "carol"));
  await carol.connectTo(alice);
  await Promise.all([alice.open(carol), desk.open(carol), carol.open(alice)]);
  await desk.tab.engine.removeBrowser({ password: desk.password });
  await carol.sees("the removal", () =>
    carol.entries(alice).some((entry) => entry.kind === "notice" && entry.notice.code === "device_removed"),
  );
  await carol.writes(alice, "for the one that is left");
  await alice.reads(carol, "for the one that is left");
  await alice.writes(carol, "heard");
  await carol.reads(alice, "heard");
  for (const [one, other] of [
    [alice, carol],
    [carol, alice],
  ] as const) {
    expect(one.conversation(other)!.findings).toEqual([]);
  }
});

test("P9.1 one tab writes; another can take over, and the first goes on by itself when that one dies", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const first = alice.tab;
  const second = alice.browser.openTab();
  await second.engine.start();
  expect(second.store.getState().auth.account.phase).toBe("elsewhere");
  await second.engine.takeOver();
  expect(first.store.getState().auth.account.phase).toBe("elsewhere");
  alice.browser.tab = second;
  await alice.open(bob);
  await alice.writes(bob, "from the second tab");
  await bob.reads(alice, "from the second tab");
  alice.browser.network.tampering = { frame: (frame) => (frame.type === "message_ack" ? null : frame) };
  await alice.writes(bob, "while the second tab dies");
  await bob.reads(alice, "while the second tab dies");
  alice.browser.crash();
  alice.browser.network.tampering = {};
  alice.browser.tab = first;
  await alice.open(bob);
  await alice.sees("it sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  await alice.writes(bob, "from the first tab again");
  await bob.reads(alice, "from the first tab again");
  expect(await bob.history(alice)).toEqual([
    "from the second tab",
    "while the second tab dies",
    "from the first tab again",
  ]);
  expect(second.defects).toEqual([]);
});

test("a tab that waits for its turn shows the sign-in page when the other one signs out", async () => {
  const [alice] = here(await TestPerson.registered(services, "alice"));
  const second = alice.browser.openTab();
  await second.engine.start();
  await alice.tab.engine.signOut();
  await alice.sees("the sign-in page", ({ auth }) => auth.account.phase === "signed_out");
  alice.browser.tab = second;
  await alice.sees("the sign-in page", ({ auth }) => auth.account.phase === "signed_out");
  await alice.signIn();
});

test("removed and blocked people cannot be written to, and say so", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await alice.tab.engine.block(bob.id);
  await alice.sees("blocked", () => alice.conversation(bob)!.sendBlock === "blocked");
  await alice.tab.engine.unblock(bob.id);
  await alice.sees("unblocked", () => alice.conversation(bob)!.sendBlock === null);
  await alice.tab.engine.removePerson(bob.id);
  await alice.sees("not connected", () => alice.conversation(bob)!.sendBlock === "not_connected");
  await bob.sees("not connected", () => bob.conversation(alice)!.sendBlock === "not_connected");
});

/** Somebody who has a browser answers the only request with a script. */
async function acceptByCurl({ name: username, password }: TestPerson): Promise<void> {
  const { access_token: token } = await curl("/api/login", { username, password });
  const pending = await curl("/api/connection/pending", null, token);
  await curl("/api/connection/respond", { request_id: pending.items[0]!.id, accept: true }, token);
}

interface Script {
  access_token: string;
  items: { id: string }[];
}

async function curl(path: string, body: unknown, token?: string): Promise<Script> {
  const response = await fetch(services.app.origin + path, {
    method: body === null ? "GET" : "POST",
    headers: {
      "Content-Type": "application/json",
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Script;
}
