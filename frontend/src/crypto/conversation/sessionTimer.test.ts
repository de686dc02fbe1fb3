/** P10.3: the time after which messages of a session disappear is agreed by both, and by nobody else. */

import "fake-indexeddb/auto";
import type { Proposal } from "ts-mls";
import { beforeEach, expect, test } from "vitest";
import { changeBetween, encodeProfile, encodeRoomState, newPolicy } from "../mls/roomState";
import { encodeSessionState } from "../mls/sharedState";
import { EXTENSION } from "../mls/suite";
import { forgeCommit, forgeMessage, postCommit, postMessage } from "../testing/attacker";
import { Browser, established, twoPeople } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";

const HOUR = 3_600;
const world = await twoPeople();
let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

async function post(by: Browser, seconds: number): Promise<void> {
  const step = await by.api.beginRoomAct(id, { act: "timer", seconds });
  if (step.step !== "contribution") throw new Error("keys are missing");
  const { request } = await by.api.finishCommit(id, await service.establish(id, step.request));
  await by.api.commitAccepted(id, await service.commit(id, by.sender, request));
}

async function set(by: Browser, seconds: number): Promise<void> {
  await post(by, seconds);
  for (const browser of [alice, bob]) await browser.sync(id);
}

const timer = async (browser: Browser) => (await browser.api.conversation(id)).timer;

const told = async (browser: Browser) =>
  (await browser.entries(id)).flatMap((entry) =>
    entry.kind === "system" && entry.event === "timer_changed" ? [[entry.userId, entry.text]] : [],
  );

async function lasts(author: Browser): Promise<number | null> {
  const { time, expiresAt } = await author.send(id, "hello");
  for (const browser of [alice, bob]) await browser.sync(id);
  return expiresAt === null ? null : (Date.parse(expiresAt) - Date.parse(time)) / 1000;
}

const proposing = (extensionData: Uint8Array): Proposal => ({
  proposalType: "group_context_extensions",
  groupContextExtensions: { extensions: [{ extensionType: EXTENSION.state, extensionData }] },
});
const hour = proposing(encodeSessionState({ timer: HOUR }));

async function refuses(forged: Parameters<typeof postCommit>[2], code: string): Promise<void> {
  await postCommit(bob, id, forged);
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual([code]);
  expect(await timer(alice)).toBe(0);
  expect(await told(alice)).toEqual([]);
}

test("P10.3 either of two sets the time, both see who did, and new messages last so long", async () => {
  expect([await timer(alice), await lasts(alice)]).toEqual([0, null]);
  await set(alice, HOUR);
  for (const browser of [alice, bob]) expect([await timer(browser), await lasts(browser)]).toEqual([HOUR, HOUR]);
  // Other commits leave it as it is, and one that sets the same is new keys only.
  await alice.rotate(id);
  await bob.sync(id);
  await set(bob, HOUR);
  expect([await timer(alice), await lasts(bob)]).toEqual([HOUR, HOUR]);
  await set(bob, 0);
  expect([await timer(alice), await lasts(alice)]).toEqual([0, null]);
  for (const browser of [alice, bob]) {
    expect(await told(browser)).toEqual([
      [alice.userId, String(HOUR)],
      [bob.userId, "0"],
    ]);
    expect(await browser.problems(id)).toEqual([]);
  }
});

test("P10.3 no message lasts another time than both agreed, whatever a server takes", async () => {
  await postMessage(bob, id, await forgeMessage(bob, id, { data: { expiry: HOUR } }));
  await alice.sync(id);
  expect(await alice.problems(id)).toEqual(["wrong_expiry"]);
  expect(await alice.texts(id)).toEqual([]);
});

test("P10.3 a session has nothing else to change", async () => {
  await expect(alice.api.beginRoomAct(id, { act: "profile", name: "Harbour" })).rejects.toThrow("not_active");
});

