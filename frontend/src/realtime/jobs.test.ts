import { beforeEach, expect, test } from "vitest";
import { ApiError } from "../api/errors";
import { TestClock } from "../testing/clock";
import { Jobs, type Verdict } from "./jobs";

let clock: TestClock;
let runs: string[];
let failures: unknown[];
let answers: (Verdict | Error)[];
let jobs: Jobs;

beforeEach(() => {
  clock = new TestClock();
  runs = [];
  failures = [];
  answers = [];
  jobs = new Jobs({ clock, random: () => 1, failed: (error) => failures.push(error) }, (key) => {
    runs.push(key);
    const answer = answers.shift() ?? "done";
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
async function pass(ms: number) {
  clock.advance(ms);
  await settled();
}

test("kicks before it runs are one run, and a kick while it runs is one more", async () => {
  jobs.kick("a");
  jobs.kick("a");
  clock.advance(0);
  jobs.kick("a");
  jobs.kick("a");
  await settled();
  await pass(0);
  await pass(0);
  expect(runs).toEqual(["a", "a"]);
});

test("a failed run is told of and repeated with growing waits until it is done", async () => {
  answers = [new Error("one"), new Error("two"), "done"];
  jobs.kick("a");
  await pass(0);
  await pass(999);
  expect(runs).toHaveLength(1);
  await pass(1);
  expect(runs).toHaveLength(2);
  await pass(2000);
  await pass(60_000);
  expect(runs).toHaveLength(3);
  expect(failures).toHaveLength(2);
});

test("the server's Retry-After is kept, and a kick does not wait for it", async () => {
  answers = [new ApiError("quantum_service_unavailable", "", 503, 20), "done"];
  jobs.kick("a");
  await pass(0);
  await pass(19_999);
  expect(runs).toHaveLength(1);
  jobs.kick("a");
  await pass(0);
  expect(runs).toHaveLength(2);
});

test("a later kick does not put off an earlier one", async () => {
  jobs.kick("a", 100);
  jobs.kick("a", 5000);
  await pass(100);
  expect(runs).toEqual(["a"]);
  await pass(10_000);
  expect(runs).toEqual(["a"]);
});

test("after stop nothing runs any more", async () => {
  answers = [{ again: 10 }];
  jobs.kick("a");
  await pass(0);
  jobs.stop();
  jobs.kick("b");
  await pass(1000);
  expect(runs).toEqual(["a"]);
});

test("a line that is back ends the waiting of what failed, and no other", async () => {
  answers = [{ again: 5_000 }, new Error("no line"), "retry", new ApiError("too_many_requests", "", 429, 20)];
  for (const key of ["regular", "failed", "repeated", "asked to wait"]) {
    jobs.kick(key);
    await pass(0);
  }
  jobs.wake();
  await pass(0);
  expect(runs.slice(4)).toEqual(["failed", "repeated"]);
  jobs.wake();
  await pass(0);
  expect(runs).toHaveLength(6);
});
