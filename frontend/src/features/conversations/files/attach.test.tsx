// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderScenario, stubBrowser } from "../../../testing/fixtures/render";
import { scenarios } from "../../../testing/fixtures/scenarios";

stubBrowser();

const photo = new File(["x"], "pond.bin");
const input = () => document.querySelector<HTMLInputElement>("input[data-attach]")!;

it("sends the original of one file when that was asked for, and without its details otherwise", async () => {
  const { user, did } = renderScenario(scenarios.markdown);
  await user.click(await screen.findByRole("button", { name: "Attach files" }));
  await user.click(await screen.findByRole("menuitem", { name: /^Originals/u }));
  await user.upload(input(), photo);
  await waitFor(() => expect(did("sendFile")).toEqual([[expect.any(String), "pond.bin", 1, "original"]]));

  await user.upload(input(), photo);
  await waitFor(() => expect(did("sendFile")).toHaveLength(2));
  expect(did("sendFile")[1]).toEqual([expect.any(String), "pond.bin", 1]);
});
