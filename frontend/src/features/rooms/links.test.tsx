// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { forgetFragment, takeFragment } from "../../lib/invitation";
import { changes } from "../../realtime/changes";
import type { Room, RoomAct } from "../../realtime/state";
import { alice, NOW, self, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios, type Scenario } from "../../testing/fixtures/scenarios";

const HARBOUR = uuid(201);
const CODE = "A".repeat(22);
const FRAGMENT = "B".repeat(86);
const ROOM = uuid(7100);

stubBrowser();
afterEach(forgetFragment);

function opened(path = `/join/${CODE}`): void {
  takeFragment({ pathname: path, search: "", hash: `#${FRAGMENT}` }, { replaceState: () => undefined });
}

const joining = (more: Partial<Scenario> = {}) => renderScenario({ ...scenarios.rooms, ...more }, `/join/${CODE}`);

describe("P10.2 an invitation link", () => {
  test("loses its secret before anything else runs, and keeps it in memory alone", () => {
    const replaceState = vi.fn();
    const at = { pathname: `/chatrooms/join/${CODE}`, search: "", hash: `#${FRAGMENT}` };
    takeFragment(at, { replaceState });
    expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", `/chatrooms/join/${CODE}`);
    expect(JSON.stringify([sessionStorage, localStorage])).not.toContain(FRAGMENT);
  });

  test("says who invites, joins, and waits until somebody lets one in", async () => {
    opened();
    const { user, did, store } = joining();
    expect(await screen.findByRole("heading", { name: `${alice.username} invites you to a room` })).toBeTruthy();
    await user.click(await screen.findByRole("button", { name: "Join" }));
    await waitFor(() => expect(did("askToJoin")).toEqual([[CODE, FRAGMENT]]));
    expect(await screen.findByText(/as soon as somebody of it is online/)).toBeTruthy();
    const harbour = store.getState().rooms.all![HARBOUR]!;
    act(() => {
      store.dispatch(changes.room({ ...harbour, id: ROOM, name: "Quay" }));
    });
    expect(await screen.findByRole("heading", { name: "Quay" })).toBeTruthy();
  });

  test("with approval one asks, is declined in plain words, and may ask again or no more", async () => {
    opened();
    const inviter = { id: alice.id, username: alice.username };
    const join = { roomId: ROOM, inviter, state: "declined" as const, expiresAt: NOW + 1_000_000, askedAt: NOW };
    const link = { roomId: ROOM, inviter, expiresAt: NOW + 1_000_000, approval: true };
    const { user, did } = joining({ link, joins: [join] });
    expect(await screen.findByText(/You were not let in/)).toBeTruthy();
    await user.click(await screen.findByRole("button", { name: "Ask again" }));
    expect(await screen.findByText(/Somebody in the room has to let you in/)).toBeTruthy();
    await user.click(await screen.findByRole("button", { name: "Ask no more" }));
    await waitFor(() => expect(did("withdrawJoin")).toEqual([[ROOM]]));
  });

  test.each([
    ["link_expired", /has expired/],
    ["link_unknown", /was revoked/],
    ["link_used_up", /as many people/],
    ["not_allowed", /cannot come into this room/],
    ["already_member", /in this room already/],
  ])("that does not let in says why: %s", async (code, words) => {
    opened();
    joining({ failures: { lookAtLink: code } });
    expect((await screen.findByRole("alert")).textContent).toMatch(words);
  });

  test("without its secret asks for the whole of it", async () => {
    const { did } = joining();
    expect(await screen.findByRole("heading", { name: "The link is not complete" })).toBeTruthy();
    expect(did("askedByLink")).toEqual([[CODE]]);
  });

  const inviter = { id: alice.id, username: alice.username };
  const waiting = { roomId: ROOM, inviter, state: "waiting" as const, expiresAt: NOW + 1_000_000, askedAt: NOW };

  test("after a reload the page says that one waits, and opens the room", async () => {
    const { store } = joining({ askedByLink: ROOM, joins: [waiting] });
    expect(await screen.findByRole("heading", { name: "You asked to join a room" })).toBeTruthy();
    const harbour = store.getState().rooms.all![HARBOUR]!;
    act(() => {
      store.dispatch(changes.room({ ...harbour, id: ROOM, name: "Quay" }));
    });
    expect(await screen.findByRole("heading", { name: "Quay" })).toBeTruthy();
  });

  test("after a reload one hears that one was declined", async () => {
    const { store } = joining({ askedByLink: ROOM, joins: [waiting] });
    expect(await screen.findByRole("heading", { name: "You asked to join a room" })).toBeTruthy();
    act(() => {
      store.dispatch(changes.join({ ...waiting, state: "declined" }));
    });
    expect(await screen.findByRole("heading", { name: "You were not let in" })).toBeTruthy();
  });

  test("after a reload one may still ask no more; then it takes the whole link again", async () => {
    const { user, did } = joining({ askedByLink: ROOM, joins: [waiting] });
    await user.click(await screen.findByRole("button", { name: "Ask no more" }));
    expect(await screen.findByRole("heading", { name: "The link is not complete" })).toBeTruthy();
    expect(did("withdrawJoin")).toEqual([[ROOM]]);
  });

  test("is kept for who signs in first", async () => {
    opened();
    const account = { phase: "signed_out" as const, reason: null, kept: null };
    const { where } = joining({ account });
    await waitFor(() => expect(where()).toBe(`/sign-in?next=${encodeURIComponent(`/join/${CODE}`)}`));
  });
});

