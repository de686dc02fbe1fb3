import "fake-indexeddb/auto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import type { WireAccountKeys, WireContributionRequest } from "../../crypto/wire";
import type { FindingKind } from "../../realtime/state";
import { lyingAbout, ofRows } from "./hostileServer";
import { establishWithGhost } from "./notary";
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
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

const findings = (one: TestPerson, other: TestPerson): FindingKind[] =>
  one.conversation(other)?.findings.map(({ kind }) => kind) ?? [];

/** Serves `impostor`'s keys as `victim`'s. */
const swapping = ({ user_id, username }: WireAccountKeys, impostor: WireAccountKeys) =>
  lyingAbout(user_id, () => ({ ...impostor, user_id, username }));

test("P3.2 a first key that is not the one its owner names is refused and named", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  const mallory = await TestPerson.registered(services, "mallory");
  here(alice, bob, mallory);
  alice.browser.network.tampering = swapping(await bob.publishedKeys(), await mallory.publishedKeys());
  await bob.ask(alice);
  await alice.sees("the swapped key", ({ auth }) => auth.findings.some(({ kind }) => kind === "swapped_key"));
  await expect(alice.accept(bob)).rejects.toThrow("swapped_key");
  expect(alice.conversation(bob)).toBeUndefined();
});

const keySwapped = (one: TestPerson, other: TestPerson) => () =>
  one.conversation(other)?.sendBlock === "key_swapped" && findings(one, other).includes("swapped_key");

test("P3.2 a key that is not the one named in the answer is named, and nothing is sent", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  const mallory = await TestPerson.registered(services, "mallory");
  here(alice, bob, mallory);
  alice.browser.network.tampering = swapping(await bob.publishedKeys(), await mallory.publishedKeys());
  await alice.connectTo(bob);
  await alice.sees("the swapped key", keySwapped(alice, bob));
  await alice.writes(bob, "to whom does this go?");
  await alice.crashAndReload();
  await alice.sees("the swapped key after a reload", keySwapped(alice, bob));
  expect(bob.conversation(alice)?.preview ?? null).toBeNull();
});

test("P3.2 one who was shown a false key of the asker answers with it, and the asker is told", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  const mallory = await TestPerson.registered(services, "mallory");
  here(alice, bob, mallory);
  const [genuine, false_] = [await alice.publishedKeys(), await mallory.publishedKeys()];
  const hashOf = async (person: TestPerson) => (await person.tab.crypto.localAccounts())[0]!.keyHash;
  const [hash, falseHash] = [await hashOf(alice), await hashOf(mallory)];
  // To bob the server lies in one piece: keys and request fit each other.
  const lie = <T>(told: T) => JSON.parse(JSON.stringify(told).replaceAll(hash, falseHash)) as T;
  const swapped = swapping(genuine, false_);
  bob.browser.network.tampering = {
    answer: (exchange) => lie(swapped.answer(exchange)),
    frame: (frame) => lie(frame),
  };
  await alice.connectTo(bob);
  await alice.sees("that bob was shown another key", keySwapped(alice, bob));
});

test("P3.2 requests that cross are an answer each: a swap is named there too", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  const mallory = await TestPerson.registered(services, "mallory");
  here(alice, bob, mallory);
  // Alice does not hear of the request before hers crosses it.
  alice.browser.network.tampering = {
    ...swapping(await bob.publishedKeys(), await mallory.publishedKeys()),
    frame: (frame) => (frame.type === "connection_request" ? { type: "pong" } : frame),
  };
  await bob.ask(alice);
  await alice.ask(bob);
  await alice.sees("the swapped key", keySwapped(alice, bob));
});

test("P3.2 a pinned contact's key that changes blocks sending until it is accepted", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const [mallory] = here(await TestPerson.registered(services, "mallory"));
  alice.browser.network.tampering = swapping(await bob.publishedKeys(), await mallory.publishedKeys());
  await alice.crashAndReload();
  await alice.sees("the changed key", () => alice.conversation(bob)?.sendBlock === "key_changed");
  expect(alice.state.connections.people?.[bob.id]).toMatchObject({ trust: "key_changed" });
  await alice.open(bob);
  await alice.writes(bob, "to whom does this go?");
  // What the outbox is told whenever it asks, now and later.
  expect(await alice.tab.crypto.nextOutgoing(alice.conversation(bob)!.id)).toEqual({
    kind: "blocked",
    blocked: { reason: "account_key_changed", userId: bob.id },
  });
  expect(alice.messages(bob).at(-1)?.state).toBe("waiting");
  alice.browser.network.tampering = {};
  await alice.crashAndReload();
  await alice.open(bob);
  await bob.reads(alice, "to whom does this go?");
});

/** Every contribution that reaches this browser names mallory's device as well, signed by the real notary. */
async function haunt(person: TestPerson, people: TestPerson[], ghost: TestPerson): Promise<void> {
  const keys = await Promise.all(people.map((each) => each.publishedKeys()));
  const ghostKeys = await ghost.publishedKeys();
  person.browser.network.tampering = {
    answer: ({ path, request, answer }) => {
      const [, id = ""] = /^\/api\/conversations\/([^/]+)\/contributions$/u.exec(path) ?? [];
      if (id === "") return answer;
      return establishWithGhost(services, id, request as WireContributionRequest, keys, ghostKeys);
    },
  };
}

