// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { bob, PLAIN, self, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

const BOB = uuid(100);
const CAKE = "Thursday is fine 👍 I bring the cake";
const CAKE_ID = uuid(536);
const composer = () => screen.findByLabelText<HTMLTextAreaElement>("Message to bob");
const row = async (text: string) => {
  const said = await screen.findByText(text, { selector: "[data-message] p" });
  return said.closest<HTMLElement>("[data-row]")!;
};
const quiet = { ...scenarios.full, olderPages: 0 };

stubBrowser();

describe("a message", () => {
  it("is answered: the composer says whom, and Escape goes back to a new message", async () => {
    const { user, did } = renderScenario(quiet);
    (await row("What kind?")).focus();
    await user.click(await screen.findByLabelText("Reply"));
    const field = await composer();
    expect(document.activeElement).toBe(field);
    expect(screen.getByLabelText("Replying to bob").textContent).toContain("What kind?");
    await user.keyboard("{Escape}");
    expect(screen.queryByLabelText("Replying to bob")).toBeNull();
    (await row("What kind?")).focus();
    await user.click(await screen.findByLabelText("Reply"));
    await user.type(field, "lemon{Enter}");
    expect(did("send")).toEqual([[BOB, "lemon", "secured", uuid(537)]]);
    expect(await screen.findByRole("link", { name: "In reply to bob What kind?" })).toBeTruthy();
    expect(screen.queryByLabelText("Replying to bob")).toBeNull();
  });

  it("is quoted as it is now, and the quote leads to it", async () => {
    const { user, where, messenger } = renderScenario(scenarios.talk);
    const quote = await screen.findByRole("link", { name: `In reply to You ${CAKE}` });
    expect(screen.getByRole("link", { name: "In reply to bob Message deleted" })).toBeTruthy();
    await user.click(quote);
    expect(where()).toBe(`/c/${BOB}?message=${CAKE_ID}`);
    await act(() => messenger.editMessage(BOB, CAKE_ID, "I bring two cakes"));
    expect(await screen.findByRole("link", { name: "In reply to You I bring two cakes" })).toBeTruthy();
  });

  it("gets reactions: one of a few by a click, counted, and taken back", async () => {
    const { user, did } = renderScenario(scenarios.talk);
    const cake = await row(CAKE);
    const chip = (emoji: string, pressed: boolean) =>
      within(cake)
        .getByText(emoji)
        .closest<HTMLElement>(`button[aria-pressed="${String(pressed)}"]`)!;
    expect(chip("🎉", true).getAttribute("aria-label")).toBe("🎉 2: bob and You");
    await user.click(chip("❤️", false));
    await user.click(chip("🎉", true));
    cake.focus();
    await user.keyboard("+");
    await user.click(await screen.findByLabelText("React with 🙏"));
    expect(did("react")).toEqual([
      [BOB, CAKE_ID, "❤️", true],
      [BOB, CAKE_ID, "🎉", false],
      [BOB, CAKE_ID, "🙏", true],
    ]);
    expect(await within(cake).findByLabelText("🙏 1: You")).toBeTruthy();
  });

  it("of one's own is edited: ↑ in an empty field, the draft stays, and earlier versions can be seen", async () => {
    const { user, did } = renderScenario(quiet);
    const field = await composer();
    await user.type(field, "{ArrowUp}");
    expect(field.value).toBe("I'll send the recipe later");
    expect(screen.queryByLabelText("Critical message")).toBeNull();
    await user.clear(field);
    await user.type(field, "I'll send the recipe now{Enter}");
    expect(did("editMessage")).toEqual([[BOB, uuid(540), "I'll send the recipe now"]]);
    expect(field.value).toBe("");
    await user.click(await screen.findByLabelText("Edited: show earlier versions"));
    const versions = await screen.findByRole("dialog", { name: "Versions of this message" });
    expect(
      within(versions)
        .getAllByRole("listitem")
        .map((item) => item.textContent),
    ).toEqual([expect.stringMatching(/now.*recipe now$/u), expect.stringMatching(/recipe later$/u)]);
  });

  it("is edited beside a draft, which waits, and comes back when the edit could not be taken", async () => {
    const { user } = renderScenario({ ...quiet, failures: { editMessage: "storage_full" } });
    const field = await composer();
    await user.type(field, "a thought");
    const own = await row(CAKE);
    own.focus();
    await user.keyboard("e");
    expect(field.value).toBe(CAKE);
    await user.keyboard("{Escape}");
    expect(field.value).toBe("a thought");
    own.focus();
    await user.keyboard("e");
    await user.type(field, "!{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("storage is full");
    expect(field.value).toBe(`${CAKE}!\na thought`);
  });

  it("of one's own is deleted for everybody, after one question", async () => {
    const { user, did } = renderScenario(quiet);
    const own = await row(CAKE);
    own.focus();
    await user.keyboard("{Delete}");
    await user.click(await screen.findByRole("button", { name: "Delete for everybody" }));
    expect(did("deleteMessage")).toEqual([[BOB, CAKE_ID]]);
    expect(await screen.findByText("You deleted this message.")).toBeTruthy();
    expect(screen.queryByText(CAKE)).toBeNull();
  });

  it("of somebody else offers neither; a critical one says why it cannot be edited", async () => {
    const critical = { falcon: "valid", ecdsa: "valid", receipt: "valid", receiptAt: 1, checkedAt: 1 } as const;
    const { user, messenger } = renderScenario(quiet);
    const theirs = await row("What kind?");
    theirs.focus();
    await user.keyboard("e{Delete}{Enter}");
    const menu = await screen.findByRole("menu");
    expect(
      within(menu)
        .getAllByRole("menuitem")
        .map((item) => item.textContent.trim()),
    ).toEqual(["Copy text", "Pin"]);
    await user.keyboard("{Escape}");
    const place = { kind: "message", id: uuid(900), position: 41, at: Date.now(), authorId: self.userId } as const;
    act(() => messenger.receive(BOB, { ...PLAIN, ...place, text: "the bridge is closed", critical }));
    (await screen.findByText("the bridge is closed")).closest<HTMLElement>("[data-row]")!.focus();
    await user.keyboard("{Enter}");
    expect((await screen.findByRole("menu")).textContent).toContain("A critical message cannot be edited");
  });

  it("that needs a newer version says so", async () => {
    renderScenario(scenarios.talk);
    expect(await screen.findByText(/This message needs a newer version of QuantumChat/u)).toBeTruthy();
  });

  it("that was missed and sent again says so, and whether it is what the log holds", async () => {
    renderScenario(scenarios.healed);
    const marks = await screen.findAllByText("Sent again");
    const told = marks.map((mark) => mark.closest("details")!.textContent);
    expect(told).toEqual([
      expect.stringMatching(/entry 36.*word for word what was written then/u),
      expect.stringMatching(/entry 39.*not possible/u),
    ]);
  });

  it("says what of a change was not sent, to be tried again or discarded", async () => {
    const { user, did } = renderScenario(scenarios.talk);
    expect(await screen.findByText(/Edit not sent\. You are not connected/u)).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await user.click(screen.getByRole("button", { name: "Discard" }));
    expect([did("retry"), did("deleteOutgoing")]).toEqual([[[BOB, "d.c"]], [[BOB, "d.c"]]]);
  });

  it("is reached by keyboard: Tab stops at one, arrows go on, Escape leads back", async () => {
    const { user } = renderScenario(quiet);
    const log = await screen.findByRole("log");
    const stops = () => [...log.querySelectorAll<HTMLElement>("[data-row][tabindex='0']")];
    expect(stops()).toHaveLength(1);
    const newest = stops()[0]!;
    expect(newest.textContent).toContain("I'll send the recipe later");
    newest.focus();
    await user.keyboard("{ArrowUp}{ArrowUp}");
    expect(document.activeElement?.textContent).toContain("I ask for a friend");
    expect(stops()).toEqual([document.activeElement]);
    await user.keyboard("{Escape}");
    expect(document.activeElement).toBe(await composer());
  });
});

describe("a conversation that takes nothing more", () => {
  it("offers no changes", async () => {
    renderScenario(scenarios.closed);
    const said = await row("What kind?");
    said.focus();
    expect(await screen.findByLabelText("More")).toBeTruthy();
    expect(screen.queryByLabelText("Reply")).toBeNull();
    expect(screen.queryByLabelText("React")).toBeNull();
  });
});

describe("what changed above the loaded part", () => {
  it("is not put into the timeline, only into the quotes of it", async () => {
    const { messenger } = renderScenario(scenarios.talk);
    await screen.findByText("What kind?", { selector: "[data-message] p" });
    const old = { ...PLAIN, kind: "message", id: uuid(1), position: 3, at: 5, authorId: bob.id } as const;
    act(() => messenger.receive(BOB, { ...old, text: "long ago" }));
    await waitFor(() => expect(screen.getAllByText(/Earlier message/u).length).toBeGreaterThan(0));
    expect(screen.queryByText("long ago")).toBeNull();
  });
});
