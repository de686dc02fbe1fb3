import "fake-indexeddb/auto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestPerson, twoConnected } from "./person";
import { Services } from "./services";

const HISTORIES = Number(process.env.HISTORIES ?? "2");
const STEPS = Number(process.env.HISTORY_STEPS ?? "30");
const FIRST = Number(process.env.HISTORY_SEED ?? String(Math.floor(Math.random() * 2 ** 31)));

let services: Services;

beforeAll(async () => {
  services = await Services.start();
});
afterAll(() => services.stop());

/** mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

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

test.each(Array.from({ length: HISTORIES }, (_, index) => FIRST + index))(
  "every message exactly once and in one order on both sides (HISTORY_SEED=%i)",
  async (seed) => {
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
  },
);
