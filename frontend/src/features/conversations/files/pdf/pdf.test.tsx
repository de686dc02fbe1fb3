// @vitest-environment jsdom
import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { stubBrowser } from "../../../../testing/fixtures/render";
import { PdfPages } from "./PdfPages";

stubBrowser();
afterEach(() => vi.useRealTimers());

function shown(content = new Blob(["%PDF"])) {
  render(<PdfPages content={content} name="agenda.pdf" />);
  const frame = screen.getByTitle<HTMLIFrameElement>("agenda.pdf");
  const asked = vi.spyOn(frame.contentWindow!, "postMessage");
  const tell = (data: unknown, source: Window | null = frame.contentWindow) =>
    act(() => void window.dispatchEvent(new MessageEvent("message", { data, source })));
  return { frame, asked, tell };
}

it("draws in a frame without origin, in which one script runs and nothing is fetched", () => {
  const { frame } = shown();
  expect(frame.getAttribute("sandbox")).toBe("allow-scripts");
  const script = `${location.origin}/pdf-frame.js`;
  expect(frame.srcdoc).toContain(`content="default-src 'none'; script-src ${script}"`);
  expect(frame.srcdoc.match(/<script[^>]*>/gu)).toEqual([`<script src="${script}">`]);
});

it("turns pages, and believes of the frame two numbers only", async () => {
  const { asked, tell } = shown();
  tell({ kind: "ready" }, window);
  tell({ kind: "ready" });
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  expect(asked.mock.calls[0]![0]).toMatchObject({ kind: "open" });
  tell({ kind: "drawn", page: 1, pages: 3 });
  const status = screen.getByRole("status");
  expect(status.textContent).toBe("Page 1 of 3");
  await userEvent.click(screen.getByRole("button", { name: "Next page" }));
  expect(asked.mock.calls[1]![0]).toMatchObject({ kind: "page", page: 2 });
  for (const lie of [null, "drawn", { kind: "drawn", page: {}, pages: "<b>" }, { kind: "drawn", page: 4, pages: 3 }]) {
    tell(lie);
    expect(status.textContent).toBe("Page 1 of 3");
  }
});

it("says so when a document cannot be drawn", () => {
  const { tell } = shown();
  tell({ kind: "failed" });
  expect(screen.getByRole("alert").textContent).toContain("cannot be shown here. Save it");
});

it("gives the frame the file once, however often it asks", async () => {
  const content = new Blob(["%PDF"]);
  const read = vi.spyOn(content, "arrayBuffer");
  const { asked, tell } = shown(content);
  tell({ kind: "ready" });
  tell({ kind: "ready" });
  await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce());
  tell({ kind: "drawn", page: 1, pages: 1 });
  tell({ kind: "ready" });
  expect(read).toHaveBeenCalledOnce();
  const [, , transferred] = asked.mock.calls[0] as unknown[];
  expect(transferred).toEqual([await read.mock.results[0]!.value]);
});

it("says so when the file cannot be read any more", async () => {
  const content = new Blob(["%PDF"]);
  vi.spyOn(content, "arrayBuffer").mockRejectedValue(new DOMException("gone", "NotFoundError"));
  // No time passes: it is not the silence that says so.
  vi.useFakeTimers();
  const { tell } = shown(content);
  tell({ kind: "ready" });
  await act(() => Promise.resolve());
  expect(screen.getByRole("alert").textContent).toContain("cannot be shown here");
});

it("waits for each page so long and no longer", () => {
  vi.useFakeTimers();
  const { tell } = shown();
  const wait = (ms: number) => act(() => void vi.advanceTimersByTime(ms));
  wait(29_000);
  tell({ kind: "ready" });
  wait(29_000);
  tell({ kind: "ready" });
  tell({ kind: "drawn", page: 1, pages: 2 });
  wait(60_000);
  fireEvent.click(screen.getByRole("button", { name: "Next page" }));
  wait(29_000);
  expect(screen.queryByRole("alert")).toBeNull();
  wait(1_000);
  expect(screen.getByRole("alert").textContent).toContain("cannot be shown here");
});
