// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import { changes } from "../../realtime/changes";
import type { Room } from "../../realtime/state";
import { uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

const HARBOUR = uuid(201);

stubBrowser();

describe("a room", () => {
  test("stands in the list, opens, and shows who is in it with what the owner may do", async () => {
    const { user } = renderScenario(scenarios.rooms, `/c/${HARBOUR}`);
    expect(await screen.findByRole("heading", { name: /Harbour/ })).toBeTruthy();
    await user.click(screen.getByRole("link", { name: "Details" }));
    const panel = await screen.findByRole("complementary", { name: "Details of Harbour 🚢" });
    expect(within(panel).getByText("Owner")).toBeTruthy();
    expect(within(panel).getByRole("button", { name: "Delete room for everybody" })).toBeTruthy();
    expect(within(panel).getByText("To leave it, hand it over to somebody first.")).toBeTruthy();
  });

  test("a role is given from the menu; removing asks first and names whom", async () => {
    const { user, did } = renderScenario(scenarios.rooms, `/c/${HARBOUR}/details`);
    const panel = await screen.findByRole("complementary", { name: "Details of Harbour 🚢" });
    const [first] = within(panel).getAllByRole("button", { name: /^What to do about/ });
    await user.click(first!);
    await user.click(await screen.findByRole("menuitem", { name: "Make member again" }));
    await waitFor(() =>
      expect(did("changeRoom")).toEqual([[HARBOUR, expect.objectContaining({ act: "role", role: "member" })]]),
    );
    await user.click(first!);
    await user.click(await screen.findByRole("menuitem", { name: "Remove and ban…" }));
    await user.click(await screen.findByRole("button", { name: /^Remove and ban / }));
    await waitFor(() => expect(did("changeRoom").at(-1)?.[1]).toMatchObject({ act: "remove", ban: true }));
  });

  test("P10.3 who may change the rules sets when messages disappear; others read it", async () => {
    const { user, did, store } = renderScenario(scenarios.rooms, `/c/${HARBOUR}/details`);
    const panel = await screen.findByRole("complementary", { name: "Details of Harbour 🚢" });
    await user.click(within(panel).getByRole("combobox", { name: "Messages disappear" }));
    const list = await screen.findByRole("listbox");
    expect(
      within(list)
        .getAllByRole("option")
        .map(({ textContent }) => textContent),
    ).toEqual(["Off", "After 1 hour", "After 1 day", "After 1 week", "After 4 weeks"]);
    await user.click(within(list).getByRole("option", { name: "After 1 week" }));
    await waitFor(() => expect(did("setTimer")).toEqual([[HARBOUR, 604_800]]));
    const room = store.getState().rooms.all![HARBOUR]!;
    act(() => {
      store.dispatch(changes.room({ ...room, role: "member", settings: { ...room.settings, timer: 3_600 } }));
    });
    expect(await within(panel).findByText("After 1 hour")).toBeTruthy();
    await waitFor(() => expect(within(panel).queryByRole("combobox", { name: "Messages disappear" })).toBeNull());
  });

  test("a member is offered what members may: to leave", async () => {
    const { store } = renderScenario(scenarios.rooms, `/c/${HARBOUR}/details`);
    const panel = await screen.findByRole("complementary", { name: "Details of Harbour 🚢" });
    const room = store.getState().rooms.all![HARBOUR]!;
    act(() => {
      store.dispatch(changes.room({ ...room, role: "member" } satisfies Room));
    });
    expect(within(panel).queryByRole("button", { name: /^What to do about/ })).toBeNull();
    expect(within(panel).queryByRole("button", { name: "Edit" })).toBeNull();
    expect(within(panel).getByRole("button", { name: "Leave room" })).toBeTruthy();
  });

  test("who was removed reads by whom, and cannot write", async () => {
    const { store } = renderScenario(scenarios.rooms, `/c/${HARBOUR}`);
    await screen.findByRole("heading", { name: /Harbour/ });
    const room = store.getState().rooms.all![HARBOUR]!;
    const by = room.people.find(({ role }) => role !== "owner")!;
    act(() => {
      store.dispatch(changes.room({ ...room, stage: { kind: "left", by: by.id, at: Date.now() } }));
    });
    expect(await screen.findByText(`${by.username} removed you`)).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /^Message to/ })).toBeNull();
  });
});

test("a new room has a name, and the people chosen for it", async () => {
  const { user, did } = renderScenario(scenarios.rooms);
  await user.click(await screen.findByRole("button", { name: "New room" }));
  const dialog = await screen.findByRole("dialog", { name: "New room" });
  expect(within(dialog).getByRole<HTMLButtonElement>("button", { name: "Create room" }).disabled).toBe(true);
  await user.type(within(dialog).getByLabelText("Name"), "Quay");
  const [someone] = within(dialog).getAllByRole("checkbox");
  await user.click(someone!);
  await user.click(within(dialog).getByRole("button", { name: "Create room" }));
  await waitFor(() => expect(did("createRoom")).toEqual([[expect.objectContaining({ name: "Quay", topic: "" })]]));
});
