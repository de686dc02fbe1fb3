// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { changes } from "../../realtime/changes";
import type { Conversation, FindingKind } from "../../realtime/state";
import { findingWords } from "../../app/words/findings";
import { bob, details, NOW, OTHER_KEY, PEER_KEY, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios, type Scenario } from "../../testing/fixtures/scenarios";

stubBrowser();

const BOB = uuid(100);
const PATH = `/c/${BOB}/details`;
const panel = () => screen.findByRole("complementary", { name: "Details of bob" });

describe("details", () => {
  it("says not verified until the numbers were compared, then verified, and takes it back", async () => {
    const { user, did } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    expect(aside.getByRole("heading", { name: "Details" })).toBe(document.activeElement);
    expect(aside.getByText("Not verified")).toBeTruthy();
    const number = await aside.findByRole("img", { name: /^Safety number: 34902, 17750,/u });
    expect(number.textContent.length).toBe(60);
    await user.click(aside.getByRole("button", { name: "They are the same: mark as verified" }));
    expect(did("setVerified")).toEqual([[bob.id, PEER_KEY]]);
    expect(await aside.findByText(/You compared these numbers today/u)).toBeTruthy();
    await user.click(aside.getByRole("button", { name: "Take the mark back" }));
    expect(did("setVerified").at(-1)).toEqual([bob.id, null]);
  });

  it("P3.2 a key that changed while one looked is not marked: the page says so, and shows the new one", async () => {
    const failures = { setVerified: "key_changed_meanwhile" };
    const { user, store } = renderScenario({ ...scenarios.full, failures }, PATH);
    const aside = within(await panel());
    await user.click(await aside.findByRole("button", { name: "They are the same: mark as verified" }));
    const fresh = { ...details(bob), peerKeyHash: OTHER_KEY, safetyNumber: "1".repeat(60) };
    act(() => {
      store.dispatch(changes.person({ ...bob, trust: "key_changed", trustSince: NOW, keyHash: OTHER_KEY }));
      store.dispatch(changes.details({ conversationId: BOB, details: fresh }));
    });
    expect((await aside.findByRole("alert")).textContent).toContain("The keys changed again while you looked");
    expect(aside.getByRole("img", { name: /^Safety number: 11111, 11111/u })).toBeTruthy();
    expect(aside.queryByRole("button", { name: /mark as verified/u })).toBeNull();
  });

  it("P3.2 accepting a changed key names the very key whose number stands there", async () => {
    const { user, did, store } = renderScenario(scenarios["key-changed"], PATH);
    const aside = within(await panel());
    await aside.findByRole("img", { name: /^Safety number/u });
    act(() => {
      store.dispatch(changes.details({ conversationId: BOB, details: { ...details(bob), peerKeyHash: OTHER_KEY } }));
    });
    await user.click(aside.getByRole("button", { name: "I asked: accept the new keys" }));
    expect(did("acceptKeyChange")).toEqual([[bob.id, OTHER_KEY]]);
  });

  it("P3.2 of two first keys the person chooses the one whose number the other side has", async () => {
    const { user, did, store } = renderScenario(scenarios["keys-differ"], PATH);
    const aside = within(await panel());
    expect(aside.getByText("Your browsers saw different keys for bob")).toBeTruthy();
    const here = within(await aside.findByRole("region", { name: "What this browser saw" }));
    const elsewhere = within(aside.getByRole("region", { name: "What your other browser saw" }));
    expect(here.getByRole("img", { name: /^Safety number: 34902,/u })).toBeTruthy();
    expect(elsewhere.getByRole("img", { name: /^Safety number: 77777,/u })).toBeTruthy();
    await user.click(elsewhere.getByRole("button", { name: "bob has this one" }));
    await user.click(here.getByRole("button", { name: "bob has this one" }));
    expect(did("settleKeys")).toEqual([
      [bob.id, OTHER_KEY],
      [bob.id, PEER_KEY],
    ]);
    act(() => {
      store.dispatch(changes.person({ ...bob, trust: "verified", trustSince: NOW }));
    });
    expect(aside.queryByRole("region", { name: "What this browser saw" })).toBeNull();
    expect(aside.getByText(/You compared these numbers/u)).toBeTruthy();
  });

  it("P10.3 either of two sets when messages disappear; of what has ended it is only read", async () => {
    const { user, did, store } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await user.click(aside.getByRole("combobox", { name: "Messages disappear" }));
    await user.click(within(await screen.findByRole("listbox")).getByRole("option", { name: "After 1 week" }));
    await waitFor(() => expect(did("setTimer")).toEqual([[BOB, 604_800]]));
    const set = (change: Partial<Conversation>) =>
      act(() => {
        store.dispatch(changes.conversation({ ...store.getState().conversations.all![BOB]!, timer: 3_600, ...change }));
      });
    set({});
    const chosen = () => aside.getByRole("combobox", { name: "Messages disappear" }).textContent;
    await waitFor(() => expect(chosen()).toBe("After 1 hour"));
    set({ stage: { kind: "closed", by: "self", at: NOW } });
    await waitFor(() => expect(aside.queryByRole("combobox", { name: "Messages disappear" })).toBeNull());
    expect(await aside.findByText("After 1 hour")).toBeTruthy();
    set({ stage: { kind: "closed", by: "self", at: NOW }, timer: 0 });
    await waitFor(() => expect(aside.queryByRole("heading", { name: "Messages" })).toBeNull());
  });

  it("tells those who care: fingerprints, epoch, where the randomness came from", async () => {
    const { user } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await user.click(await aside.findByText("Keys and algorithms"));
    expect(aside.getByRole("img", { name: /^Fingerprint of bob: \d{5}, \d{5}/u })).toBeTruthy();
    expect(aside.getByText(/ML-KEM-768/u)).toBeTruthy();
    expect(aside.getByText(/4, since today/u)).toBeTruthy();
    expect(aside.getByText(/was simulated and counts for nothing/u)).toBeTruthy();
  });

  it("names what took part in the newest keys, what counted, and what was left out", async () => {
    const { store } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await aside.findByText("Keys and algorithms");
    const { contribution, ...rest } = details(bob);
    const [simulator] = contribution!.receipt.parts;
    const receipt = {
      ...contribution!.receipt,
      creditedBits: 512,
      parts: [
        { ...simulator!, source: "ibm-quantum", backend: "ibm_x", simulated: false, creditedBits: 512, dropped: 2 },
      ],
      absent: [
        { source: "aer-simulator", health: "alarmed", alarm: "repetition_count" },
        { source: "qkd", health: "failed", alarm: null },
      ],
    };
    const changed = { ...rest, contribution: { ...contribution!, receipt } };
    act(() => {
      store.dispatch(changes.details({ conversationId: BOB, details: changed }));
    });
    expect(aside.getByText(/quantum computer of IBM, credited with 512 bits/u)).toBeTruthy();
    expect(aside.getByText(/ibm_x, job .*2 unfit qubits left out/u)).toBeTruthy();
    expect(aside.getByText(/simulated quantum circuit was left out, for one value came too often/u)).toBeTruthy();
    expect(aside.getByText(/distribution device could not be reached/u)).toBeTruthy();
  });

  it("lets a person ask for quantum hardware alone", async () => {
    const { user, did } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await user.click(await aside.findByText("Keys and algorithms"));
    const wish = await aside.findByRole("switch", { name: "Only quantum hardware" });
    await waitFor(() => expect(wish.hasAttribute("disabled")).toBe(false));
    await user.click(wish);
    await waitFor(() => expect(did("setHardwareOnly")).toEqual([[BOB, true]]));
    await waitFor(() => expect((wish as HTMLInputElement).checked).toBe(true));
  });

  it("never claims a contribution that was not there", async () => {
    const { store } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await aside.findByText("Keys and algorithms");
    act(() => {
      store.dispatch(changes.details({ conversationId: BOB, details: { ...details(bob), contribution: null } }));
    });
    expect(aside.getByText(/without the service’s contribution/u)).toBeTruthy();
  });

  it("rotates, and says so", async () => {
    const { user, did } = renderScenario(scenarios.full, PATH);
    const aside = within(await panel());
    await user.click(await aside.findByText("Keys and algorithms"));
    await user.click(aside.getByRole("button", { name: "Make new keys now" }));
    expect(did("rotate")).toEqual([[BOB]]);
    expect(await aside.findByText("New keys are in use.")).toBeTruthy();
  });

  it("ends the conversation for both after asking once", async () => {
    const { user, did } = renderScenario(scenarios.full, PATH);
    await user.click(await screen.findByRole("button", { name: "End conversation for both" }));
    const dialog = within(await screen.findByRole("dialog", { name: "End this conversation?" }));
    await user.click(dialog.getByRole("button", { name: "End conversation for both" }));
    expect(did("terminate")).toEqual([[BOB]]);
    expect(await screen.findByText("You ended this conversation for both.")).toBeTruthy();
  });

  it("loading, and failed", async () => {
    renderScenario({ ...scenarios.full, failures: { loadDetails: "never" } }, PATH);
    expect(await screen.findByText("Loading details")).toBeTruthy();
  });

  it("failed: why, and again", async () => {
    const failing: Scenario = { ...scenarios.full, failures: { loadDetails: "database_unavailable" } };
    const { user, did } = renderScenario(failing, PATH);
    const aside = within(await panel());
    expect(await aside.findByText(/cannot reach its database/u)).toBeTruthy();
    await user.click(aside.getByRole("button", { name: "Try again" }));
    expect(did("loadDetails").length).toBeGreaterThan(1);
  });
});

