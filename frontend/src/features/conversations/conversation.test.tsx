// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { changes } from "../../realtime/changes";
import { bob, NOW, PEER_KEY, self, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios, type Scenario } from "../../testing/fixtures/scenarios";

const BOB = uuid(100);
const composer = () => screen.findByRole("textbox", { name: "Message to bob" });

stubBrowser();

const farBack = scenarios["unread-far"];

describe("a conversation", () => {
  it("shows messages, days, and how far one's own have come", async () => {
    renderScenario(scenarios.full);
    const log = await screen.findByRole("log", { name: "Messages with bob" });
    expect(within(log).getByText("Lemon. No raisins were harmed.")).toBeTruthy();
    expect(within(log).getByRole("separator", { name: "Today" })).toBeTruthy();
    expect(within(log).getByText("Delivered")).toBeTruthy();
    expect(within(log).getByText("Sent")).toBeTruthy();
  });

  it("sends with Enter, breaks with Shift+Enter, and keeps the focus", async () => {
    const { user, did } = renderScenario({ ...scenarios.full, olderPages: 0 });
    const field = await composer();
    expect(document.activeElement).toBe(field);
    await user.type(field, "one{Shift>}{Enter}{/Shift}two{Enter}");
    expect(did("send")).toEqual([[BOB, "one\ntwo", "secured"]]);
    expect((field as HTMLTextAreaElement).value).toBe("");
    expect(document.activeElement).toBe(field);
    expect(await screen.findByText(/^one\s+two$/u)).toBeTruthy();
  });

  it("sends one critical message, and then ordinary ones again", async () => {
    const { user, did } = renderScenario({ ...scenarios.full, olderPages: 0 });
    const field = await composer();
    const toggle = screen.getByRole("button", { name: "Critical message", pressed: false });
    await user.click(toggle);
    expect(screen.getByRole("status").textContent).toContain("Critical message");
    expect(field).toHaveProperty("placeholder", "Write a critical message to bob");
    expect(document.activeElement).toBe(field);
    await user.type(field, "leave now");
    await user.click(screen.getByRole("button", { name: "Send critical message" }));
    expect(did("send")).toEqual([[BOB, "leave now", "critical"]]);
    expect(toggle.getAttribute("aria-pressed")).toBe("false");
    await user.type(field, "ordinary{Enter}");
    expect(did("send").at(-1)).toEqual([BOB, "ordinary", "secured"]);
  });

  it("lets go of a critical message with Escape, and keeps the choice when it could not be taken", async () => {
    const { user } = renderScenario({ ...scenarios.full, failures: { send: "storage_full" } });
    const field = await composer();
    const toggle = screen.getByRole("button", { name: "Critical message" });
    await user.click(toggle);
    await user.type(field, "{Escape}");
    expect(toggle.getAttribute("aria-pressed")).toBe("false");
    await user.click(toggle);
    await user.type(field, "leave now{Enter}");
    await screen.findByRole("alert");
    expect(toggle.getAttribute("aria-pressed")).toBe("true");
  });

  it("P8.2 a critical message says who signed it, and shows signatures and receipt", async () => {
    renderScenario(scenarios.critical);
    const good = (await screen.findByText("The bridge is closed. Take the ferry.")).closest("[data-critical]")!;
    expect(good.getAttribute("data-critical")).toBe("good");
    expect(good.textContent).toMatch(/Critical · signed by bob · both signatures verified \d\d:\d\d/u);
    const details = within(good as HTMLElement)
      .getByText("Signatures and receipt")
      .closest("details")!;
    expect(details.textContent).toContain("Falcon-512verified");
    expect(details.textContent).toContain("ECDSA P-256verified");
    expect(details.textContent).toMatch(/Receiptsigned by the server, /u);
  });

  it("P8.2 one that does not verify is never shown as good", async () => {
    renderScenario(scenarios.critical);
    const bad = (await screen.findByText("Send the money to the new account.")).closest("[data-critical]")!;
    expect(bad.getAttribute("data-critical")).toBe("bad");
    expect(bad.textContent).toContain("Not verified. A critical message came with a wrong signature.");
    expect(bad.textContent).not.toContain("both signatures verified");
    expect(bad.textContent).toContain("Falcon-512wrong");
  });

  it("P8.1 a critical message that waits for the signing service says so", async () => {
    const { store } = renderScenario(scenarios.critical);
    const log = await screen.findByRole("log");
    expect(within(log).queryByText(/signing service is away/u)).toBeNull();
    act(() => void store.dispatch(changes.quantum({ available: false })));
    const words = "The signing service is away. This critical message waits; your other messages go out.";
    expect(within(log).getByText(words)).toBeTruthy();
  });

  it("does not send nothing, nor while an input method composes", async () => {
    const { user, did } = renderScenario(scenarios.full);
    const field = await composer();
    await user.type(field, "   {Enter}");
    await user.clear(field);
    await user.type(field, "にほん");
    fireEvent.keyDown(field, { key: "Enter", isComposing: true });
    expect(did("send")).toEqual([]);
    expect(screen.getByRole("button", { name: "Send" })).toHaveProperty("disabled", false);
  });

  it("gives the text back when it could not be taken", async () => {
    const { user } = renderScenario({ ...scenarios.full, failures: { send: "storage_full" } });
    const field = await composer();
    await user.type(field, "do not lose me{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("storage is full");
    expect((field as HTMLTextAreaElement).value).toBe("do not lose me");
  });

  it("refuses what no message can hold, and keeps it", async () => {
    const { did } = renderScenario(scenarios.full);
    const field = await composer();
    fireEvent.change(field, { target: { value: "ä".repeat(33_000) } });
    fireEvent.keyDown(field, { key: "Enter" });
    expect((await screen.findByRole("alert")).textContent).toContain("too long");
    expect(did("send")).toEqual([]);
  });

  it("saves a draft when one leaves, and shows it on return and in the list", async () => {
    const { user, did, router } = renderScenario(scenarios.full);
    await user.type(await composer(), "half a thou");
    await act(() => router.navigate(`/c/${uuid(101)}`));
    expect(did("saveDraft").at(-1)).toEqual([BOB, "half a thou"]);
    expect(await screen.findByText("Draft: half a thou")).toBeTruthy();
    await act(() => router.navigate(`/c/${BOB}`));
    expect(((await composer()) as HTMLTextAreaElement).value).toBe("half a thou");
  });

  it("keeps the draft of a room too", async () => {
    const { user, router } = renderScenario(scenarios.rooms);
    const field = () => screen.findByRole<HTMLTextAreaElement>("textbox", { name: /^Message to/u });
    const room = router.state.location.pathname;
    await user.type(await field(), "half a thou");
    await act(() => router.navigate(`/c/${BOB}`));
    expect(await screen.findByText("Draft: half a thou")).toBeTruthy();
    await act(() => router.navigate(room));
    expect((await field()).value).toBe("half a thou");
  });

  it("goes on with an edit after one was away, beside the draft, until it is sent or let go", async () => {
    const { user, did, router } = renderScenario({ ...scenarios.full, olderPages: 0 });
    const field = async () => (await composer()) as HTMLTextAreaElement;
    await user.type(await field(), "{ArrowUp}!");
    await act(() => router.navigate(`/c/${uuid(101)}`));
    expect(did("saveEditing").at(-1)).toEqual([BOB, { messageId: uuid(540), text: "I'll send the recipe later!" }]);
    await act(() => router.navigate(`/c/${BOB}`));
    expect(await screen.findByLabelText("Editing your message")).toBeTruthy();
    expect((await field()).value).toBe("I'll send the recipe later!");
    await user.type(await field(), "{Escape}");
    expect((await field()).value).toBe("");
    expect(did("saveEditing").at(-1)).toEqual([BOB, null]);
    await act(() => router.navigate(`/c/${uuid(101)}`));
    await act(() => router.navigate(`/c/${BOB}`));
    await screen.findByText("What kind?", { selector: "[data-message] p" });
    expect(screen.queryByLabelText("Editing your message")).toBeNull();
  });

  it("says why a message failed, sends it again, deletes it", async () => {
    const { user, did } = renderScenario(scenarios.failed);
    expect(await screen.findByText(/You are not connected to this person any more/u)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(did("retry")).toEqual([[BOB, uuid(7001)]]);
    await user.click(screen.getByRole("button", { name: "Delete" }));
    await waitFor(() => expect(screen.queryByText("This one could not go out")).toBeNull());
  });

  it("marks what stood at the end as read", async () => {
    const { did } = renderScenario(scenarios.unread);
    expect(await screen.findByRole("separator", { name: "Unread from here" })).toBeTruthy();
    await waitFor(() => expect(did("markRead")).toEqual([[BOB, 40]]));
  });

  it("does not move the reader: counts what is new, and goes there when asked", async () => {
    const { messenger, user, store } = renderScenario({ ...scenarios.full, olderPages: 0 });
    const log = await screen.findByRole("log");
    await screen.findByText("What kind?");
    const known = store.getState().conversations.all![BOB]!;
    Object.defineProperties(log, { scrollHeight: { value: 5000 }, clientHeight: { value: 500 } });
    log.scrollTop = 1000;
    fireEvent.scroll(log);
    act(() => messenger.incoming(BOB, bob.id, "first new"));
    act(() => messenger.incoming(BOB, bob.id, "second new"));
    act(() => void store.dispatch(changes.conversation({ ...known, unread: 2 })));
    const pill = await screen.findByRole("button", { name: "2 new, go to the newest message" });
    expect(log.scrollTop).toBe(1000);
    await user.click(pill);
    expect(log.scrollTop).toBe(5000);
    expect(screen.queryByRole("button", { name: /newest message/u })).toBeNull();
  });

  it("opens where one had read to, and goes to the newest from there", async () => {
    const { user, did } = renderScenario(farBack);
    expect(await screen.findByRole("separator", { name: "Unread from here" })).toBeTruthy();
    expect(did("openConversation")).toEqual([[BOB, -10]]);
    expect(screen.queryByText("What kind?")).toBeNull();
    await user.click(screen.getByRole("button", { name: "57 new, go to the newest message" }));
    expect(await screen.findByText("What kind?")).toBeTruthy();
    expect(did("openConversation").at(-1)).toEqual([BOB]);
  });

  it("leads back to the first unread message, also when it is not loaded", async () => {
    const { user, did } = renderScenario(farBack, `/c/${BOB}?message=${uuid(9000)}`);
    expect(await screen.findByText(/Earlier message 20,/u)).toBeTruthy();
    expect(screen.queryByRole("separator", { name: "Unread from here" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "57 unread messages, go to the first" }));
    expect(await screen.findByRole("separator", { name: "Unread from here" })).toBeTruthy();
    expect(did("openConversation").at(-1)).toEqual([BOB, -10]);
  });

  it("goes to one’s own message when it is written elsewhere in the history", async () => {
    const { user, did } = renderScenario(farBack);
    await screen.findByRole("separator", { name: "Unread from here" });
    await user.type(await composer(), "on my way{Enter}");
    await waitFor(() => expect(did("openConversation").at(-1)).toEqual([BOB]));
  });

  it("counts unread messages in the title", async () => {
    renderScenario({ ...scenarios.full, failures: { openConversation: "never" } });
    await waitFor(() => expect(document.title).toBe("(4) bob · QuantumChat"));
  });
});

describe("states of a conversation", () => {
  const says = async (scenario: Scenario, words: RegExp | string) => {
    const view = renderScenario(scenario);
    expect(await screen.findByText(words)).toBeTruthy();
    return view;
  };

  it("loading: a shape of what comes, after a moment", async () => {
    await says(scenarios["loading-messages"], "Loading messages");
  });

  it("failed: why, and again", async () => {
    const { user, did } = await says(scenarios["failed-messages"], /does not let the client keep data/u);
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(did("openConversation").length).toBeGreaterThan(1);
  });

  it("partial: older history that does not come", async () => {
    await says(scenarios["no-older"], /The server cannot be reached/u);
    expect(screen.getByText("What kind?")).toBeTruthy();
  });

  it("offline: what is written waits, and says so", async () => {
    // However long the tests before it took, the next attempt is still to come.
    vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { did, user } = await says(scenarios.offline, "Sent when you are back online");
    expect(screen.getByText(/reconnecting in/u)).toBeTruthy();
    expect(screen.queryByText("Online")).toBeNull();
    await user.click(screen.getByRole("button", { name: /^now/u }));
    expect(did("reconnectNow")).toHaveLength(1);
    await waitFor(() => expect(screen.queryByText(/reconnecting in/u)).toBeNull());
  });

  it("making keys: one line, and a composer", async () => {
    await says(scenarios["making-keys"], "Making keys with bob’s browser…");
    expect(await composer()).toBeTruthy();
  });

  it("quantum_service away: says what waits", async () => {
    await says(scenarios["quantum-away"], /fresh randomness is away/u);
    expect(await composer()).toBeTruthy();
  });

  it("P7.1 keys that could not be made: says why, lets one write, and tries again", async () => {
    const { did, user } = await says(scenarios["keys-refused"], /fresh randomness could not be verified/u);
    expect(screen.queryByText(/is away/u)).toBeNull();
    expect(await composer()).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(did("tryKeysAgain")).toEqual([[BOB]]);
  });

  it("no browser on the other side yet", async () => {
    await says(scenarios["no-device"], /bob has not opened QuantumChat in a browser yet/u);
  });

  it("P6.7 somebody who was not confirmed from this browser: one line, and a button", async () => {
    const { did, user } = await says(scenarios["to-agree"], /You have not confirmed bob from this browser yet/u);
    expect(screen.queryByRole("textbox", { name: "Message to bob" })).toBeNull();
    expect(screen.queryByText("The server misbehaved")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Agree" }));
    expect(did("agree")).toEqual([[bob.id]]);
    expect(await composer()).toBeTruthy();
  });

  it("P9.2 begun before this browser: says what it waits for, and lets one write", async () => {
    await says(scenarios["being-added"], /gets its keys when bob or another browser of yours is online/u);
    expect(await composer()).toBeTruthy();
  });

  it("P9.2 lost: says why, and lets one write", async () => {
    await says(scenarios.lost, /This is an old copy of this browser’s data/u);
    expect(screen.getByText(/This browser needs new keys for this conversation/u)).toBeTruthy();
    expect(await composer()).toBeTruthy();
  });

  it("P9.2 healed: says what happened and who did it", async () => {
    await says(scenarios.healed, "One of bob’s browsers lost its keys to this conversation.");
    expect(screen.getByText("You added it again.")).toBeTruthy();
    expect(
      screen.getByText(/bob added this browser again\. 1 message from before that could not be read here so far/u),
    ).toBeTruthy();
  });

  it("ended: offers a new one", async () => {
    const { user, did } = renderScenario(scenarios.closed);
    await user.click(await screen.findByRole("button", { name: "Start a new one" }));
    expect(did("startConversation")).toEqual([[bob.id]]);
  });

  it("P3.2 keys that the other side did not name block sending, and lead to comparing the safety number", async () => {
    renderScenario(scenarios["key-swapped"]);
    expect(await screen.findByText("The keys that bob named are not those that you were shown")).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: "Message to bob" })).toBeNull();
    expect(screen.getByRole("link", { name: "Compare safety number" })).toBeTruthy();
  });

  it("P3.2 a changed account key blocks sending until the person accepts it", async () => {
    const { user, did, messenger, store } = renderScenario(scenarios["key-changed"]);
    expect(await screen.findByText(/bob’s keys changed today/u)).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: "Message to bob" })).toBeNull();
    await user.click(screen.getByRole("button", { name: "I asked: accept the new keys" }));
    expect(did("acceptKeyChange")).toEqual([[bob.id, PEER_KEY]]);
    const known = store.getState().conversations.all?.[BOB];
    act(() => {
      store.dispatch(changes.conversation({ ...known!, sendBlock: null }));
    });
    expect(await composer()).toBeTruthy();
    expect(messenger.calls.length).toBeGreaterThan(0);
  });

  it("a server that forks is named", async () => {
    const { user, where } = await says(scenarios.misbehaved, "Sending has stopped here");
    expect(screen.getByText("The server showed two versions of this conversation.")).toBeTruthy();
    await user.click(screen.getByRole("link", { name: "What happened" }));
    expect(where()).toBe(`/c/${BOB}/details`);
  });

  it("a conversation that is not there", async () => {
    renderScenario(scenarios.full, "/c/none");
    expect(await screen.findByText("There is no such conversation in this browser.")).toBeTruthy();
  });

  it("shows the message of the address with what stands around it, however far back it is", async () => {
    const { did } = renderScenario(scenarios.full, `/c/${BOB}?message=${uuid(9000 + 25)}`);
    expect(await screen.findByText(/Earlier message 35,/u)).toBeTruthy();
    expect(did("openConversation")).toContainEqual([BOB, uuid(9000 + 25)]);
  });
});

describe("the list", () => {
  it("loading, empty", async () => {
    const { store } = renderScenario(scenarios.loading);
    expect(await screen.findByText("Loading conversations")).toBeTruthy();
    act(() => {
      store.dispatch(changes.conversations([]));
      store.dispatch(changes.rooms([]));
    });
    expect(await screen.findByText("No conversations yet.")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Find people" })).toBeTruthy();
  });

  it("a hundred, newest first, gone through with the arrow keys", async () => {
    const { user } = renderScenario(scenarios.hundred);
    const list = await screen.findByRole("list", { name: "Conversations" });
    const rows = within(list).getAllByRole("link");
    expect(rows).toHaveLength(100);
    rows[0]!.focus();
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(document.activeElement).toBe(rows[2]);
    expect(rows[2]!.textContent).toContain("32 unread messages");
    await user.keyboard("{ArrowUp}");
    expect(document.activeElement).toBe(rows[1]);
  });

  it("keeps one's own preview apart from the other's", async () => {
    renderScenario(scenarios.full);
    expect(await screen.findByText("You: I'll send the recipe later")).toBeTruthy();
    expect(screen.getByRole("button", { name: `Account: ${self.username}` })).toBeTruthy();
  });
});
