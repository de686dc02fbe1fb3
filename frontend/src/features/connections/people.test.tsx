// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { changes } from "../../realtime/changes";
import { bob, NAMES, NOW, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

stubBrowser();

const found = () => screen.findByRole("region", { name: /Others on this server|Found/u });
const row = async (name: string, region?: HTMLElement) => {
  const words = await within(region ?? (await found())).findByText(name);
  return within(words.closest("li")!);
};

describe("people to connect with", () => {
  it("searches as one types, by the address", async () => {
    const { user, where, did } = renderScenario(scenarios.people);
    const field = await screen.findByLabelText("Find somebody on this server");
    expect(document.activeElement).toBe(field);
    await user.type(field, "mei");
    expect(where()).toBe("/people?q=mei");
    await row("mei.lin");
    await waitFor(() =>
      expect(within(screen.getByRole("region", { name: "Found" })).getAllByRole("listitem")).toHaveLength(1),
    );
    expect(did("searchPeople").at(-1)).toEqual(["mei", null]);
  });

  it("says that nobody has such a name", async () => {
    renderScenario(scenarios.people, "/people?q=zzz");
    expect(await screen.findByText("Nobody here has a name with “zzz”.")).toBeTruthy();
  });

  it("asks to connect; the row follows what happens", async () => {
    const { user, did, store } = renderScenario(scenarios.people);
    const noor = await row("noor");
    await user.click(noor.getByRole("button", { name: "Connect with noor" }));
    expect(did("requestConnection")).toEqual([[uuid(4000)]]);
    const asked = {
      id: uuid(1),
      direction: "out" as const,
      peer: { id: uuid(4000), username: "noor" },
      createdAt: NOW,
    };
    act(() => {
      store.dispatch(changes.request(asked));
    });
    const requests = await screen.findByRole("region", { name: "Requests" });
    expect(within(requests).getByText("noor")).toBeTruthy();
  });

  it("says why a request was refused", async () => {
    const { user } = renderScenario({ ...scenarios.people, failures: { requestConnection: "already_requested" } });
    const noor = await row("noor");
    await user.click(noor.getByRole("button", { name: "Connect with noor" }));
    expect((await screen.findByRole("alert")).textContent).toBe("You have asked already.");
  });

  it("failed: why, and again", async () => {
    const { user, did } = renderScenario(scenarios["people-failed"]);
    expect(await screen.findByText(/The server cannot be reached/u)).toBeTruthy();
    const before = did("searchPeople").length;
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(did("searchPeople").length).toBeGreaterThan(before);
  });

  it("while this browser joins the account: says what it waits for, and refuses nothing", async () => {
    renderScenario(scenarios.joining);
    expect(await screen.findByText("People appear here by themselves when this browser has joined.")).toBeTruthy();
    expect(screen.getByRole("status").textContent).toContain("The signing service is away");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.queryByText("Looking for people")).toBeNull();
  });

  it("empty server: what to do", async () => {
    renderScenario(scenarios.empty, "/people");
    expect(await screen.findByText(/Nobody else is here yet/u)).toBeTruthy();
  });

  it("shows more on demand, and presence as it changes", async () => {
    const many = Array.from({ length: 30 }, (_, n) => ({
      id: uuid(50_000 + n),
      username: `guest.${n}`,
      online: false,
      connection: "none" as const,
    }));
    const { user, store } = renderScenario({ ...scenarios.empty, found: many }, "/people");
    await row("guest.0");
    await user.click(screen.getByRole("button", { name: "Show more" }));
    const last = await row("guest.29");
    expect(last.getByText("Offline")).toBeTruthy();
    act(() => {
      store.dispatch(changes.presence({ id: uuid(50_029), online: true }));
    });
    expect(last.getByText("Online")).toBeTruthy();
  });
});

describe("requests", () => {
  it("come live, beside the conversations, and are answered there", async () => {
    const { user, did, store } = renderScenario({ ...scenarios.full, requests: [] });
    await screen.findByRole("list", { name: "Conversations" });
    expect(screen.queryByText("Asks to connect")).toBeNull();
    act(() => {
      store.dispatch(
        changes.request({ id: uuid(77), direction: "in", peer: { id: uuid(78), username: "dora" }, createdAt: NOW }),
      );
    });
    const asks = await screen.findByRole("region", { name: "Asks to connect" });
    expect(within(asks).getByText("dora")).toBeTruthy();
    await user.click(within(asks).getByRole("button", { name: "Accept" }));
    expect(did("respond")).toEqual([[uuid(77), true]]);
    await waitFor(() => expect(screen.queryByText("Asks to connect")).toBeNull());
  });

  it("more than two: the rest on the page of people", async () => {
    renderScenario(scenarios.hundred);
    expect(await screen.findByText("4 ask to connect")).toBeTruthy();
    expect(screen.getByRole("link", { name: "2 more requests" }).getAttribute("href")).toBe("/people");
    expect(NAMES).toContain("noor");
  });
});

describe("remove, block, unblock", () => {
  const details = `/c/${uuid(100)}/details`;

  it("asks once, naming the consequence; cancelling changes nothing", async () => {
    const { user, did } = renderScenario(scenarios.full, details);
    const opener = await screen.findByRole("button", { name: "Remove" });
    await user.click(opener);
    const dialog = await screen.findByRole("dialog", { name: "Remove bob?" });
    expect(within(dialog).getByRole("button", { name: "Cancel" })).toBe(document.activeElement);
    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(document.activeElement).toBe(opener);
    expect(did("removePerson")).toEqual([]);
    await user.click(opener);
    await user.click(await screen.findByRole("button", { name: "Remove and end contact" }));
    expect(did("removePerson")).toEqual([[bob.id]]);
  });

  it("blocks, and unblocks from the list of people", async () => {
    const { user, did } = renderScenario(scenarios.full, details);
    await user.click(await screen.findByRole("button", { name: "Block" }));
    const dialog = await screen.findByRole("dialog", { name: "Block bob?" });
    await user.click(within(dialog).getByRole("button", { name: "Block" }));
    expect(did("block")).toEqual([[bob.id]]);
  });

  it("a blocked person stands apart", async () => {
    const { user, did } = renderScenario({ ...scenarios.people, people: [{ ...bob, blocked: true }] });
    const blocked = await screen.findByRole("region", { name: "Blocked" });
    await user.click(within(blocked).getByRole("button", { name: "Unblock" }));
    expect(did("unblock")).toEqual([[bob.id]]);
  });

  it("says why it could not be done, and stays open", async () => {
    const { user } = renderScenario({ ...scenarios.full, failures: { block: "server_unreachable" } }, details);
    await user.click(await screen.findByRole("button", { name: "Block" }));
    const dialog = await screen.findByRole("dialog", { name: "Block bob?" });
    await user.click(within(dialog).getByRole("button", { name: "Block" }));
    expect((await within(dialog).findByRole("alert")).textContent).toContain("cannot be reached");
  });
});
