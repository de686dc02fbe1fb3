// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Room, RoomRole } from "../../realtime/state";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios, type Scenario } from "../../testing/fixtures/scenarios";

stubBrowser();

const { rooms: scenario } = scenarios;
const [harbour] = scenario.rooms!;
const DETAILS = `/c/${harbour!.id}/details`;
const as = (role: RoomRole, more: Partial<Room> = {}): Scenario => ({
  ...scenario,
  rooms: [{ ...harbour!, role, ...more }],
});

async function panelOf(it: Scenario) {
  const view = renderScenario(it, DETAILS);
  const panel = within(await screen.findByRole("complementary", { name: /^Details of/ }));
  const menuOf = async (name: string) => {
    await view.user.click(panel.getByRole("button", { name: `What to do about ${name}` }));
    const items = await screen.findAllByRole("menuitem");
    return items.map(({ textContent }) => textContent);
  };
  const choose = async (name: string, item: string) => {
    await menuOf(name);
    await view.user.click(screen.getByRole("menuitem", { name: item }));
    return within(await screen.findByRole("dialog"));
  };
  return { ...view, panel, menuOf, choose };
}

describe("what each role is offered", () => {
  test("owner: everything about everybody else", async () => {
    const { panel, menuOf } = await panelOf(as("owner"));
    expect(panel.queryByRole("button", { name: "What to do about ada.lovelace" })).toBeNull();
    const rules = within(panel.getByRole("region", { name: "Who may do what" }));
    expect(rules.getAllByRole("combobox")).toHaveLength(4);
    expect(panel.getByRole("button", { name: "Lift the ban" })).toBeTruthy();
    expect(await menuOf("bob")).toEqual(["Make moderator", "Hand the room over…", "Remove…", "Remove and ban…"]);
  });

  test("moderator: to remove members, not one another, and to give no roles", async () => {
    const { panel, menuOf } = await panelOf(as("moderator"));
    expect(panel.queryByRole("button", { name: "What to do about alice.kovacs" })).toBeNull();
    expect(panel.getByRole("button", { name: "Edit" })).toBeTruthy();
    expect(panel.getByRole("button", { name: "Leave room" })).toBeTruthy();
    expect(await menuOf("bob")).toEqual(["Remove…", "Remove and ban…"]);
  });

  test.each([
    [0, 1],
    [1, 0],
  ] as const)("member, where rank %i may add people: the button stands there %i times", async (invite, times) => {
    const { panel } = await panelOf(as("member", { settings: { ...harbour!.settings, invite } }));
    expect(panel.queryAllByRole("button", { name: "Add somebody" })).toHaveLength(times);
    expect(panel.queryAllByRole("button", { name: "Invite by link" })).toHaveLength(times);
    expect(panel.queryByRole("button", { name: /^What to do about|Edit|Lift the ban/ })).toBeNull();
    expect(panel.queryByRole("region", { name: "Who may do what" })).toBeNull();
  });

  test.each([scenarios["room-left"], scenarios["room-deleted"]])("a room that is over: nothing", async (over) => {
    const { panel } = await panelOf(over);
    const buttons = panel.queryAllByRole("button").map(({ textContent }) => textContent);
    expect(buttons).toEqual([]);
    expect(panel.queryByRole("combobox")).toBeNull();
  });
});

describe("words of danger name the consequence, and nothing happens before they are answered", () => {
  test.each([
    ["Remove…", "Remove bob", /cannot read on/],
    ["Remove and ban…", "Remove and ban bob", /nobody can add them again/],
    ["Hand the room over…", "Make bob the owner", /you a moderator/],
  ])("%s", async (item, action, consequence) => {
    const { user, did, choose } = await panelOf(as("owner"));
    const dialog = await choose("bob", item);
    expect(dialog.getByText(consequence)).toBeTruthy();
    expect(document.activeElement).toBe(dialog.getByRole("button", { name: "Cancel" }));
    expect(did("changeRoom")).toEqual([]);
    await user.click(dialog.getByRole("button", { name: action }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(did("changeRoom")).toHaveLength(1);
  });

  test.each([
    ["owner", "Delete room for everybody", "endRoom"],
    ["member", "Leave room", "leaveRoom"],
  ] as const)("%s: %s", async (role, action, command) => {
    const { user, did, panel } = await panelOf(as(role));
    await user.click(panel.getByRole("button", { name: action }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText(/its keys are erased/)).toBeTruthy();
    await user.click(dialog.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(did(command)).toEqual([]);
    await user.click(panel.getByRole("button", { name: action }));
    const again = within(await screen.findByRole("dialog"));
    if (role === "owner") {
      // Too much goes with it for one click: its name is typed, and nothing typed before counts.
      const name = again.getByRole("textbox", { name: /type its name: Harbour/ });
      expect(again.getByRole<HTMLButtonElement>("button", { name: action }).disabled).toBe(true);
      await user.type(name, "Harbor{Enter}");
      expect(did(command)).toEqual([]);
      await user.clear(name);
      await user.type(name, harbour!.name);
    }
    await user.click(again.getByRole("button", { name: action }));
    await waitFor(() => expect(did(command)).toEqual([[harbour!.id]]));
  });
});

describe("by keyboard", () => {
  test("a menu opens, Escape closes it alone, and the focus returns", async () => {
    const { user, panel, where } = await panelOf(as("owner"));
    const more = panel.getByRole("button", { name: "What to do about bob" });
    more.focus();
    await user.keyboard("{Enter}");
    await screen.findByRole("menuitem", { name: "Make moderator" });
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
    expect(where()).toBe(DETAILS);
    await waitFor(() => expect(document.activeElement).toBe(more));
  });

  test("a rule is changed, and all others stay", async () => {
    const { user, panel, did } = await panelOf(as("owner"));
    panel.getByRole("combobox", { name: "Write" }).focus();
    await user.keyboard("{Enter}");
    await screen.findByRole("option", { name: "Moderators" });
    await user.keyboard("{ArrowDown}{Enter}");
    const settings = { post: 1 };
    await waitFor(() => expect(did("changeRoom")).toEqual([[harbour!.id, { act: "settings", settings }]]));
  });
});