test("P7.1 a ghost recipient in a founding's contribution is refused and named, and honest keys follow", async () => {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  const mallory = await TestPerson.registered(services, "mallory");
  here(alice, bob, mallory);
  for (const victim of [alice, bob]) await haunt(victim, [alice, bob], mallory);
  await alice.connectTo(bob);
  await bob.sees("the ghost", () => findings(bob, alice).includes("ghost_recipient"));
  await bob.sees("why no keys are made", () => {
    const stage = bob.conversation(alice)?.stage;
    return stage?.kind === "making_keys" && stage.refused?.code === "ghost_recipient";
  });
  for (const victim of [alice, bob]) victim.browser.network.tampering = {};
  await bob.tab.engine.tryKeysAgain(bob.conversation(alice)!.id);
  await Promise.all([alice.open(bob), bob.open(alice)]);
  await alice.writes(bob, "between us");
  await bob.reads(alice, "between us");
});

test("P7.3 a ghost recipient in a rotation's contribution is named, and the keys are renewed without it", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const [mallory] = here(await TestPerson.registered(services, "mallory"));
  await haunt(alice, [alice, bob], mallory);
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  expect(findings(alice, bob)).toEqual(["ghost_recipient"]);
  await bob.sees("the renewal without a contribution", () =>
    bob
      .entries(alice)
      .some((entry) => entry.kind === "notice" && entry.notice.code === "rotated" && !entry.notice.contribution),
  );
  await bob.writes(alice, "in the new epoch");
  await alice.reads(bob, "in the new epoch");
});

test("P5.1 an altered message is refused and named, with its position", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  bob.browser.network.tampering = ofRows((row) =>
    row.kind === "message" ? { ...row, content: `${row.content!.slice(0, -4)}AAAA` } : row,
  );
  await alice.writes(bob, "as I wrote it");
  await bob.sees("the alteration", () => findings(bob, alice).includes("altered"));
  expect(bob.conversation(alice)!.findings[0]!.seq).toBe(2);
  expect(bob.messages(alice)).toEqual([]);
});

test("P5.3 a message that the server leaves out is named", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  bob.browser.network.tampering = ofRows((row) => (row.seq === 2 ? null : row));
  await alice.writes(bob, "the one left out");
  await alice.writes(bob, "the one after");
  await bob.sees("the gap", () => findings(bob, alice).some((kind) => kind === "dropped" || kind === "fork"));
  expect(bob.messages(alice)).toEqual([]);
});

test("P2.1 a server that changes its name is named and not followed", async () => {
  const [alice] = here(await TestPerson.registered(services, "alice"));
  alice.browser.network.tampering = {
    answer: ({ path, answer }) =>
      path === "/api/config" ? { ...(answer as object), server_name: "another-server" } : answer,
  };
  await alice.crashAndReload();
  await alice.sees("the finding", ({ auth }) => auth.findings.some(({ kind }) => kind === "server_name_changed"));
});

test("P3.2 a new browser signs nothing on top of a list of its account that the others know to be old", async () => {
  const [alice] = here(await TestPerson.registered(services, "alice"));
  const [second] = here(await alice.atAnotherBrowser());
  await second.tab.engine.removeBrowser({ password: second.password });
  const own = alice.id;
  await vi.waitFor(async () => {
    const known = await alice.tab.crypto.contact(own);
    expect(known?.listVersion).toBe(3);
    expect(await alice.tab.crypto.pinsToStore()).toBeNull();
  }, PATIENCE_MS);
  const third = alice.beforeAnotherBrowser();
  here(third);
  third.browser.network.tampering = lyingAbout(own, (keys) => {
    return { ...keys, lists: keys.lists.filter(({ version }) => version < 3) };
  });
  await expect(third.signIn()).rejects.toThrow("bad_own_list");
  expect((await alice.publishedKeys()).devices).toHaveLength(2);
  // The store is closed again, and so is what the password opened (P3.4).
  const keys = await alice.publishedKeys();
  const revoke = () => third.tab.crypto.revokeDevice({ keys, deviceId: alice.id });
  await expect(revoke()).rejects.toThrow("not_open");
  await third.tab.crypto.open(own);
  await expect(revoke()).rejects.toThrow("locked");
  third.browser.network.tampering = {};
  await third.signIn();
  expect((await alice.publishedKeys()).devices).toHaveLength(3);
});

test("promise 1: neither database nor logs hold a word of what was written", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const secret = "Zugvogel-7413-плацебо";
  await alice.writes(bob, secret);
  await bob.reads(alice, secret);
  const entries = readdirSync(services.dataDir, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile()).map((each) => readFileSync(join(each.parentPath, each.name)));
  const all = Buffer.concat([...files, Buffer.from(services.app.output), Buffer.from(services.quantum.output)]);
  for (const text of [secret, "Zugvogel", alice.password]) {
    expect(all.includes(text)).toBe(false);
    expect(all.includes(Buffer.from(text).toString("base64url").slice(0, 12))).toBe(false);
  }
  expect(all.includes(alice.name)).toBe(true);
});
