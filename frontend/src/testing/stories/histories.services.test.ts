import "fake-indexeddb/auto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seeded } from "../seeded";
import { TestPerson, twoConnected } from "./person";
import { check, quiet } from "./roomChecks";
import { RoomHistory } from "./roomHistory";
import { ServerLog } from "./serverLog";
import { Services } from "./services";

const HISTORIES = Number(process.env.HISTORIES ?? "2");
const STEPS = Number(process.env.HISTORY_STEPS ?? "30");
/** In a room: shorter ones, of more people. */
const DEEDS = Number(process.env.HISTORY_STEPS ?? "15");
/** What is drawn for everybody's every day is always the same; hundreds come by hand (tests/README.md). */
const FIRST = Number(process.env.HISTORY_SEED ?? "1");

const seeds = Array.from({ length: HISTORIES }, (_, index) => FIRST + index);

let services: Services;

beforeAll(async () => {
  services = await Services.start();
});
afterAll(() => services.stop());

async function step(actor: TestPerson, other: TestPerson, random: () => number, text: string): Promise<string | null> {
  const choice = random();
  const { network } = actor.browser;
  if (choice < 0.5) {
    await actor.writes(other, text);
    return text;
  }
  if (choice < 0.65) {
    // Without a line, or against a faster one, it is refused by name; that is part of the history.
    void actor.tab.engine.rotate(actor.conversation(other)!.id).catch(() => undefined);
  } else if (choice < 0.75) network.disconnect();
  else if (choice < 0.9) {
    network.reconnect();
    actor.tab.engine.reconnectNow();
  } else if (choice < 0.97) {
    await actor.crashAndReload();
    await actor.open(other);
  } else {
    await services.app.end("SIGKILL");
    await services.app.start();
  }
  return null;
}

test.each(seeds)("every message exactly once and in one order on both sides (HISTORY_SEED=%i)", async (seed) => {
  const random = seeded(seed);
  const [alice, bob] = await twoConnected(services);
  const sent: string[] = [];
  for (let index = 0; index < STEPS; index++) {
    const [actor, other] = random() < 0.5 ? [alice, bob] : [bob, alice];
    const text = await step(actor, other, random, `${index} from ${actor.name}`);
    if (text !== null) sent.push(text);
    await new Promise((resolve) => setTimeout(resolve, random() * 150));
  }
  for (const person of [alice, bob]) {
    person.browser.network.reconnect();
    person.tab.engine.reconnectNow();
  }
  for (const [person, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    await person.sees("all messages", () => {
      const messages = person.messages(other);
      return messages.length >= sent.length && messages.every(({ state }) => state === "sent");
    });
  }
  const [hers, his] = [await alice.history(bob), await bob.history(alice)];
  expect(hers.toSorted()).toEqual(sent.toSorted());
  expect(his).toEqual(hers);
  for (const name of [alice.name, bob.name]) {
    const own = hers.filter((text) => text.endsWith(name));
    expect(own).toEqual(sent.filter((text) => text.endsWith(name)));
  }
  expect(alice.conversation(bob)!.findings).toEqual([]);
  expect(bob.conversation(alice)!.findings).toEqual([]);
  for (const person of [alice, bob]) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});

describe("rooms", () => {
  const NAMES = ["olga", "mona", "anna", "ben", "carl"];
  let crew: TestPerson[];
  let log: ServerLog;

  beforeAll(async () => {
    crew = await Promise.all(NAMES.map((name) => TestPerson.registered(services, name)));
    log = new ServerLog(services);
    await log.introduce(crew);
  });
  afterAll(() => {
    for (const person of crew) person.leave();
    log.close();
  });

  test.each(seeds)(
    "P10.1 every member reads every message exactly once, and nobody else (HISTORY_SEED=%i)",
    async (seed) => {
      const history = await RoomHistory.begin(services, crew, seeded(seed));
      try {
        for (let index = 0; index < DEEDS; index++) await history.step();
        await history.end();
        await quiet(history, log);
        await check(history, log);
      } catch (error) {
        throw new Error(`what was done: ${history.told.join(", ")}`, { cause: error });
      }
    },
  );
});
