import { expect, test, vi } from "vitest";
import type { Row } from "../api/types";
import type { Need } from "../crypto/client";
import { TestClock } from "../testing/clock";
import type { Context } from "./context";
import { Jobs } from "./jobs";
import { Log, type LogDependencies } from "./log";

const ID = "room";
const PATIENCE = { timeout: 30_000, interval: 1 };
const row = (seq: number) => ({ seq }) as Row;

/** A log of which every row speaks of somebody whose keys are known only after they were fetched `answers` times. */
function rowsThatLackKeys(answers: number) {
  const clock = new TestClock();
  const environment = { clock, random: () => 0, failed: () => undefined };
  const pages: number[] = [];
  let verifiedSeq = 0;
  let fetched = 0;
  const conversation = () => ({ id: ID, verifiedSeq, loggedSeq: verifiedSeq });
  const crypto = {
    conversation: () => Promise.resolve(conversation()),
    receive: (_id: string, rows: Row[]) => {
      const missing: Need[] = [{ kind: "account_keys", userId: "anna", since: 0 }];
      const needs = fetched < answers && rows.length > 0 ? missing : [];
      if (needs.length === 0) verifiedSeq = Math.max(verifiedSeq, ...rows.map(({ seq }) => seq));
      return Promise.resolve({ conversation: conversation(), entries: [], needs });
    },
  };
  const get = (_path: string, { query }: { query: { after: number } }) => {
    pages.push(query.after);
    return Promise.resolve({ items: query.after === 0 ? [row(1)] : [], head: { seq: 1 } });
  };
  const context = { environment, crypto, api: { get }, jobs: (work: never) => new Jobs(environment, work) };
  const learnMany = () => Promise.resolve((fetched += 1));
  const log = new Log(
    context as unknown as Context,
    {
      conversations: { took: () => Promise.resolve() },
      directory: { learnMany },
      acknowledge: () => true,
      advanced: () => undefined,
    } as unknown as LogDependencies,
  );
  /** Waits until these pages were asked for, and the row is taken. */
  const asks = (...after: number[]) =>
    vi.waitFor(() => {
      clock.advance(60_000);
      expect([verifiedSeq, pages]).toEqual([1, after]);
    }, PATIENCE);
  return { log, asks };
}

test("P6.9 a row that lacked keys is taken as it came when they are here, and does not come again", async () => {
  const { log, asks } = rowsThatLackKeys(1);
  await log.received(ID, [row(1)], 1);
  await asks(1);
});

test("P6.9 keys that one answer did not bring are asked for again", async () => {
  const { log, asks } = rowsThatLackKeys(2);
  await log.received(ID, [row(1)], 1);
  await asks(0, 1);
});

test("P6.9 a row that was pulled is not pulled again with what it lacked", async () => {
  const { log, asks } = rowsThatLackKeys(1);
  log.pull(ID);
  await asks(0, 1);
});