describe("what the server did wrong", () => {
  const KINDS: FindingKind[] = [
    "fork",
    "dropped",
    "reordered",
    "replayed",
    "altered",
    "wrong_author",
    "bad_commit",
    "swapped_leaf",
    "doubled_key",
    "ghost_member",
    "list_withheld",
    "ghost_recipient",
    "swapped_key",
    "renamed",
    "bad_contribution",
    "bad_welcome",
    "bad_certificate",
    "device_list_forked",
    "device_list_rolled_back",
    "pins_rolled_back",
    "server_name_changed",
    "notary_key_changed",
    "closed_by_server",
  ];

  it.each(KINDS)("%s is named with a red shield and in plain words", async (kind) => {
    const { store } = renderScenario(scenarios.full, PATH);
    await panel();
    const known = store.getState().conversations.all?.[BOB];
    act(() => {
      store.dispatch(changes.conversation({ ...known!, findings: [{ id: "f", kind, at: NOW, seq: 7, from: null }] }));
    });
    const { title, meaning } = findingWords({ id: "f", kind, at: NOW, seq: 7, from: null });
    expect(await screen.findByText(title)).toBeTruthy();
    expect(screen.getByText(meaning)).toBeTruthy();
    expect(screen.getByText(/at position 7/u)).toBeTruthy();
    expect(screen.getAllByText("The server misbehaved").length).toBeGreaterThan(0);
    expect(`${title} ${meaning}`).not.toMatch(/epoch|ratchet|KEM|commit\b|!/u);
  });

  it("tells the same kind once, with how often", async () => {
    const { store } = renderScenario(scenarios.full, PATH);
    await panel();
    const known = store.getState().conversations.all?.[BOB];
    const findings = [1, 2, 3].map((n) => ({ id: `f${n}`, kind: "replayed" as const, at: NOW, seq: n, from: null }));
    act(() => {
      store.dispatch(changes.conversation({ ...known!, findings }));
    });
    await waitFor(() => expect(screen.getByText(/at position 3; 3 times in all/u)).toBeTruthy());
  });
});
