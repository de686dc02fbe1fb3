// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { RoomRole } from "../../realtime/state";
import { self } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { HARBOUR, scenarios, type Scenario } from "../../testing/fixtures/scenarios";

stubBrowser();

const { rooms: scenario } = scenarios;
const FERRY = "Forty minutes, they say";
const CRANE = /a crane is enough/u;

const as = (role: RoomRole): Scenario => ({
  ...scenario,
  rooms: scenario.rooms!.map((room) => ({
    ...room,
    role,
    people: room.people.map((person) => (person.id === self.userId ? { ...person, role } : person)),
  })),
});

async function actsOn(text: string | RegExp, user: ReturnType<typeof renderScenario>["user"]): Promise<string[]> {
  const said = await screen.findByText(text, { selector: "[data-message] p" });
  said.closest<HTMLElement>("[data-row]")!.focus();
  await user.keyboard("{Enter}");
  const items = within(await screen.findByRole("menu")).getAllByRole("menuitem");
  const names = items.map(({ textContent }) => textContent.trim());
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("menu")).toBeNull());
  return names;
}

describe("P10.3 in a room", () => {
  it.each([
    ["owner", ["Copy text", "Pin", "Remove"], ["Copy text", "Pin", "Remove"]],
    ["moderator", ["Copy text", "Pin"], ["Copy text", "Pin", "Remove"]],
    ["member", ["Copy text"], ["Copy text"]],
  ] as const)("%s: what is offered for messages of a moderator and of a member", async (role, ofMod, ofMember) => {
    const { user } = renderScenario(as(role));
    expect(await actsOn(FERRY, user)).toEqual(ofMod);
    expect(await actsOn(CRANE, user)).toEqual(ofMember);
  });

  it("a message of somebody else is removed after one question that says whose", async () => {
    const { user, did } = renderScenario(as("moderator"));
    const said = await screen.findByText(CRANE, { selector: "[data-message] p" });
    said.closest<HTMLElement>("[data-row]")!.focus();
    await user.keyboard("{Delete}");
    const dialog = within(await screen.findByRole("dialog", { name: "Remove this message of bob?" }));
    expect(did("deleteMessage")).toEqual([]);
    await user.click(dialog.getByRole("button", { name: "Remove for everybody" }));
    expect(await screen.findByText("You removed this message.")).toBeTruthy();
    expect(did("deleteMessage")).toHaveLength(1);
    expect(did("deleteMessage")[0]).toEqual([HARBOUR, expect.any(String)]);
  });

  it("who removed it, and as what, stands in the text's place, for its author too", async () => {
    renderScenario(scenarios["room-events"]);
    expect(await screen.findByText("Removed by alice.kovacs (moderator).")).toBeTruthy();
    expect(await screen.findByText("Removed by alice.kovacs (owner).")).toBeTruthy();
    expect(await screen.findByText("You removed this message.")).toBeTruthy();
  });
});
