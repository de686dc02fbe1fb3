import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MessageEntry } from "../../realtime/state";
import { type TestPerson, twoConnected } from "./person";
import { Services } from "./services";

let services: Services;
let present: TestPerson[] = [];

beforeEach(async () => {
  services = await Services.start();
});
afterEach(async () => {
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
  await services.stop();
});

const seen = (who: TestPerson, other: TestPerson, what: string, look: (all: MessageEntry[]) => boolean) =>
  who.sees(what, () => look(who.messages(other)));

/** One of two sets a time, the other takes it back: what was written between is gone for both, and what comes later stays. */
async function disappears(one: TestPerson, other: TestPerson, id: string): Promise<void> {
  await one.tab.engine.setTimer(id, 2);
  const told = { kind: "notice", notice: { code: "timer_changed", by: one.id, seconds: 2 } };
  await other.sees("who set the time", () =>
    other.entries(one).some((entry) => entry.kind === "notice" && entry.notice.code === "timer_changed"),
  );
  expect(other.entries(one)).toContainEqual(expect.objectContaining(told));
  const before = other.messages(one).map(({ text }) => text);
  await other.tab.engine.send(id, "not for long", "secured");
  // What waits for the next epoch would last as long as that one says.
  await other.sees("it on its way", () => other.messages(one).every(({ state }) => state === "sent"));
  await other.tab.engine.setTimer(id, 0);
  await other.tab.engine.send(id, "this stays", "secured");
  for (const [who, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    const texts = () => who.messages(peer).map(({ text }) => text);
    await who.sees("only what stays", () => texts().join() === [...before, "this stays"].join());
  }
}

test("P10.3 answers, reactions, edits, deletions, pins and times reach everybody, and outlast a crash and time without a line", async () => {
  const [alice, bob] = await twoConnected(services);
  present = [alice, bob];
  const id = alice.conversation(bob)!.id;
  await alice.writes(bob, "lemmon cake");
  await alice.writes(bob, "the code is 4711");
  const cake = (await bob.reads(alice, "lemmon cake")).id;
  const code = (await bob.reads(alice, "the code is 4711")).id;

  await bob.tab.engine.send(id, "with nuts?", "secured", cake);
  await bob.tab.engine.react(id, cake, "🎉", true);
  await alice.reads(bob, "with nuts?");
  await seen(alice, bob, "a reaction", ([first]) => first!.reactions.length === 1);
  await alice.tab.engine.editMessage(id, cake, "lemon cake");
  await alice.tab.engine.deleteMessage(id, code);
  const settled = ([first, second, third]: MessageEntry[]) =>
    first?.text === "lemon cake" && second?.deletedAt != null && third?.quote?.text === "lemon cake";
  await seen(bob, alice, "the edit and the deletion", settled);
  await bob.tab.engine.pin(id, cake, true);
  const pins = (who: TestPerson, other: TestPerson) => who.conversation(other)!.pinned.map(({ text }) => text);
  for (const [who, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await who.sees("the pin told", () =>
      who.entries(other).some((entry) => entry.kind === "notice" && entry.notice.code === "pinned"),
    );
    await who.sees("the pin", () => pins(who, other).join() === "lemon cake");
  }
  await alice.sees("all logged", () => alice.messages(bob).every(({ pending }) => pending === null));
  const want = [
    { text: "lemon cake", earlier: [{ text: "lemmon cake" }], reactions: [{ emoji: "🎉", by: [bob.id] }] },
    { text: "", earlier: [], reactions: [] },
    { text: "with nuts?", quote: { messageId: cake, authorId: alice.id, text: "lemon cake", lacks: null } },
  ];
  expect(alice.messages(bob)).toMatchObject(want);
  expect(bob.messages(alice)).toMatchObject(want);

  await services.app.end("SIGKILL");
  await bob.tab.engine.react(id, cake, "🎉", false);
  await bob.crashAndReload();
  await services.app.start();
  await bob.open(alice);
  await seen(alice, bob, "the reaction gone", ([first]) => first!.reactions.length === 0);
  await seen(bob, alice, "it logged", ([first]) => first?.pending === null);
  expect(bob.messages(alice)).toMatchObject([{ ...want[0], reactions: [] }, want[1], want[2]]);
  expect(pins(bob, alice)).toEqual(["lemon cake"]);
  await disappears(alice, bob, id);
  for (const person of [alice, bob]) expect(person.conversation(person === alice ? bob : alice)!.findings).toEqual([]);
});
