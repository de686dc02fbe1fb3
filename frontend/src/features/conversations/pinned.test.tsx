// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { bob, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { HARBOUR, scenarios, type Scenario } from "../../testing/fixtures/scenarios";

stubBrowser();

const scenario = scenarios["room-pinned"];
const CRANE = /a crane is enough/u;
const CRANE_ID = uuid(2110);
const DETAILS = `/c/${HARBOUR}/details`;

const asMember: Scenario = { ...scenario, rooms: scenario.rooms!.map((room) => ({ ...room, role: "member" })) };

const list = async () => within(await screen.findByRole("region", { name: "Pinned" }));

describe("pinned messages", () => {
  it("stand beside the conversation, newest pin first, each with a way to it", async () => {
    const { user, where } = renderScenario(scenario, DETAILS);
    const items = (await list()).getAllByRole("listitem");
    expect(items.map(({ textContent }) => textContent)).toEqual([
      expect.stringContaining("The crane is tested"),
      expect.stringContaining("Forty minutes"),
      expect.stringContaining("سلام"),
    ]);
    await user.click(within(items[1]!).getByRole("link", { name: /alice\.kovacs.*Forty minutes/u }));
    expect(where()).toBe(`/c/${HARBOUR}?message=${uuid(2106)}`);
    expect(await screen.findByText("You pinned a message.")).toBeTruthy();
    const said = await screen.findByText("Forty minutes, they say", { selector: "[data-message] p" });
    expect(said.closest("[data-message]")?.textContent).toContain("Pinned");
  });

  it("are taken off there, and by the menu of a message, which pins too", async () => {
    const { user, did } = renderScenario(scenario, DETAILS);
    await user.click((await list()).getByRole("button", { name: /^Unpin: The crane is tested/u }));
    await waitFor(() => expect(did("pin")).toEqual([[HARBOUR, uuid(2112), false]]));
    const said = await screen.findByText(CRANE, { selector: "[data-message] p" });
    said.closest<HTMLElement>("[data-row]")!.focus();
    await user.keyboard("{Enter}");
    await user.click(await screen.findByRole("menuitem", { name: "Pin" }));
    await waitFor(() => expect(did("pin").at(-1)).toEqual([HARBOUR, CRANE_ID, true]));
    expect(await (await list()).findByRole("link", { name: /bob.*a crane is enough/u })).toBeTruthy();
  });

  it("P10.3 are only looked at by members", async () => {
    const { user } = renderScenario(asMember, DETAILS);
    expect((await list()).queryByRole("button")).toBeNull();
    const said = await screen.findByText(CRANE, { selector: "[data-message] p" });
    said.closest<HTMLElement>("[data-row]")!.focus();
    await user.keyboard("{Enter}");
    const menu = within(await screen.findByRole("menu"));
    expect(menu.queryByRole("menuitem", { name: "Pin" })).toBeNull();
  });

  it("are not spoken of where there are none", async () => {
    const { did } = renderScenario(scenarios.full, `/c/${uuid(100)}/details`);
    expect(await screen.findByRole("complementary", { name: `Details of ${bob.username}` })).toBeTruthy();
    await waitFor(() => expect(did("loadDetails")).toHaveLength(1));
    expect(screen.queryByRole("region", { name: "Pinned" })).toBeNull();
  });
});
