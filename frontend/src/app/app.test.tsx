// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { changes } from "../realtime/changes";
import { joining, uuid } from "../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../testing/fixtures/render";
import { scenarios } from "../testing/fixtures/scenarios";

stubBrowser();

const BOB = uuid(100);

describe("keys", () => {
  it("Ctrl+K goes anywhere, by keyboard alone", async () => {
    const { user, where } = renderScenario(scenarios.full, "/");
    await screen.findByRole("list", { name: "Conversations" });
    await user.keyboard("{Control>}k{/Control}");
    const field = await screen.findByRole("combobox", { name: "Go to" });
    expect(document.activeElement).toBe(field);
    await user.keyboard("{ArrowDown}{ArrowDown}");
    const third = screen.getAllByRole("option")[2]!;
    expect(third.getAttribute("aria-selected")).toBe("true");
    expect(field.getAttribute("aria-activedescendant")).toBe(third.id);
    await user.type(field, "carol");
    expect(screen.getAllByRole("option")[0]?.textContent).toContain("carol");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(where()).toBe(`/c/${uuid(104)}`));
    await waitFor(() => expect(screen.queryByRole("combobox")).toBeNull());
  });

  it("finds nobody here: looks among all people", async () => {
    const { user, where } = renderScenario(scenarios.full, "/");
    await screen.findByRole("list", { name: "Conversations" });
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByRole("combobox"), "zoe?{Enter}");
    await waitFor(() => expect(where()).toBe("/people?q=zoe%3F"));
  });

  it("? shows the keys, but not while one writes", async () => {
    const { user } = renderScenario(scenarios.full);
    const field = await screen.findByRole("textbox", { name: "Message to bob" });
    await user.type(field, "?");
    expect(field).toHaveProperty("value", "?");
    expect(screen.queryByRole("dialog")).toBeNull();
    screen.getByRole("log").focus();
    await user.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Keyboard" })).toBeTruthy();
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.activeElement).toBe(screen.getByRole("log"));
  });

  it("Esc closes the details, and the focus returns where it came from", async () => {
    const { user, where } = renderScenario(scenarios.full);
    await user.click(await screen.findByRole("link", { name: "Details" }));
    expect(where()).toBe(`/c/${BOB}/details`);
    await screen.findByRole("complementary");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(where()).toBe(`/c/${BOB}`));
    expect(document.activeElement).toBe(screen.getByRole("link", { name: "Details" }));
  });

  it("Esc on a dialog above the details closes only the dialog", async () => {
    const { user, where } = renderScenario(scenarios.full, `/c/${BOB}/details`);
    await user.click(await screen.findByRole("button", { name: "End conversation for both" }));
    await screen.findByRole("dialog");
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(where()).toBe(`/c/${BOB}/details`);
  });

  it("Alt and the arrows step through conversations; F6 through the panes", async () => {
    const { user, where } = renderScenario(scenarios.full);
    const field = await screen.findByRole("textbox", { name: "Message to bob" });
    await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
    await waitFor(() => expect(where()).toBe(`/c/${uuid(101)}`));
    await user.keyboard("{Alt>}{ArrowUp}{/Alt}");
    await waitFor(() => expect(where()).toBe(`/c/${BOB}`));
    await waitFor(() =>
      expect(document.activeElement?.getAttribute("aria-label")).toBe(field.getAttribute("aria-label")),
    );
    await user.keyboard("{F6}");
    expect(screen.getByRole("navigation").contains(document.activeElement)).toBe(true);
    await user.keyboard("{F6}");
    expect(screen.getByRole("main").contains(document.activeElement)).toBe(true);
  });
});