describe("P10.2 the room's side", () => {
  const invitation = { id: uuid(7200), by: self.userId, expiresAt: NOW + 3_600_000, allowed: 5, used: 2, works: true };

  async function panel(more: Partial<Room>) {
    const rendered = renderScenario(scenarios.rooms, `/c/${HARBOUR}/details`);
    const pane = await screen.findByRole("complementary", { name: "Details of Harbour 🚢" });
    act(() => {
      const room = rendered.store.getState().rooms.all![HARBOUR]!;
      rendered.store.dispatch(changes.room({ ...room, ...more }));
    });
    return { ...rendered, pane: within(pane) };
  }

  test("a link is made with its limits and shown whole", async () => {
    const { user, did, pane } = await panel({});
    await user.click(await pane.findByRole("button", { name: "Invite by link" }));
    await waitFor(() =>
      expect(did("makeLink")).toEqual([[HARBOUR, { expiry: expect.any(Number) as number, allowed: 5 }]]),
    );
    expect(await pane.findByText(new RegExp(`/join/${CODE}#${FRAGMENT}`))).toBeTruthy();
    expect(await pane.findByRole("button", { name: "Copy the link" })).toBeTruthy();
  });

  test("live links say how often they were used; theirs are shown again and revoked", async () => {
    const { user, did, pane } = await panel({ links: [invitation, { ...invitation, id: uuid(7201), used: 5 }] });
    expect(await pane.findByText(/^2 of 5 people · until /)).toBeTruthy();
    expect(pane.getByText("5 of 5 people · used up")).toBeTruthy();
    await user.click(pane.getAllByRole("button", { name: "Revoke" })[0]!);
    const revoked: RoomAct = { act: "revoke_link", link: invitation.id };
    await waitFor(() => expect(did("changeRoom")).toEqual([[HARBOUR, revoked]]));
    expect(pane.getAllByRole("button", { name: "Show" })).toHaveLength(1);
  });

  test("with approval the list of conversations counts who asks, and without it nobody has to do anything", async () => {
    const asks = { id: uuid(7300), username: "nadia", since: NOW };
    const { store } = await panel({ joining: [asks, { ...asks, id: uuid(7301), username: "omar" }] });
    const list = within(await screen.findByRole("list", { name: "Conversations" }));
    expect(list.queryByText(/to join/)).toBeNull();
    const harbour = store.getState().rooms.all![HARBOUR]!;
    act(() => {
      store.dispatch(changes.room({ ...harbour, settings: { ...harbour.settings, approval: true } }));
    });
    expect(await list.findByRole("link", { name: /2 people ask to join/ })).toBeTruthy();
  });

  test("who asks is let in or declined by who may invite", async () => {
    const asks = { id: uuid(7300), username: "nadia", since: NOW };
    const { user, did, pane } = await panel({ joining: [asks, { ...asks, id: uuid(7301), username: "omar" }] });
    await user.click(await pane.findByRole("button", { name: "Let in nadia" }));
    await waitFor(() => expect(did("admit")).toEqual([[HARBOUR, [asks.id]]]));
    await user.click(await pane.findByRole("button", { name: "Decline omar" }));
    await waitFor(() => expect(did("decline")).toEqual([[HARBOUR, uuid(7301)]]));
  });
});
