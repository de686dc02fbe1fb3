// @vitest-environment jsdom
/** What the page tells of the others: who writes, and who has read. */
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { changes } from "../../realtime/changes";
import { alice, bob, uuid } from "../../testing/fixtures/people";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { HARBOUR, scenarios } from "../../testing/fixtures/scenarios";

stubBrowser();

const WITH_BOB = uuid(100);

it("says in the head who is writing, and no longer when they stop", async () => {
  const { store } = renderScenario(scenarios.full, `/c/${WITH_BOB}`);
  await screen.findByText("Online");
  store.dispatch(changes.typing({ conversationId: WITH_BOB, people: [bob.id] }));
  await screen.findByText("Writing…");
  store.dispatch(changes.typing({ conversationId: WITH_BOB, people: [] }));
  await screen.findByText("Online");
});

it("names in a room who is writing, and counts many", async () => {
  const { store } = renderScenario(scenarios.rooms, `/c/${HARBOUR}`);
  await screen.findByRole("log");
  store.dispatch(changes.typing({ conversationId: HARBOUR, people: [bob.id] }));
  await screen.findByText(`${bob.username} is writing…`);
  store.dispatch(changes.typing({ conversationId: HARBOUR, people: [bob.id, alice.id] }));
  await screen.findByText(`${bob.username} and ${alice.username} are writing…`);
  store.dispatch(changes.typing({ conversationId: HARBOUR, people: [bob.id, alice.id, uuid(3)] }));
  await screen.findByText("3 people are writing…");
});

it("tells the others that one writes, and that one does not any more", async () => {
  const { user, did } = renderScenario(scenarios.full, `/c/${WITH_BOB}`);
  const field = await screen.findByLabelText(/Message to bob/u);
  await user.type(field, "Hello");
  await waitFor(() => expect(did("typing")).toEqual([[WITH_BOB, true]]));
  await user.keyboard("{Enter}");
  await waitFor(() =>
    expect(did("typing")).toEqual([
      [WITH_BOB, true],
      [WITH_BOB, false],
    ]),
  );
});

it("marks what was read apart from what was only delivered", async () => {
  renderScenario(scenarios.full, `/c/${WITH_BOB}`);
  await screen.findByText("Read");
});
