import "fake-indexeddb/auto";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Crowd, type Figures } from "./crowd";
import { Services } from "./services";

/** Ascending; `python -m tests.bench --only rooms` measures 2, 10, 50 and 200. */
const SIZES = (process.env.CROWD ?? "4").split(",").map(Number);
/** How often each step is measured at each size. */
const ROUNDS = Number(process.env.CROWD_ROUNDS ?? 1);
const HOURS_MS = 3 * 3_600_000;

let services: Services;

beforeAll(async () => {
  // Whoever listens at the end shows the token of the beginning.
  services = await Services.start({ TOKEN_EXPIRE_MINUTES: "600" });
});
afterAll(() => services.stop());

test(
  "a room grows; whoever is in it adds, joins, rotates, writes and is removed, at every size",
  async () => {
    const crowd = await Crowd.open(services);
    const figures: Figures[] = [];
    for (const size of SIZES) {
      figures.push(await crowd.figures(size, ROUNDS));
      if (process.env.CROWD_FIGURES !== undefined) writeFileSync(process.env.CROWD_FIGURES, JSON.stringify(figures));
    }
    for (const { members, rounds, told } of figures) {
      expect(rounds).toHaveLength(ROUNDS);
      for (const { message } of rounds) expect(message.bytes).toBeGreaterThan(0);
      // Beside the owner, the second member, and the one who came and went.
      expect(told.listening).toBe(Math.max(0, members - 3));
    }
    expect(crowd.defects).toEqual([]);
    crowd.leave();
  },
  HOURS_MS,
);
