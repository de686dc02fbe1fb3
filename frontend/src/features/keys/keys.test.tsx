// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { keys } from "../../testing/fixtures/keys";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";
import { publicKeysFile } from "./publicKeys";

stubBrowser();

const section = async (name: string) => within(await screen.findByRole("region", { name }));

describe("the keys page", () => {
  it("is found from the account's menu, and begins with the digits that the details of a conversation show", async () => {
    const { user, where } = renderScenario(scenarios.full);
    await user.click(await screen.findByRole("button", { name: /^Account:/u }));
    await user.click(await screen.findByRole("menuitem", { name: "Keys" }));
    await waitFor(() => expect(where()).toBe("/keys"));
    const heading = await screen.findByRole("heading", { name: "Keys" });
    await waitFor(() => expect(document.activeElement).toBe(heading));
    const shown = (await screen.findByRole("img", { name: /^Your fingerprint:/u })).getAttribute("aria-label");

    const { user: other } = renderScenario(scenarios.full, `/c/${keys.conversations[0]!.id}/details`);
    await other.click((await screen.findAllByText("Keys and algorithms"))[0]!);
    await waitFor(() => {
      const all = screen.getAllByRole("img", { name: /^Your fingerprint:/u });
      expect(all.map((one) => one.getAttribute("aria-label"))).toEqual([shown, shown]);
    });
  });

  it("says how old each key is and what comes next", async () => {
    renderScenario(scenarios.full, "/keys");
    const here = await section("This browser");
    expect(here.getByText("Key for fresh randomness · number 4")).toBeTruthy();
    expect(
      here.getByText(/^Made on .*\. The next one comes on .*\. 2 before it open what is still on its way/u),
    ).toBeTruthy();
    expect(here.getByText(/^24 wait on the server/u)).toBeTruthy();
    const others = await section("Your other browsers");
    expect(others.getByText("Its key for fresh randomness is number 2.")).toBeTruthy();
    const conversations = await section("Conversations");
    expect(conversations.getByText(/^New keys on .* · epoch 1$/u)).toBeTruthy();
    expect(conversations.getByText(/^New keys .* · epoch 12$/u)).toBeTruthy();
  });

  it("makes a new key, fresh packages, and new keys of a conversation, and says so", async () => {
    const { user, did } = renderScenario(scenarios.full, "/keys");
    const here = await section("This browser");
    await user.click(here.getByRole("button", { name: "Make a new one now" }));
    expect(await here.findByText("A new key is in use.")).toBeTruthy();
    await user.click(here.getByRole("button", { name: "Replace them now" }));
    expect(await here.findByText("Fresh ones wait on the server.")).toBeTruthy();
    const conversations = await section("Conversations");
    await user.click(conversations.getAllByRole("button", { name: /^Make new keys with/u })[0]!);
    expect(await conversations.findByText("New keys are in use.")).toBeTruthy();
    expect([did("renewDeviceKey"), did("renewKeyPackages"), did("rotate")].map(({ length }) => length)).toEqual([
      1, 1, 1,
    ]);
    // Looked at anew each time.
    await waitFor(() => expect(did("loadKeys").length).toBeGreaterThanOrEqual(4));
  });

  it("says what went wrong where it was asked for, and while it runs", async () => {
    const failures = { renewDeviceKey: "server_unreachable", renewKeyPackages: "never" };
    const { user } = renderScenario({ ...scenarios.full, failures }, "/keys");
    const here = await section("This browser");
    await user.click(here.getByRole("button", { name: "Make a new one now" }));
    expect(await here.findByText(/The server cannot be reached/u)).toBeTruthy();
    await user.click(here.getByRole("button", { name: "Replace them now" }));
    const running = await here.findByRole("button", { name: "Replacing…" });
    expect(running.hasAttribute("disabled")).toBe(true);
  });

  it("can be tried again when the keys cannot be read", async () => {
    renderScenario({ ...scenarios.full, failures: { loadKeys: "internal_error" } }, "/keys");
    expect(await screen.findByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("of a browser that is alone, without conversations and without a line", async () => {
    const alone = { ...keys, devices: keys.devices.slice(0, 1), conversations: [], packages: null };
    const mlKem = { ...keys.mlKem, waiting: true, former: [] };
    renderScenario({ ...scenarios.full, keys: { ...alone, mlKem } }, "/keys");
    expect(await screen.findByText("This is the only browser of your account.")).toBeTruthy();
    expect(screen.getByText("No conversation has keys yet.")).toBeTruthy();
    expect(screen.getByText(/^The next one is made, and goes out/u)).toBeTruthy();
    expect(screen.getByText(/cannot be told at the moment/u)).toBeTruthy();
  });
});

describe("the file of public keys", () => {
  it("holds each key with its hash and digits, and nothing that is secret", () => {
    const file = JSON.parse(publicKeysFile(keys, 0)) as Record<string, unknown>;
    expect(Object.keys(file)).toEqual([
      "format",
      "server_name",
      "user_id",
      "username",
      "made_at",
      "suite",
      "account",
      "devices",
    ]);
    expect(file).toMatchObject({
      format: "QuantumChat/public-keys/v1",
      made_at: "1970-01-01T00:00:00.000Z",
      account: { public_key: keys.account.publicKey, sha256: keys.account.keyHash },
    });
    const [own, other] = file.devices as Record<string, unknown>[];
    expect(own).toMatchObject({ this_one: true, ml_kem: { number: 4 } });
    expect(other).toMatchObject({ this_one: false, ml_kem: { number: 2 } });
    expect(own!.fingerprint).toMatch(/^\d{5}( \d{5}){5}$/u);
  });
});
