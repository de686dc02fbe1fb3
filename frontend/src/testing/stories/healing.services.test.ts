import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { WireRow, WireSession } from "../../crypto/wire";
import type { Notice } from "../../realtime/state";
import { type TestPerson, twoConnected } from "./person";
import { Services } from "./services";

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

const notices = (one: TestPerson, other: TestPerson): Notice["code"][] =>
  one.entries(other).flatMap((entry) => (entry.kind === "notice" ? [entry.notice.code] : []));

async function talk(one: TestPerson, other: TestPerson, word: string): Promise<void> {
  await one.writes(other, `${word}, says ${one.name}`);
  await other.reads(one, `${word}, says ${one.name}`);
  await other.writes(one, `${word}, says ${other.name}`);
  await one.reads(other, `${word}, says ${other.name}`);
}

/** The contribution of the row at `seq` never reaches this browser: it cannot follow the renewal. */
function starve(person: TestPerson, seq: number): void {
  const edit = (row: WireRow) => (row.seq === seq ? { ...row, contribution: null } : row);
  person.browser.network.tampering = {
    frame: (frame) => ("rows" in frame ? { ...frame, rows: (frame.rows as WireRow[]).map(edit) } : frame),
    answer: ({ path, answer }) =>
      path === "/api/messages"
        ? { ...(answer as object), items: (answer as { items: WireRow[] }).items.map(edit) }
        : answer,
  };
}

test("P9.2 a browser that cannot follow a renewal is added again by the other's, and both read on", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await talk(alice, bob, "before");
  starve(bob, 4);
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  await bob.sees("that it was added again", () => notices(bob, alice).includes("readded_here"));
  await talk(alice, bob, "after");
  expect(notices(bob, alice)).toEqual(["keys_made", "finding", "lost_here", "readded_here"]);
  expect(notices(alice, bob)).toEqual(["keys_made", "rotated", "device_lost", "device_readded"]);
  expect(alice.conversation(bob)!.findings).toEqual([]);
  expect((await bob.history(alice)).slice(-2)).toEqual((await alice.history(bob)).slice(-2));
});

test("P9.4 what a browser missed while it could not follow is sent again by its author, and stands where it was", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await talk(alice, bob, "before");
  starve(bob, 4);
  bob.browser.network.disconnect();
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  await alice.writes(bob, "missed by bob");
  const written = await alice.sees("that it is sent", () =>
    alice.messages(bob).find(({ text, state }) => text === "missed by bob" && state === "sent"),
  );
  bob.browser.network.reconnect();
  const back = await bob.reads(alice, "missed by bob");
  expect(back).toMatchObject({ id: written.id, position: written.position, resent: { proven: true } });
  await bob.sees("that nothing is missing", () =>
    bob.entries(alice).some((entry) => entry.kind === "notice" && isWhole(entry.notice)),
  );
  await talk(bob, alice, "after");
  expect(await bob.history(alice)).toEqual(await alice.history(bob));
  expect(alice.conversation(bob)!.findings).toEqual([]);
});

const isWhole = (notice: Notice) => notice.code === "readded_here" && notice.missed === 0;

test("P9.2 a person whose only browser was wiped signs in anew, and both read on", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await talk(alice, bob, "before");
  bob.leave();
  const [again] = here(await bob.atAnotherBrowser());
  await again.open(alice);
  await alice.writes(bob, "are you back?");
  await again.reads(alice, "are you back?");
  await again.writes(alice, "with a new browser");
  await alice.reads(again, "with a new browser");
  expect(notices(again, alice)).toEqual(["before_this_browser"]);
  expect(notices(alice, bob)).toEqual(["keys_made", "device_added"]);
});

test("P9.2 what a lost browser wrote waits, also over a reload, and goes out when it was added again", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  starve(bob, 2);
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  alice.browser.network.disconnect();
  await bob.sees("that it waits", () => bob.conversation(alice)?.stage.kind === "being_added");
  await bob.writes(alice, "written without keys");
  await bob.crashAndReload();
  alice.browser.network.reconnect();
  await bob.open(alice);
  await alice.reads(bob, "written without keys");
  await talk(alice, bob, "after");
});

test("P9.2 a request that the server invents is named, and takes nobody out", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  const { members } = await bob.tab.crypto.details(bob.conversation(alice)!.id);
  const device = members.find(({ userId }) => userId === bob.id)!;
  const request = { user_id: bob.id, device_id: device.deviceId, statement: "AAAA", signature: "AAAA" };
  const invent = (session: WireSession) => ({ ...session, lost: [request] });
  alice.browser.network.tampering = {
    answer: ({ path, answer }) =>
      path === "/api/sessions" ? { items: (answer as { items: WireSession[] }).items.map(invent) } : answer,
  };
  await alice.crashAndReload();
  await alice.open(bob);
  await alice.sees("the invention", () =>
    alice.conversation(bob)!.findings.some(({ kind }) => kind === "forged_request"),
  );
  await talk(alice, bob, "still here");
  expect(notices(bob, alice)).toEqual(["keys_made"]);
});

test("P9.3 when a commit was spoiled for everybody the conversation begins anew, and both read on", async () => {
  const [alice, bob] = here(...(await twoConnected(services)));
  await talk(alice, bob, "before");
  alice.browser.network.tampering = {
    request: (path, body) => {
      if (!path.endsWith("/commits")) return body;
      const { commit, ...rest } = body as { commit: string };
      return { ...rest, commit: `${commit.slice(0, -8)}AAAAAAAA` };
    },
  };
  await expect(alice.tab.engine.rotate(alice.conversation(bob)!.id)).rejects.toThrow();
  await bob.sees("that it was lost", () => notices(bob, alice).includes("lost_here"));
  await bob.writes(alice, "written while all was lost");
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await one.sees("the new group", () => notices(one, other).includes("new_group"));
  }
  await alice.reads(bob, "written while all was lost");
  await talk(alice, bob, "after");
  expect(notices(alice, bob)).toEqual(["keys_made", "finding", "lost_here", "new_group"]);
  expect(notices(bob, alice)).toEqual(["keys_made", "finding", "lost_here", "new_group"]);
  expect(await bob.history(alice)).toEqual(await alice.history(bob));
  alice.browser.network.tampering = {};
  await alice.tab.engine.rotate(alice.conversation(bob)!.id);
  await talk(bob, alice, "renewed");
});
