import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Row } from "../../api/types";
import type { MessageEntry } from "../../realtime/state";
import type { Exchange } from "./network";
import { type TestPerson, twoConnected } from "./person";
import { Services } from "./services";

let services: Services;
let present: TestPerson[] = [];

beforeAll(async () => {
  services = await Services.start();
});
beforeEach(() => services.restore());
afterEach(() => {
  for (const person of present.splice(0)) {
    expect(person.tab.defects).toEqual([]);
    person.leave();
  }
});
afterAll(() => services.stop());

async function pair(): Promise<[TestPerson, TestPerson]> {
  present = await twoConnected(services);
  return [present[0]!, present[1]!];
}

const GOOD = { falcon: "valid", ecdsa: "valid", receipt: "valid" };

const saw = (reader: TestPerson, writer: TestPerson, text: string): MessageEntry =>
  reader.messages(writer).find((message) => message.text === text)!;

/** Changes every critical row on its way to this browser, by socket and by pull. */
const tampered = (change: (row: Row) => void) => {
  const changed = (rows: unknown) => {
    for (const row of rows as Row[]) if (row.message_type === "critical") change(row);
  };
  return {
    frame: (frame: Record<string, unknown>) => {
      if (frame.type === "message_receive") changed(frame.rows);
      return frame;
    },
    answer: ({ path, answer }: Exchange) => {
      if (path === "/api/messages") changed((answer as { items: unknown }).items);
      return answer;
    },
  };
};

test("P8.1 P8.2 critical messages both ways, while quantum_service goes away and comes back", async () => {
  const [alice, bob] = await pair();
  await alice.writes(bob, "the bridge is closed", "critical");
  await bob.reads(alice, "the bridge is closed");
  await bob.writes(alice, "understood", "critical");
  await alice.reads(bob, "understood");
  for (const [reader, writer] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    for (const text of ["the bridge is closed", "understood"]) {
      expect(saw(reader, writer, text)).toMatchObject({ critical: GOOD, faults: [] });
    }
  }
  await services.quantum.end("SIGKILL");
  await alice.writes(bob, "take the ferry", "critical");
  await alice.writes(bob, "leave at six", "critical");
  await alice.sees("quantum_service away", ({ line }) => !line.quantum);
  await alice.writes(bob, "are you there?");
  await bob.reads(alice, "are you there?");
  expect(saw(alice, bob, "take the ferry")).toMatchObject({ state: "waiting", critical: { receipt: null } });
  await services.quantum.start();
  await bob.reads(alice, "leave at six");
  await alice.sees("all sent", () => alice.messages(bob).every(({ state }) => state === "sent"));
  const texts = ["the bridge is closed", "understood", "are you there?", "take the ferry", "leave at six"];
  expect(await bob.history(alice)).toEqual(texts);
  expect(await alice.history(bob)).toEqual(texts);
  for (const text of ["take the ferry", "leave at six"]) {
    expect(saw(bob, alice, text)).toMatchObject({ critical: GOOD, faults: [] });
    expect(saw(alice, bob, text)).toMatchObject({ critical: GOOD, faults: [] });
  }
  expect(bob.conversation(alice)!.findings).toEqual([]);
  expect(alice.conversation(bob)!.findings).toEqual([]);
});

test("P8.2 a stripped signature, a flipped type and a foreign receipt are named, and heal where they can", async () => {
  const [alice, bob] = await pair();
  const kinds = () => bob.conversation(alice)!.findings.map(({ kind }) => kind);
  const receipts: Row["receipt"][] = [];
  bob.browser.network.tampering = tampered((row) => {
    receipts.push(row.receipt);
    row.message_type = "secured";
  });
  await alice.writes(bob, "flipped", "critical");
  await bob.reads(alice, "flipped");
  expect(saw(bob, alice, "flipped")).toMatchObject({ critical: GOOD, faults: ["flipped_type"] });
  bob.browser.network.tampering = tampered((row) => {
    row.receipt = receipts[0]!;
  });
  await alice.writes(bob, "with another's receipt", "critical");
  await bob.reads(alice, "with another's receipt");
  expect(saw(bob, alice, "with another's receipt").faults).toEqual(["other_receipt"]);
  bob.browser.network.tampering = tampered((row) => {
    row.signature_falcon = row.signature_ecdsa = null;
  });
  await alice.writes(bob, "stripped", "critical");
  await bob.sees("the missing signature", () => kinds().includes("unsigned"));
  expect(bob.messages(alice).map(({ text }) => text)).not.toContain("stripped");
  bob.browser.network.tampering = {};
  await bob.crashAndReload();
  await bob.open(alice);
  await bob.reads(alice, "stripped");
  expect(saw(bob, alice, "stripped")).toMatchObject({ critical: GOOD, faults: [] });
});
