// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";
import { pool, sample } from "../../testing/fixtures/quantum";
import { NOW, receipt } from "../../testing/fixtures/people";
import type { NewestKeys } from "../../realtime/state";

stubBrowser();

const send = () => screen.findByRole("button", { name: "Send the photons" });

describe("the sources of randomness", () => {
  it("are found from the account's menu, and said to be simulated when they are", async () => {
    const { user, where } = renderScenario(scenarios.people);
    await user.click(await screen.findByRole("button", { name: /^Account:/u }));
    await user.click(await screen.findByRole("menuitem", { name: "Quantum" }));
    const heading = await screen.findByRole("heading", { name: "Quantum" });
    expect(where()).toBe("/quantum");
    await waitFor(() => expect(document.activeElement).toBe(heading));
    expect((await screen.findAllByText("Simulator (Qiskit Aer)")).length).toBeGreaterThan(0);
    expect(await screen.findByText("Healthy")).toBeTruthy();
    expect(screen.getByText(/A simulator is no quantum computer/u)).toBeTruthy();
    expect(screen.getByText("98,304 of 131,072 bits")).toBeTruthy();
    const tests = screen.getByRole("table", { name: "Health tests of the newest good block" });
    const rows = within(tests)
      .getAllByRole("row")
      .map((row) => row.textContent);
    expect(rows).toEqual([
      "TestMeasuredAlarm at",
      "Equal bits in a row1735",
      "One value among 1,024561645",
      "Most common value0.987below 0.85",
      "Markov estimate0.993below 0.85",
    ]);
  });

  it("say which test dropped one", async () => {
    const [source] = pool.sources;
    const alarmed = {
      ...source!,
      health: "alarmed" as const,
      last_alarm: { test: "repetition_count", at: "2026-01-01" },
    };
    const entropy = { ...pool, mode: "os-only" as const, sources: [alarmed] };
    renderScenario({ ...scenarios.people, entropy }, "/quantum");
    expect(await screen.findByText("Dropped: its samples failed a test")).toBeTruthy();
    expect(screen.getByText("repetition count")).toBeTruthy();
    expect(screen.getByText(/operating system alone/u)).toBeTruthy();
  });

  it("may be away", async () => {
    renderScenario({ ...scenarios.people, entropy: null }, "/quantum");
    expect(await screen.findByText(/quantum service is away/u)).toBeTruthy();
  });
});

describe("the receipts of conversations", () => {
  const ibm = { ...receipt.parts[0]!, source: "ibm-quantum", backend: "ibm_x", simulated: false, creditedBits: 512 };
  const made = (conversationId: string, at: number, what: NewestKeys["receipt"]) => ({
    conversationId,
    at,
    receipt: what,
  });

  it("name source, device, job, credited bits and tests, and lead to the conversation", async () => {
    const [first, second] = scenarios.full.conversations!;
    const newestKeys = [
      made(first!.id, NOW - 3_600_000, { ...receipt, creditedBits: 512, parts: [ibm] }),
      made(second!.id, NOW - 60_000, null),
      made("unknown here", NOW, receipt),
    ];
    const { user, where } = renderScenario({ ...scenarios.full, newestKeys }, "/quantum");
    const list = within(await screen.findByRole("list", { name: "Receipts of your conversations" }));
    expect(list.getAllByRole("link").map((link) => link.textContent)).toEqual([
      second!.peer.username,
      first!.peer.username,
    ]);
    expect(list.getByText(/without the service’s contribution/u)).toBeTruthy();
    expect(list.getByText(/with 512 credited bits from IBM Quantum\./u)).toBeTruthy();
    expect(list.getByText(/quantum computer of IBM, credited with 512 bits/u)).toBeTruthy();
    expect(list.getByText(/ibm_x, job .*Health tests passed/u)).toBeTruthy();
    expect(list.getByText(/both of its signatures hold/u)).toBeTruthy();
    await user.click(list.getByRole("link", { name: `Keys of ${first!.peer.username}` }));
    await waitFor(() => expect(where()).toBe(`/c/${first!.id}/details`));
  });

  it("are none before there are keys", async () => {
    renderScenario(scenarios.people, "/quantum");
    expect(await screen.findByText(/has made no keys with anybody yet/u)).toBeTruthy();
  });
});

