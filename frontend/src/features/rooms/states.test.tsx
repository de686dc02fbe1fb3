// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import type { Notice, NoticeEntry } from "../../realtime/state";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios, type Scenario } from "../../testing/fixtures/scenarios";

stubBrowser();

const { rooms: scenario } = scenarios;
const [room] = scenario.rooms!;
const ROOM = scenario.path;
const DETAILS = `${ROOM}/details`;

const noticed = (position: number, notice: Notice): NoticeEntry => {
  return { kind: "notice", id: `notice/${position}`, position, at: Date.now(), notice };
};

describe("a room in each state", () => {
  test("loading: a place for what comes, and no message yet", async () => {
    renderScenario({ ...scenario, failures: { openConversation: "never" } }, ROOM);
    expect(await screen.findByRole("heading", { name: /Harbour/ })).toBeTruthy();
    expect(await screen.findByText("Loading messages")).toBeTruthy();
    expect(screen.queryByRole("log")).toBeNull();
  });

  test("failed: why, and once more", async () => {
    const { user, did } = renderScenario({ ...scenario, failures: { openConversation: "server_unreachable" } }, ROOM);
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    await waitFor(() => expect(did("openConversation")).toHaveLength(2));
  });

  test("alone: the one person, nobody banned, and somebody to add", async () => {
    renderScenario(scenarios["room-alone"], DETAILS);
    const panel = within(await screen.findByRole("complementary", { name: /^Details of/ }));
    expect(panel.getByRole("heading", { name: "1 person" })).toBeTruthy();
    expect(panel.getByText("No topic")).toBeTruthy();
    expect(panel.queryByRole("heading", { name: "Banned" })).toBeNull();
    expect(panel.queryByText("To leave it, hand it over to somebody first.")).toBeNull();
    expect(panel.getByRole("button", { name: "Add somebody" })).toBeTruthy();
  });

  test("left: the others as they were last seen", async () => {
    renderScenario(scenarios["room-left"], DETAILS);
    const panel = within(await screen.findByRole("complementary", { name: /^Details of/ }));
    expect(panel.getByRole("heading", { name: "4 people when you last saw it" })).toBeTruthy();
    expect(panel.queryByText(/\(you\)/)).toBeNull();
  });

  const known = scenario.people!;
  test.each([
    ["nobody", [], "You can add people here once you are connected with them."],
    ["one person, who is here", known.slice(0, 1), "Nobody to add: you are connected with bob alone."],
    ["people who are all here", known.slice(0, 2), "Nobody to add: everybody you are connected with is here."],
    [
      "people of whom one is banned",
      known.filter(({ id }) => [...room!.people, ...room!.banned].some((each) => each.id === id)),
      "Nobody to add: everybody you are connected with is here, or banned.",
    ],
  ])("nobody to add for who is connected with %s", async (_, people, words) => {
    renderScenario({ ...scenario, people }, DETAILS);
    expect(await screen.findByText(words)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Add somebody" })).toBeNull();
  });

  test("its timeline speaks of a room, and of who came in", async () => {
    const [end, start] = [scenarios["room-events"], scenario.timelines![room!.id]!];
    renderScenario({
      ...end,
      timelines: {
        [room!.id]: [
          ...start,
          ...(["self", "peer", "server"] as const).map((by, n) => noticed(20 + n, { code: "closed", by })),
          noticed(30, { code: "joined_room", by: known[0]!.id }),
          noticed(31, { code: "rotated", by: known[0]!.id, contribution: true }),
        ],
      },
    });
    for (const words of [
      "Keys are made. Only those in this room can read what follows.",
      "You deleted this room.",
      "Its owner deleted this room.",
      "This room was closed by the server. Nobody in it did.",
      "bob added you. What was written before is for those who were here.",
      "bob made new keys for this room.",
    ]) {
      expect(await screen.findByText(words)).toBeTruthy();
    }
  });

  test("offline: what is written waits in the room", async () => {
    const line = { status: "offline", cause: "server", retryAt: Date.now() + 60_000 } as const;
    const { user, did } = renderScenario({ ...scenario, line }, ROOM);
    await user.type(await screen.findByRole("textbox", { name: /^Message to/ }), "Cake is here{Enter}");
    await waitFor(() => expect(did("send")).toHaveLength(1));
    expect(await within(screen.getByRole("log")).findByText("Cake is here")).toBeTruthy();
  });

  test("keys still to come: it says what they wait for, and lets one write", async () => {
    renderScenario(scenarios["room-making-keys"]);
    expect((await screen.findAllByText(/adds fresh randomness is away/)).length).toBeGreaterThan(0);
    expect(screen.getByRole("textbox", { name: /^Message to/ })).toBeTruthy();
  });

  test("only moderators write: it says so in the composer's place", async () => {
    renderScenario(scenarios["room-read-only"]);
    expect(await screen.findByText("Only some may write here")).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /^Message to/ })).toBeNull();
  });

  test("P3.2 a member’s keys changed: it says whose, and what can be done", async () => {
    const { conversations } = scenarios["room-keys-changed"];
    const { user, did } = renderScenario(scenarios["room-keys-changed"], ROOM);
    expect(await screen.findByText(/^bob’s keys changed \S/u)).toBeTruthy();
    expect(await screen.findByText("bob’s keys changed.")).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /^Message to/ })).toBeNull();
    const withBob = conversations!.find(({ peer }) => peer.username === "bob")!.id;
    const compare = await screen.findByRole("link", { name: "Compare safety number" });
    expect(compare.getAttribute("href")).toContain(withBob);
    await user.click(await screen.findByRole("button", { name: "I asked: accept the new keys" }));
    await waitFor(() => expect(did("acceptKeyChange")).toHaveLength(1));
  });

  test("P3.2 of somebody with whom one shares only the room the new keys can be accepted all the same", async () => {
    renderScenario({ ...scenarios["room-keys-changed"], conversations: [] }, ROOM);
    expect(await screen.findByRole("button", { name: "I asked: accept the new keys" })).toBeTruthy();
    expect(screen.queryByRole("link", { name: "Compare safety number" })).toBeNull();
  });

  test("an unknown device: told in the timeline and in the panel, in words for many", async () => {
    renderScenario(scenarios["room-ghost"], DETAILS);
    const panel = within(await screen.findByRole("complementary", { name: /^Details of/ }));
    expect(panel.getByText("Somebody tried to add an unknown device")).toBeTruthy();
    expect(panel.getByText(/belongs to nobody in this conversation/)).toBeTruthy();
    expect(await screen.findByText("Somebody tried to add an unknown device.")).toBeTruthy();
  });
});

