// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

const STRONG = "copper lantern walrus ninety";
const CODE = "7k3m 9qwe-2rty pa5s dfgh jk8l zxcv bn4m 6t1r";
const text = (label: string) => screen.findByLabelText(label, { exact: true });

stubBrowser();

describe("a forgotten password", () => {
  const begin = async (code = CODE, failures = {}) => {
    const scene = renderScenario({ ...scenarios["signed-out"], failures });
    await scene.user.click(await screen.findByRole("link", { name: "Forgot your password?" }));
    expect(scene.where()).toBe("/recover");
    await scene.user.type(await text("Name or e-mail"), "ada@example.org");
    await scene.user.type(await text("Recovery code"), code);
    return scene;
  };

  it("P2.4 the code is checked while it is typed, then a new password signs in", async () => {
    const { user, did, where } = await begin();
    await screen.findByText("The code is complete.");
    await user.keyboard("{Enter}");
    expect(did("beginRecovery")).toEqual([[{ identifier: "ada@example.org", code: CODE }]]);
    expect(await screen.findByText(/The code is right/u)).toBeTruthy();
    await user.type(await text("New password"), STRONG);
    await screen.findByText("Very good.");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(where()).toBe("/"));
    expect(did("recover")).toEqual([[{ newPassword: STRONG }]]);
  });

  it.each([
    ["a slip", CODE.replace(/6t1r$/u, "0000"), /There is a slip in this code/u],
    ["too few digits", CODE.slice(0, 20), /Nine groups of four/u],
  ])("P2.4 %s sends nothing", async (_, code, words) => {
    const { user, did } = await begin(code);
    await screen.findByText(words);
    await user.keyboard("{Enter}");
    expect(screen.getByRole("button", { name: "Continue" })).toHaveProperty("disabled", true);
    expect(did("beginRecovery")).toEqual([]);
  });

  it("P2.4 a code that is not this account's says so beside the code", async () => {
    const { user } = await begin(CODE, { beginRecovery: "wrong_recovery_code" });
    await screen.findByText("The code is complete.");
    await user.keyboard("{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("do not belong together");
  });

  it("P2.3 a weak new password is not sent", async () => {
    const { user, did } = await begin();
    await screen.findByText("The code is complete.");
    await user.keyboard("{Enter}");
    await user.type(await text("New password"), "password1{Enter}");
    expect(await screen.findByText("This password is too easy to guess.")).toBeTruthy();
    expect(did("recover")).toEqual([]);
  });

  it("a browser that was signed out by a change says why", async () => {
    renderScenario(scenarios["password-changed"]);
    expect(await screen.findByText(/Your password was changed in another browser/u)).toBeTruthy();
  });
});

describe("the account's ways in", () => {
  it("changes the password, after naming what follows", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Change password" }));
    expect(screen.getByText(/Your other browsers and programs are signed out/u)).toBeTruthy();
    await user.type(await text("Present password"), "the old one");
    await user.type(await text("New password"), STRONG);
    await screen.findByText("Very good.");
    await user.click(screen.getByRole("button", { name: "Change it and sign out the others" }));
    expect(await screen.findByText(/The new password counts/u)).toBeTruthy();
    expect(did("changePassword")).toEqual([[{ password: "the old one", newPassword: STRONG }]]);
  });

  it("says that the present password is wrong, beside its field", async () => {
    const { user } = renderScenario({ ...scenarios.account, failures: { changePassword: "wrong_credentials" } });
    await user.click(await screen.findByRole("button", { name: "Change password" }));
    await user.type(await text("Present password"), "no");
    await user.type(await text("New password"), `${STRONG}{Enter}`);
    expect(await screen.findByText("That is not your password.")).toBeTruthy();
    expect(screen.queryByText(/The new password counts/u)).toBeNull();
  });

  it("changes the e-mail address with the password, and shows it", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Change e-mail" }));
    const use = screen.getByRole("button", { name: "Use this address" });
    expect(use).toHaveProperty("disabled", true);
    await user.type(await text("New e-mail"), "countess");
    await user.type(await text("Your password"), "secret{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("An address like name@example.org.");
    expect(did("changeEmail")).toEqual([]);
    await user.type(await text("New e-mail"), "@lovelace.example{Enter}");
    expect(did("changeEmail")).toEqual([[{ email: "countess@lovelace.example", password: "secret" }]]);
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByText("countess@lovelace.example")).toBeTruthy();
    expect(screen.getByText("This is the e-mail address of your account now.")).toBeTruthy();
  });

  it.each([
    ["email_taken", "New e-mail", "Another account has this address. Use another one."],
    ["wrong_credentials", "Your password", "That is not your password."],
  ])(
    "an address that is refused (%s) says why beside its field, and keeps what was typed",
    async (code, label, words) => {
      const { user } = renderScenario({ ...scenarios.account, failures: { changeEmail: code } });
      await user.click(await screen.findByRole("button", { name: "Change e-mail" }));
      await user.type(await text("New e-mail"), "bob@example.org");
      await user.type(await text("Your password"), "secret{Enter}");
      const alert = await screen.findByRole("alert");
      expect(alert.textContent).toBe(words);
      const described = (await text(label)).getAttribute("aria-describedby") ?? "";
      expect(document.getElementById(described)?.contains(alert)).toBe(true);
      expect(await text("New e-mail")).toHaveProperty("value", "bob@example.org");
      expect(screen.getByText("ada@example.org", { selector: "p" })).toBeTruthy();
    },
  );

  it("P2.4 a new code is kept before it replaces the old one", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "New recovery code" }));
    await user.type(await text("Your password"), "secret{Enter}");
    expect((await screen.findByRole("group", { name: "Recovery code" })).textContent).toContain("7K3M9QWE");
    const replace = screen.getByRole("button", { name: "Replace the old code" });
    expect(replace).toHaveProperty("disabled", true);
    expect(did("useRecoveryCode")).toEqual([]);
    await user.click(screen.getByRole("checkbox", { name: "I have kept it in a safe place" }));
    await user.click(replace);
    expect(await screen.findByText(/The new recovery code counts/u)).toBeTruthy();
    expect(did("useRecoveryCode")).toEqual([[]]);
    expect(document.body.textContent).not.toContain("7K3M");
  });
});

describe("the account's sign-ins", () => {
  it("signs out another browser or a program, and names which", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Sign out browser 2" }));
    await user.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Sign out browser 2" }));
    await waitFor(() => expect(did("endSignIn")).toHaveLength(1));
    expect(await screen.findByText(/signed out$/u)).toBeTruthy();
    expect(screen.getByText("A program without keys")).toBeTruthy();
  });

  it("signs out everywhere else at once", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Sign out everywhere else" }));
    await user.click(screen.getByRole("button", { name: "Sign out 2 others" }));
    await waitFor(() => expect(did("endOtherSignIns")).toEqual([[]]));
    await waitFor(() => expect(screen.queryByText("A program without keys")).toBeNull());
  });

  it("P3.1 removes another browser with the password", async () => {
    const { user, did } = renderScenario(scenarios.account);
    await user.click(await screen.findByRole("button", { name: "Remove browser 2" }));
    const remove = screen.getByRole("button", { name: "Remove this browser for good" });
    expect(remove).toHaveProperty("disabled", true);
    await user.type(screen.getByLabelText(/Your password/u), "secret{Enter}");
    await waitFor(() => expect(did("removeOtherBrowser")).toHaveLength(1));
    expect(did("removeOtherBrowser")[0]).toMatchObject([{ password: "secret" }]);
  });
});