describe("raw samples", () => {
  it("are shown as bits and as a histogram, in words too, with where they came from", async () => {
    renderScenario(scenarios.people, "/quantum");
    expect(
      await screen.findByRole("img", { name: /^4,096 raw bits as squares; [\d,]+ of them are ones\.$/u }),
    ).toBeTruthy();
    const histogram = screen.getByRole("img", { name: /^1,024 groups of four bits/u });
    expect(histogram.getAttribute("aria-label")).toMatch(
      /each of the 16 came \d+ to \d+ times; evenly it would be 64/u,
    );
    expect(screen.getByText(/256 of each of 16 qubits/u)).toBeTruthy();
    expect(screen.getByText(/The block passed its health tests, .*; simulated\./u)).toBeTruthy();
    expect(screen.getByText(/used for nothing/u)).toBeTruthy();
  });

  it("of a block that failed say which test", async () => {
    const stuck = { ...sample, alarm: "repetition_count", bytes: new Uint8Array(512).fill(0xff) };
    renderScenario({ ...scenarios.people, samples: [stuck] }, "/quantum");
    expect(await screen.findByText(/failed a health test: repetition count/u)).toBeTruthy();
    expect(screen.getByRole("img", { name: "4,096 raw bits as squares; 4,096 of them are ones." })).toBeTruthy();
    expect(screen.getByRole("img", { name: /came 0 to 1024 times/u })).toBeTruthy();
  });

  it("may be missing", async () => {
    renderScenario({ ...scenarios.people, samples: [] }, "/quantum");
    expect(await screen.findByText("No source has given anything yet.")).toBeTruthy();
  });
});

describe("a run of BB84", () => {
  it("ends with a key when nobody listens", async () => {
    const { user, did } = renderScenario(scenarios.people, "/quantum");
    await user.click(await send());
    expect(await screen.findByText("A key of 2,261 bits")).toBeTruthy();
    expect(did("runBb84")).toEqual([[{ pulses: 16_384, noise: 0.01, eavesdropper: 0 }]]);
    const photons = within(screen.getByRole("list", { name: "The first photons" })).getAllByRole("listitem");
    expect(photons).toHaveLength(64);
    expect(photons[0]!.textContent).toContain("Alice sent 0 in Z; Bob measured 0 in X; bases differ, dropped");
    expect(screen.getByText(/simulated quantum circuit: it was simulated and counts for nothing/iu)).toBeTruthy();
    expect(screen.getByText(/both of its signatures hold/u)).toBeTruthy();
    expect(screen.getByText(/1\.0 % of the compared bits were wrong .* below the line of 11\.0 %/u)).toBeTruthy();
  });

  it("shows no receipt that this server's key did not sign", async () => {
    const { user } = renderScenario({ ...scenarios.people, unsignedDraws: true }, "/quantum");
    await user.click(await send());
    expect(await screen.findByText(/is not signed by the key that this browser knows/u)).toBeTruthy();
    expect(screen.queryByText(/both of its signatures hold/u)).toBeNull();
  });

  it("ends without one when Eve listens to everything", async () => {
    const { user, did } = renderScenario(scenarios.people, "/quantum");
    await user.click(await screen.findByRole("radio", { name: "To all" }));
    await user.click(await send());
    expect(await screen.findByText("No key: somebody may have listened")).toBeTruthy();
    expect(did("runBb84")).toEqual([[{ pulses: 16_384, noise: 0.01, eavesdropper: 1 }]]);
    expect(screen.getByText(/25\.0 % .* above the line of 11\.0 %/u)).toBeTruthy();
    expect(screen.getAllByText(/Eve measured/u).length).toBeGreaterThan(0);
  });

  it("says when Eve cannot be told from a bad fibre", async () => {
    const { user } = renderScenario(scenarios.people, "/quantum");
    await user.click(await screen.findByRole("radio", { name: "To a fifth" }));
    await user.click(await send());
    expect(await screen.findByText(/Eve was there all the same/u)).toBeTruthy();
  });

  it("says what it is doing, and what went wrong", async () => {
    const { user } = renderScenario({ ...scenarios.people, failures: { runBb84: "never" } }, "/quantum");
    await user.click(await send());
    expect(await screen.findByText("Alice has prepared her photons …")).toBeTruthy();
    expect((await send()).hasAttribute("disabled")).toBe(true);
  });

  it("that broke off can be tried again", async () => {
    const { user } = renderScenario({ ...scenarios.people, failures: { runBb84: "bb84_broke_off" } }, "/quantum");
    await user.click(await send());
    expect((await screen.findByRole("alert")).textContent).toMatch(/The simulation broke off/u);
  });
});
