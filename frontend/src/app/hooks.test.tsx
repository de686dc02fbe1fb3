// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test } from "vitest";
import { MessengerError } from "../realtime/messenger";
import type { Problem } from "../realtime/state";
import { RefusedContext, useCommand } from "./hooks";

test("P10.1 what was refused is told beside its control, and elsewhere when that is gone", async () => {
  const told: Problem[] = [];
  let refuse: () => void = () => undefined;
  const command = () =>
    new Promise((_, reject) => {
      refuse = () => reject(new MessengerError({ code: "not_allowed" }));
    });
  const wrapper = ({ children }: { children: ReactNode }) => (
    <RefusedContext value={(problem) => told.push(problem)}>{children}</RefusedContext>
  );
  const { result, unmount } = renderHook(() => useCommand(command), { wrapper });
  const ran = async (meanwhile: () => void) => {
    let done: Promise<boolean> | null = null;
    act(() => {
      done = result.current.run();
    });
    meanwhile();
    await act(async () => {
      refuse();
      await done;
    });
  };
  await ran(() => undefined);
  expect([result.current.problem, told]).toEqual([{ code: "not_allowed" }, []]);
  await ran(unmount);
  expect(told).toEqual([{ code: "not_allowed" }]);
});
