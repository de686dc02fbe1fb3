// @vitest-environment jsdom
import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { renderScenario, stubBrowser } from "../../../testing/fixtures/render";
import { scenarios } from "../../../testing/fixtures/scenarios";
import { find, known, sections } from "./emoji";

const quiet = { ...scenarios.full, olderPages: 0 };
const names = (text: string) => find(text).map(({ name }) => name);

stubBrowser();

describe("the emoji", () => {
  it("stand in their groups, each once", () => {
    expect(sections.map(({ title }) => title)).toEqual([
      "Smileys",
      "People",
      "Animals and nature",
      "Food and drink",
      "Travel and places",
      "Activities",
      "Things",
      "Signs",
      "Flags",
      "Newer ones",
    ]);
    const flags = sections.find(({ title }) => title === "Flags")!.emoji;
    expect(flags.filter(({ name, emoji }) => !/flag/u.test(name) && !/^\p{RI}/u.test(emoji))).toEqual([]);
    const all = sections.flatMap(({ emoji }) => emoji.map((one) => one.emoji));
    expect(all.length).toBeGreaterThan(1800);
    expect(new Set(all).size).toBe(all.length);
    expect(sections.find(({ title }) => title === "Food and drink")?.emoji.map(({ emoji }) => emoji)).toContain("🍋");
  });

  it("are found by name and by what they are used for", () => {
    expect(names("thumbs")).toEqual(expect.arrayContaining(["thumbs up", "thumbs down"]));
    expect(names("lemon")[0]).toBe("lemon");
    expect(names("  PARTY hat ")).toContain("partying face");
    expect(names("no such thing")).toEqual([]);
    expect(known(["🍋", "not one"]).map(({ name }) => name)).toEqual(["lemon"]);
  });
});

describe("the picker", () => {
  it("is reached, searched and walked through by keyboard, and writes at the caret", async () => {
    const { user, did } = renderScenario(quiet);
    const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: "Message to bob" });
    await user.type(field, "cake!{ArrowLeft}{Tab}{Tab}");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Emoji" }));
    await user.keyboard("{Enter}");
    const picker = await screen.findByRole("dialog", { name: "Emoji" });
    const search = await within(picker).findByLabelText("Search emoji");
    expect(document.activeElement).toBe(search);
    await user.keyboard("{ArrowDown}{ArrowRight}{ArrowDown}{ArrowLeft}");
    expect(document.activeElement).toBe(within(picker).getByRole("button", { name: sections[0]!.emoji[7]!.name }));
    await user.click(search);
    await user.keyboard("birthday cake{Enter}");
    expect(field.value).toBe("cake🎂!");
    expect(document.activeElement).toBe(field);
    expect(did("rememberEmoji")).toEqual([["🎂"]]);
  });

  it("begins with what was picked before, and says when nothing is called that", async () => {
    const { user, messenger } = renderScenario(quiet);
    messenger.rememberEmoji("🍋");
    await user.click(await screen.findByRole("button", { name: "Emoji" }));
    const recent = await screen.findByRole("group", { name: "Recent" });
    expect(within(recent).getByRole("button", { name: "lemon" })).toBeTruthy();
    await user.keyboard("qqq");
    expect(await screen.findByText("No emoji is called that.")).toBeTruthy();
  });

  it("opens from the quick reactions", async () => {
    const { user, did } = renderScenario(quiet);
    const said = await screen.findByText("What kind?", { selector: "[data-message] p" });
    said.closest<HTMLElement>("[data-row]")!.focus();
    await user.keyboard("+");
    await user.click(await screen.findByRole("button", { name: "More emoji" }));
    await screen.findByLabelText("Search emoji");
    await user.keyboard("lemon{Enter}");
    expect(did("react").map(([, , emoji, on]) => [emoji, on])).toEqual([["🍋", true]]);
  });
});
