// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { selectWaitsFor } from "../../app/selectors";
import { joining, kept } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";
import { measure } from "./strength";

const STRONG = "copper lantern walrus ninety";
const text = (label: string) => screen.findByLabelText(label, { exact: true });

stubBrowser();

describe("strength", () => {
  it.each(["short", "password1", "quantumchat1", "ada.lovelace1815"])("refuses %j", async (password) => {
    const { enough, advice } = await measure(password, ["ada.lovelace"]);
    expect(enough).toBe(false);
    expect(advice).not.toBe("");
  });

  it("takes four unrelated words", async () => {
    expect(await measure(STRONG, ["ada"])).toMatchObject({ enough: true, score: 4, advice: "" });
  });
});

describe("registering", () => {
  const fill = async (user: ReturnType<typeof renderScenario>["user"], password = STRONG) => {
    await user.type(await text("Name"), "Ada");
    await user.type(await text("E-mail"), "ada@example.org");
    await user.type(await text("Password"), password);
  };

  it("shows the recovery code once, and goes on when it was kept", async () => {
    const { user, did, where } = renderScenario(scenarios.register);
    await fill(user);
    await screen.findByText("Very good.");
    await user.keyboard("{Enter}");
    await waitFor(() =>
      expect(did("register")).toEqual([[{ username: "ada", email: "ada@example.org", password: STRONG }]]),
    );
    expect(await screen.findByRole("heading", { name: "Keep your recovery code" })).toBe(document.activeElement);
    expect(screen.getByRole("group", { name: "Recovery code" }).textContent).toContain("7K3M9QWE");
    expect(where()).toBe("/register");
    const go = screen.getByRole("button", { name: "Continue" });
    expect(go).toHaveProperty("disabled", true);
    await user.click(screen.getByRole("checkbox", { name: "I have kept it in a safe place" }));
    await user.click(go);
    await waitFor(() => expect(where()).toBe("/"));
    expect(document.body.textContent).not.toContain("7K3M");
  });

  it("P3.3 without quantum_service the code is shown all the same, and what the browser waits for after it", async () => {
    const { user, store } = renderScenario({ ...scenarios.register, self: joining });
    await fill(user);
    await screen.findByText("Very good.");
    await user.keyboard("{Enter}");
    await screen.findByRole("group", { name: "Recovery code" });
    await user.click(screen.getByRole("checkbox", { name: "I have kept it in a safe place" }));
    await user.click(screen.getByRole("button", { name: "Continue" }));
    expect(await screen.findByText(/This browser joins your account by itself/u)).toBeTruthy();
    expect(selectWaitsFor(store.getState())).toBe("quantum_service");
  });

  it("asks before the page with the code is left", async () => {
    const { user } = renderScenario(scenarios.register);
    await fill(user);
    await screen.findByText("Very good.");
    await user.keyboard("{Enter}");
    await screen.findByRole("group", { name: "Recovery code" });
    const leave = () => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    await waitFor(() => expect(leave()).toBe(false));
  });

  it("P2.3 refuses a weak password before anything is sent, with advice", async () => {
    const { user, did } = renderScenario(scenarios.register);
    await fill(user, "password1");
    await screen.findByText("Guessed at once.");
    await user.click(screen.getByRole("button", { name: "Make account" }));
    expect((await screen.findByRole("alert")).textContent).toContain("too easy to guess");
    expect(did("register")).toEqual([]);
  });

  it("waits for the strength when one is quicker than it", async () => {
    const { user, did } = renderScenario(scenarios.register);
    await fill(user);
    await user.keyboard("{Enter}");
    expect(await screen.findByRole("group", { name: "Recovery code" })).toBeTruthy();
    expect(did("register")).toHaveLength(1);
  });

  it("says below the field what is wrong with it", async () => {
    const { user, did } = renderScenario({ ...scenarios.register, failures: { register: "username_taken" } });
    await fill(user);
    await screen.findByText("Very good.");
    await user.keyboard("{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("Somebody has this name already");
    const field = await text("Name");
    const described = document.getElementById(field.getAttribute("aria-describedby") ?? "");
    expect(described?.contains(screen.getByRole("alert"))).toBe(true);
    expect(did("register")).toHaveLength(1);
  });

  it("keeps names to what the server takes", async () => {
    const { user, did } = renderScenario(scenarios.register);
    await user.type(await text("Name"), "a b");
    await user.click(screen.getByRole("button", { name: "Make account" }));
    expect(screen.getAllByRole("alert")[0]?.textContent).toContain("3 to 32 characters");
    expect(did("register")).toEqual([]);
  });
});

describe("signing in", () => {
  it("leads to where one wanted to go", async () => {
    const { user, did, where } = renderScenario(scenarios["signed-out"], "/c/123?message=4");
    await waitFor(() => expect(where()).toBe("/sign-in?next=%2Fc%2F123%3Fmessage%3D4"));
    await user.type(await text("Name"), " ada ");
    await user.type(await text("Password"), "secret{Enter}");
    expect(did("signIn")).toEqual([[{ identifier: "ada", password: "secret" }]]);
    await waitFor(() => expect(where()).toBe("/c/123?message=4"));
  });

  it("says that name and password do not belong together, and keeps both", async () => {
    const { user } = renderScenario(scenarios["wrong-password"]);
    await user.type(await text("Name"), "ada");
    await user.type(await text("Password"), "wrong{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("do not belong together");
    expect(await text("Password")).toHaveProperty("value", "wrong");
  });

  it("P2.1 asks for the name, since the derived secret is bound to it", async () => {
    const { user, did } = renderScenario(scenarios["signed-out"]);
    await user.type(await text("Name"), "ada@example.org");
    await user.type(await text("Password"), "secret{Enter}");
    expect(await screen.findByText(/not your e-mail address/u)).toBeTruthy();
    expect(did("signIn")).toEqual([]);
  });

  it("P2.1 a server with another name is named, not followed", async () => {
    const { user, where } = renderScenario({ ...scenarios["signed-out"], failures: { signIn: "server_name_changed" } });
    await user.type(await text("Name"), "ada");
    await user.type(await text("Password"), "secret{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("Nothing was sent");
    expect(where()).toBe("/sign-in");
  });

  it("P2.1 a server of another name: what is kept stays until the person erases it, and a new account can be made", async () => {
    const { user, did, where } = renderScenario(scenarios["other-server"]);
    expect(await screen.findByText("Another server answers here now")).toBeTruthy();
    expect(await text("Name")).toHaveProperty("value", "");
    expect(screen.queryByText(/open again after signing in/u)).toBeNull();
    expect(screen.getByRole("link", { name: "Make a new account" }).getAttribute("href")).toBe("/register");
    await user.click(screen.getByRole("button", { name: "Erase what is kept" }));
    const dialog = await screen.findByRole("dialog", { name: "Erase what is kept of ada.lovelace?" });
    expect(did("eraseKept")).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Erase messages and keys here" }));
    expect(did("eraseKept")).toEqual([[kept.userId]]);
    await waitFor(() => expect(screen.queryByText("Another server answers here now")).toBeNull());
    expect(did("signIn")).toEqual([]);
    expect(where()).toBe("/sign-in");
  });

  it("knows whose messages this browser keeps", async () => {
    renderScenario(scenarios["signed-out-kept"]);
    expect(await text("Name")).toHaveProperty("value", "ada.lovelace");
    expect(await text("Password")).toBe(document.activeElement);
    expect(screen.getByText(/keeps the messages of/u)).toBeTruthy();
  });

  it.each([
    ["store_gone", /was deleted, messages and keys alike/u],
    ["store_damaged", /is damaged and cannot be opened/u],
    ["storage_unavailable", /does not let the client keep data/u],
  ] as const)("P9 %s: says what became of what this browser kept", async (reason, words) => {
    renderScenario({ account: { phase: "signed_out", kept: null, reason }, path: "/sign-in" });
    expect(await screen.findByText(words)).toBeTruthy();
    expect(screen.queryByText(/keeps the messages of/u)).toBeNull();
  });

  it("P2.2 an account made outside a browser: the server has seen the password, a new one is suggested", async () => {
    const { user, did, where } = renderScenario(scenarios["signed-out"]);
    await user.type(await text("Name"), "testuser");
    await user.type(await text("Password"), "password123{Enter}");
    expect(await screen.findByText(/the server has seen its password/u)).toBeTruthy();
    const use = screen.getByRole("button", { name: "Use the new password" });
    expect(use).toHaveProperty("disabled", true);
    await user.type(await text("New password"), "testuser1");
    await user.click(use);
    expect((await screen.findByRole("alert")).textContent).toContain("too easy to guess");
    await user.clear(await text("New password"));
    await user.type(await text("New password"), STRONG);
    await user.click(use);
    await waitFor(() => expect(did("completeAccount")).toEqual([[{ newPassword: STRONG }]]));
    await user.click(await screen.findByRole("checkbox", { name: "I have kept it in a safe place" }));
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await waitFor(() => expect(where()).toBe("/"));
  });

  it.each([
    ["a new password", STRONG, /The new one that you typed here was not set/u],
    ["the present one", null, /kept the present password/u],
  ])("P2.5 another browser was first, with %s chosen here: what counts is said", async (_, password, words) => {
    const { user, where } = renderScenario({ ...scenarios.incomplete, completedElsewhere: true });
    if (password === null) await user.click(await screen.findByRole("button", { name: "Keep the present one" }));
    else {
      await user.type(await text("New password"), password);
      await screen.findByText("Very good.");
      await user.keyboard("{Enter}");
    }
    expect(await screen.findByRole("heading", { name: "Another browser of yours was first" })).toBe(
      document.activeElement,
    );
    expect(screen.getByText(words).textContent.includes("typed here")).toBe(password !== null);
    expect(screen.getByText(/The recovery code was shown in that browser/u)).toBeTruthy();
    expect(where()).toBe("/sign-in");
    await user.click(screen.getByRole("button", { name: "Continue" }));
    await waitFor(() => expect(where()).toBe("/"));
  });

  it("an account made outside a browser may keep its password", async () => {
    const { user, did } = renderScenario(scenarios.incomplete);
    await user.click(await screen.findByRole("button", { name: "Keep the present one" }));
    expect(did("completeAccount")).toEqual([[{ newPassword: null }]]);
    expect(await screen.findByRole("group", { name: "Recovery code" })).toBeTruthy();
  });
});

describe("the account", () => {
  it("signs out, and says that the messages stay here, sealed", async () => {
    const { user, where } = renderScenario(scenarios.account);
    expect(await screen.findByText(/Signing out keeps your messages in this browser, sealed/u)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Sign out" }));
    await waitFor(() => expect(where()).toBe("/sign-in"));
    expect(await screen.findByText(/keeps the messages of/u)).toBeTruthy();
  });

  it("removes this browser only with the password, or says that it stays on the list", async () => {
    const { user, did, where } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Remove this browser" }));
    const erase = await screen.findByRole("button", { name: "Erase messages and keys here" });
    expect(erase).toHaveProperty("disabled", true);
    await user.type(screen.getByLabelText(/Your password/u), "secret{Enter}");
    expect(did("removeBrowser")).toEqual([[{ password: "secret" }]]);
    await waitFor(() => expect(where()).toBe("/sign-in"));
    expect(screen.queryByText(/keeps the messages of/u)).toBeNull();
  });

  it("erases without the password when one says so", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Remove this browser" }));
    await user.click(await screen.findByRole("checkbox", { name: /Only erase here/u }));
    await user.click(screen.getByRole("button", { name: "Erase messages and keys here" }));
    expect(did("removeBrowser")).toEqual([[{ password: null }]]);
  });

  it("lists the browsers, loads again after a failure, and names what the server did", async () => {
    renderScenario(scenarios.account);
    expect(await screen.findByText(/Browser 1 · this one/u)).toBeTruthy();
    expect(screen.getByText(/Removed on/u)).toBeTruthy();
    expect(screen.getByText("An old record of whom you trust")).toBeTruthy();
  });

  it("changes the appearance, and remembers it", async () => {
    const { user } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("radio", { name: "Dark" }));
    expect(localStorage.getItem("quantumchat.theme")).toBe("dark");
    expect(document.querySelector<HTMLMetaElement>('meta[name="theme-color"]')?.content).toBe("#101114");
  });
});
