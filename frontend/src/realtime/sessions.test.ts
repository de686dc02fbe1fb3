import { expect, test } from "vitest";
import { TestClock } from "../testing/clock";
import type { Context } from "./context";
import { Jobs } from "./jobs";
import { Sessions, type SessionsDependencies } from "./sessions";

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("whoever asks for new keys again and again gets them once a minute, whatever the clock does", async () => {
  const clock = new TestClock();
  const environment = { clock, random: () => 0, failed: () => undefined };
  const context = { environment, failed: () => undefined, jobs: (work: never) => new Jobs(environment, work) };
  let made = 0;
  const commits = { rotate: () => Promise.resolve(made++) };
  const sessions = new Sessions(context as unknown as Context, { commits } as unknown as SessionsDependencies);
  const ask = async (seconds: number) => {
    sessions.rotationAsked("one");
    clock.advance(0);
    await settled();
    clock.advance(seconds * 1000);
    await settled();
  };
  await ask(0);
  await ask(0);
  await ask(0);
  expect(made).toBe(1);
  await ask(59);
  expect(made).toBe(1);
  await ask(2);
  expect(made).toBe(2);
  clock.shift(-24 * 3_600_000);
  await ask(0);
  expect(made).toBe(3);
});