describe("a member who breaks the rules", () => {
  test("P6.8 a commit that nobody can follow: who did it, and who began anew, in the timeline and in the panel", async () => {
    renderScenario(scenarios["room-begun-anew"], DETAILS);
    const panel = within(await screen.findByRole("complementary", { name: /^Details of/ }));
    expect(await panel.findByText("A change of keys was refused")).toBeTruthy();
    expect(await panel.findByText("It came in bob’s name.")).toBeTruthy();
    expect(await screen.findByText("A change of keys was refused. It came in bob’s name.")).toBeTruthy();
    const anew = "Nobody could follow the last change of keys, so alice.kovacs began anew with new ones.";
    expect(await screen.findByText(anew)).toBeTruthy();
  });
});

describe("a change that is refused", () => {
  const refused: Scenario = { ...scenario, failures: { changeRoom: "server_unreachable", createRoom: "never" } };

  test("is told in the row of whom it concerned", async () => {
    const { user } = renderScenario(refused, DETAILS);
    await user.click(await screen.findByRole("button", { name: "What to do about bob" }));
    await user.click(await screen.findByRole("menuitem", { name: "Make moderator" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert.closest("li")!).getByText("bob")).toBeTruthy();
  });

  test("leaves what was typed in the dialog, with the reason", async () => {
    const { user } = renderScenario(refused, DETAILS);
    await user.click(await screen.findByRole("button", { name: "Edit" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Name and topic" }));
    await user.clear(dialog.getByLabelText("Name"));
    expect(dialog.getByRole<HTMLButtonElement>("button", { name: "Save" }).disabled).toBe(true);
    await user.type(dialog.getByLabelText("Name"), "Quay{Enter}");
    expect(await dialog.findByRole("alert")).toBeTruthy();
    expect(dialog.getByLabelText<HTMLInputElement>("Name").value).toBe("Quay");
  });

  test("while a room is being made, it is not made twice", async () => {
    const { user, did } = renderScenario(refused);
    await user.click(await screen.findByRole("button", { name: "New room" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New room" }));
    await user.type(dialog.getByLabelText("Name"), "Quay{Enter}");
    expect((await dialog.findByRole<HTMLButtonElement>("button", { name: "Making keys…" })).disabled).toBe(true);
    await user.keyboard("{Enter}");
    expect(did("createRoom")).toHaveLength(1);
  });
});