test.each<[string, string, () => ReturnType<typeof forgeCommit>]>([
  ["is set, but not said", "commit_details_mismatch", () => forgeCommit(bob, id, { proposals: [hour] })],
  [
    "is said, but not set",
    "commit_details_mismatch",
    () => forgeCommit(bob, id, { details: { session: { timer: HOUR } } }),
  ],
  [
    "is another than is said",
    "commit_details_mismatch",
    () => forgeCommit(bob, id, { proposals: [hour], details: { session: { timer: 2 * HOUR } } }),
  ],
  [
    "is said although it stays",
    "commit_details_mismatch",
    () =>
      forgeCommit(bob, id, {
        proposals: [proposing(encodeSessionState({ timer: 0 }))],
        details: { session: { timer: 0 } },
      }),
  ],
  [
    "is not a time",
    "bad_room_state",
    () => forgeCommit(bob, id, { proposals: [proposing(encodeSessionState({ timer: 2 ** 32 }))] }),
  ],
  ["comes as the state of a room", "commit_forbidden_proposal", () => forgeRoom()],
])("P6.6 P10.3 a commit whose time %s is refused", async (_name, code, forge) => {
  await refuses(await forge(), code);
});

async function forgeRoom() {
  const policy = newPolicy(bob.userId);
  const profile = encodeProfile({ name: "Harbour", topic: "", avatar: new Uint8Array() });
  const state = { policy, profile, welcomeKeys: [] };
  const proposals = [proposing(encodeRoomState(state))];
  return forgeCommit(bob, id, { proposals, details: { room: await changeBetween(null, state) } });
}

test("P10.3 another browser that comes later knows the time from the group", async () => {
  ({ alice, bob, service, id } = await established(await twoPeople(["ada", "basil"])));
  await set(alice, HOUR);
  const second = await Browser.signIn(service, bob.username, bob.userId);
  await second.meet(alice);
  for (const browser of [alice, bob]) await browser.learn(bob.userId);
  await second.sync(id);
  expect(await timer(second)).toBe(0);
  await second.ask(id);
  await alice.heal(id);
  await second.sync(id);
  expect([await timer(second), await second.problems(id)]).toEqual([HOUR, []]);
  expect(await told(second)).toEqual([]);
});

/** A commit of Alice's that Bob cannot follow; he asks, and has waited long enough. */
async function forsake(commit: () => Promise<void>, more: (record: Record<string, unknown>) => void = () => undefined) {
  await commit();
  service.conversation(id).rows.at(-1)!.contribution = null;
  await bob.sync(id);
  await bob.ask(id);
  await bob.sync(id);
  bob = await bob.tampered(`conversation/${id}`, (record) => {
    record.asked = { ...(record.asked as object), at: Date.now() - 120_000 };
    more(record);
  });
  await bob.sync(id);
  await bob.beginAnew(id);
  await alice.sync(id);
}

test("P9.3 P10.3 a new generation goes on with the time, and one that somebody could not follow is undone", async () => {
  await set(alice, HOUR);
  await forsake(() => post(alice, 2 * HOUR));
  for (const browser of [alice, bob]) {
    expect((await browser.api.conversation(id)).generation).toBe(1);
    expect([await timer(browser), await lasts(browser)]).toEqual([HOUR, HOUR]);
  }
  expect(await told(alice)).toEqual([
    [alice.userId, String(HOUR)],
    [alice.userId, String(2 * HOUR)],
    [bob.userId, String(HOUR)],
  ]);
  expect(await told(bob)).toEqual([[alice.userId, String(HOUR)]]);
  await set(bob, 0);
  expect([await timer(alice), await lasts(alice)]).toEqual([0, null]);
});

test("P9.3 P10.3 a generation that sets another time than that of the last good epoch is refused", async () => {
  await set(alice, HOUR);
  const forgets = (record: Record<string, unknown>) => {
    record.timer = 0;
  };
  await forsake(() => alice.rotate(id), forgets);
  expect(await alice.problems(id)).toContain("generation_refused");
  expect((await alice.api.conversation(id)).blocked).toEqual({ reason: "generation_refused" });
});

test("P10.3 a session from before there was a time goes on, and can get one", async () => {
  bob = await bob.tampered(`conversation/${id}`, (record) => {
    delete record.timer;
  });
  await bob.sync(id);
  expect([await timer(bob), await lasts(bob)]).toEqual([0, null]);
  await set(bob, HOUR);
  expect([await timer(alice), await lasts(bob)]).toEqual([HOUR, HOUR]);
});
