// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { alice, bob, self, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";
import { begun, matching, mentionsIn, partsOf } from "./mentions";

const people = [
  { id: "1", name: "bob" },
  { id: "2", name: "alice.kovacs" },
  { id: "3", name: "bob.ross" },
];

describe("a text", () => {
  it.each([
    ["@bob, come", ["1"]],
    ["(@Bob) and @alice.kovacs.", ["1", "2"]],
    ["@bob.ross or @bob... or @bob", ["3", "1"]],
    ["bob@bob.example @bobby @@bob x@bob", []],
    ["`@bob` and ```\n@alice.kovacs\n```", []],
    ["https://example.org/@bob", []],
  ])("means whom it names, and nobody else: %j", (text, ids) => {
    expect(mentionsIn(text, people)).toEqual(ids);
  });

  it("is cut into names and the rest, with nothing lost", () => {
    const parts = partsOf("hi @bob, @carol and @BOB.", new Set(["bob"]));
    expect(parts.map(({ text }) => text).join("")).toBe("hi @bob, @carol and @BOB.");
    expect(parts.flatMap(({ text, name }) => (name === null ? [] : [text]))).toEqual(["@bob", "@BOB"]);
  });

  it("shows where a name begins, and whose it could be", () => {
    expect(begun("hi @al", 6)).toEqual({ at: 3, typed: "al" });
    expect(begun("hi @al there", 12)).toBeNull();
    expect(begun("ada@al", 6)).toBeNull();
    expect(matching("kov", people).map(({ name }) => name)).toEqual(["alice.kovacs"]);
    expect(matching("b", people).map(({ name }) => name)).toEqual(["bob", "bob.ross"]);
  });

  it("takes no longer when it means harm", () => {
    for (const part of ["@", "@a", "@bob ", "@bob.", "`", "```", "@-.", " @"])
      expect(mentionsIn(part.repeat(60_000 / part.length), people).length).toBeLessThan(2);
  });
});

stubBrowser();

describe("a mention", () => {
  it("is completed by keyboard from the members of a room, and sent as ids", async () => {
    const { user, did, store } = renderScenario(scenarios.rooms);
    const room = Object.values(store.getState().rooms.all!)[0]!;
    const field = await screen.findByRole<HTMLTextAreaElement>("textbox", { name: /^Message to/u });
    await user.type(field, "ask @");
    const list = await screen.findByRole("listbox", { name: "People to mention" });
    const options = within(list)
      .getAllByRole("option")
      .map(({ textContent }) => textContent);
    expect(options).toHaveLength(Math.min(6, room.people.length - 1));
    expect(options).not.toContain(self.username);
    await user.keyboard("o{ArrowDown}{ArrowUp}");
    expect(field.getAttribute("aria-activedescendant")).toBe(
      within(list).getAllByRole("option", { selected: true })[0]!.id,
    );
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("listbox")).toBeNull();
    await user.type(field, "{Backspace}bo{Enter}or @alice.kovacs{Escape}{Enter}");
    expect(field.value).toBe("");
    expect(did("send")).toEqual([[room.id, "ask @bob or @alice.kovacs", "secured", null, [bob.id, alice.id]]]);
    // In what was said before, and in this.
    await waitFor(() => expect(screen.getAllByText("@bob", { selector: "b" })).toHaveLength(2));
  });

  it("stands out in the text where it is one, and in the list until it is read", async () => {
    renderScenario(scenarios.rooms);
    const log = await screen.findByRole("log");
    expect(within(log).getByText("@ada.lovelace").tagName).toBe("B");
    expect(screen.getByText("You are mentioned.")).toBeTruthy();
  });

  it("of a name in the text alone is none", async () => {
    const { messenger } = renderScenario({ ...scenarios.full, olderPages: 0 });
    await screen.findByText("What kind?", { selector: "[data-message] p" });
    messenger.incoming(uuid(100), bob.id, "psst @ada.lovelace");
    expect(
      (await screen.findByText("psst @ada.lovelace", { selector: "[data-message] p" })).querySelector("b"),
    ).toBeNull();
  });
});
