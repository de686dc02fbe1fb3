// @vitest-environment jsdom
import { act, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { changes } from "../../../realtime/changes";
import type { Upload } from "../../../realtime/state";
import { renderScenario, stubBrowser } from "../../../testing/fixtures/render";
import { scenarios } from "../../../testing/fixtures/scenarios";

stubBrowser();

function withUpload(change: Partial<Upload>) {
  const shown = renderScenario(scenarios.markdown);
  const conversationId = shown.where().split("/").at(-1)!;
  const upload: Upload = {
    id: "upload-1",
    conversationId,
    name: "minutes.pdf",
    size: 3_000_000,
    sent: 1_000_000,
    state: "running",
    kept: "whole",
    problem: null,
    ...change,
  };
  return { ...shown, upload };
}

const list = () => screen.findByRole("list", { name: "Files on their way" });
/** Whether the browser would ask before the page is closed. */
const asks = () => !window.dispatchEvent(new Event("beforeunload", { cancelable: true }));

it("lets the page be closed once a file is kept, and not before", async () => {
  const { store, upload } = withUpload({ kept: "not_yet" });
  await screen.findByRole("log");
  act(() => void store.dispatch(changes.upload(upload)));
  await list();
  await waitFor(() => expect(asks()).toBe(true));
  act(() => void store.dispatch(changes.upload({ ...upload, kept: "whole" })));
  await waitFor(() => expect(asks()).toBe(false));
  expect((await list()).textContent).not.toContain("leave this page open");
  act(() => void store.dispatch(changes.upload({ ...upload, kept: "never" })));
  await waitFor(() => expect(asks()).toBe(true));
  expect((await list()).textContent).toContain("no room to keep it: leave this page open until it is sent");
});

it("offers no other try for a file of which the page had only a part", async () => {
  const { store, upload } = withUpload({ state: "failed", kept: "not_yet", problem: { code: "file_interrupted" } });
  await screen.findByRole("log");
  act(() => void store.dispatch(changes.upload(upload)));
  expect((await list()).textContent).toContain("Attach it again");
  expect(screen.queryByRole("button", { name: "Try again: minutes.pdf" })).toBeNull();
  expect(screen.getByRole("button", { name: "Cancel: minutes.pdf" })).toBeDefined();
});
