// @vitest-environment jsdom
import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

stubBrowser();

it.each([
  ["Read receipts", "receipts"],
  ["Writing", "typing"],
  ["Online", "presence"],
])("%s can be switched off, and on again", async (name, key) => {
  const { user, did } = renderScenario(scenarios.full, "/account");
  const box = await screen.findByRole("switch", { name });
  await waitFor(() => expect(box).toHaveProperty("checked", true));
  await user.click(box);
  await waitFor(() => expect(did("setPrivacy")).toEqual([[{ [key]: false }]]));
  await waitFor(() => expect(box).toHaveProperty("checked", false));
  await waitFor(() => expect(box).toHaveProperty("disabled", false));
  await user.click(box);
  await waitFor(() => expect(box).toHaveProperty("checked", true));
});

it("a switch that could not be moved stays, and says why", async () => {
  const { user } = renderScenario({ ...scenarios.full, failures: { setPrivacy: "network" } }, "/account");
  const box = await screen.findByRole("switch", { name: "Writing" });
  await waitFor(() => expect(box).toHaveProperty("disabled", false));
  await user.click(box);
  expect((await screen.findByRole("alert")).textContent).not.toBe("");
  await waitFor(() => expect(box).toHaveProperty("checked", true));
});
