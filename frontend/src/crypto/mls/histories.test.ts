/**
 * Random group histories: after every step all members agree on the epoch authenticator and on who is in.
 * `MLS_HISTORIES` sets how many, `MLS_SEED` repeats one; the seed is printed when one fails.
 */

import { expect, test } from "vitest";
import { Group, HYBRID, type MakeCandidate, X25519 } from "../testing/histories";

const COUNT = Number(process.env.MLS_HISTORIES ?? "2");
const SEED = Number(process.env.MLS_SEED ?? String(Math.floor(Math.random() * 2 ** 31)));

/** mulberry32: small, seeded, good enough to choose steps. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

async function history(make: MakeCandidate, seed: number, steps: number, largest: number): Promise<void> {
  const below = random(seed);
  const group = await Group.create(make);
  const anybody = () => group.members[below(group.members.length)]!;
  for (let step = 0; step < steps; step++) {
    const choice = below(10);
    const by = anybody();
    const other = anybody();
    if (choice < 4 && group.members.length < largest) await group.add(by, 1 + below(2));
    else if (choice < 6 && other !== by) await group.remove(by, other);
    else if (choice < 8) await group.update(by);
    else if (choice === 8) group.reload(by);
    await group.agree();
    await group.send(anybody(), `step ${step}`);
  }
}

async function histories(make: MakeCandidate, steps: number, largest: number): Promise<void> {
  for (let run = 0; run < COUNT; run++) {
    const seed = SEED + run;
    await history(make, seed, steps, largest).catch((error: unknown) => {
      throw new Error(`MLS_SEED=${seed} fails`, { cause: error });
    });
  }
  expect(COUNT).toBeGreaterThan(0);
}

test("random histories with our suite", { timeout: 180_000 * COUNT }, () => histories(HYBRID, 12, 6));

test("random histories of larger trees", { timeout: 180_000 * COUNT }, () => histories(X25519, 25, 14));
