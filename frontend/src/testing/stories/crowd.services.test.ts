import "fake-indexeddb/auto";
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Crowd, type Figures } from "./crowd";
import { Services } from "./services";

/** Ascending; `python -m tests.bench --only rooms` measures 2, 10, 50 and 200. */
const SIZES = (process.env.CROWD ?? "3").split(",").map(Number);
const HOURS_MS = 3 * 3_600_000;

let services: Services;

beforeAll(async () => {
  services = await Services.start();
});
afterAll(() => services.stop());

test(
  "a room grows; whoever is in it adds, joins, rotates, writes and is removed, at every size",
  async () => {
    const crowd = await Crowd.open(services);
    const figures: Figures[] = [];
    for (const size of SIZES) {
      figures.push(await crowd.figures(size));
      if (process.env.CROWD_FIGURES !== undefined) writeFileSync(process.env.CROWD_FIGURES, JSON.stringify(figures));
    }
    expect(figures.map(({ members, message }) => [members, message.bytes > 0])).toEqual(
      SIZES.map((size) => [size, true]),
    );
    expect(crowd.defects).toEqual([]);
    crowd.leave();
  },
  HOURS_MS,
);