describe("before the conversations", () => {
  it("open in another tab: used here when asked", async () => {
    const { user, did } = renderScenario(scenarios.elsewhere);
    expect(await screen.findByRole("heading", { name: "Open in another tab" })).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Use it here" }));
    expect(did("takeOver")).toHaveLength(1);
    expect(await screen.findByRole("navigation")).toBeTruthy();
  });

  it("without a secure context: why and how", async () => {
    vi.stubGlobal("isSecureContext", false);
    renderScenario(scenarios.full);
    expect(await screen.findByRole("heading", { name: "This address is not secure" })).toBeTruthy();
    expect(screen.getByText(/TLS proxy/u)).toBeTruthy();
  });

  it("another tab takes over while one reads: nothing of the account stays on the page", async () => {
    const { store } = renderScenario(scenarios.full);
    await screen.findByText("Lemon. No raisins were harmed.");
    act(() => {
      store.dispatch(changes.account({ phase: "elsewhere", username: "ada.lovelace" }));
    });
    expect(await screen.findByRole("heading", { name: "Open in another tab" })).toBeTruthy();
    expect(screen.queryByText("Lemon. No raisins were harmed.")).toBeNull();
    expect(JSON.stringify(store.getState())).not.toContain("raisins");
  });
});

describe("the line", () => {
  it.each([
    ["quantum_service", "The signing service is away. This browser joins your account by itself when it is back."],
    ["server", "The server does not answer. This browser joins your account by itself when it does."],
  ] as const)("names what holds this browser up: %s", async (waitsFor, words) => {
    const self = { ...joining, waitsFor };
    const { store } = renderScenario({ ...scenarios.joining, account: { phase: "signed_in", self } }, "/");
    expect((await screen.findByText(words)).closest("[role=status]")).toBeTruthy();
    expect(screen.queryByText("Connecting…")).toBeNull();
    act(() => {
      store.dispatch(changes.account({ phase: "signed_in", self: { ...self, deviceId: uuid(1001), waitsFor: null } }));
      store.dispatch(changes.line({ status: "online" }));
    });
    expect(screen.queryByText(words)).toBeNull();
  });

  it("says why this browser could not join, blames nobody who is only away, and tries again when asked", async () => {
    const { user, did } = renderScenario(scenarios["join-refused"]);
    const bar = await screen.findByText(/This browser could not join your account\. The server showed a false/u);
    expect(bar.closest("[role=alert]")).toBeTruthy();
    expect(screen.queryByText(/by itself when/u)).toBeNull();
    await user.click(screen.getByRole("button", { name: "try again" }));
    expect(did("joinAgain")).toEqual([[]]);
  });

  it("counts down in one thin line, never a modal", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["Date", "setInterval", "clearInterval"] });
    const { store } = renderScenario(scenarios.full);
    await screen.findByRole("navigation");
    act(() => {
      store.dispatch(changes.line({ status: "offline", cause: "server", retryAt: Date.now() + 4000 }));
    });
    expect(screen.getByText("reconnecting in 4 s")).toBeTruthy();
    act(() => {
      vi.advanceTimersByTime(3000);
    });
    expect(screen.getByText("reconnecting in 1 s")).toBeTruthy();
    expect(screen.queryByRole("dialog")).toBeNull();
    vi.useRealTimers();
  });

  it("a short reconnect is not worth a word", async () => {
    const { store } = renderScenario(scenarios.full);
    await screen.findByRole("navigation");
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    act(() => {
      store.dispatch(changes.line({ status: "connecting" }));
    });
    expect(screen.queryByText("Connecting…")).toBeNull();
    act(() => {
      vi.advanceTimersByTime(1200);
    });
    expect(screen.getByText("Connecting…")).toBeTruthy();
    vi.useRealTimers();
  });
});

it("the account menu leads to the account, and says what signing out keeps", async () => {
  const { user, where } = renderScenario(scenarios.full, "/");
  const me = await screen.findByRole("button", { name: "Account: ada.lovelace" });
  await user.click(me);
  const menu = within(await screen.findByRole("menu"));
  expect(menu.getByText(/Messages stay here, sealed/u)).toBeTruthy();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  expect(document.activeElement).toBe(me);
  await user.keyboard("{Enter}");
  fireEvent.click(within(await screen.findByRole("menu")).getByText("Account and browsers"));
  await waitFor(() => expect(where()).toBe("/account"));
  expect(screen.getByRole("heading", { name: "Account" })).toBe(document.activeElement);
});
