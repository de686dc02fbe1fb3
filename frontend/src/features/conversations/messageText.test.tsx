// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { renderScenario, stubBrowser } from "../../testing/fixtures/render";
import { scenarios } from "../../testing/fixtures/scenarios";

const written = { ...scenarios.markdown, olderPages: 0 };

stubBrowser();

describe("the text of a message", () => {
  it("is made of words, lists, quotes and code, and of nothing that others could write into the page", async () => {
    renderScenario(written);
    const log = await screen.findByRole("log");
    expect((await within(log).findByText("Before the release")).tagName).toBe("P");
    expect(within(log).getByText("second").tagName).toBe("STRONG");
    expect(within(log).getByText("nine").tagName).toBe("S");
    expect(
      within(log)
        .getByText(/nobody waits for a gate/u)
        .closest("blockquote"),
    ).toBeTruthy();
    expect(within(log).getByText("also in").closest("ul")?.closest("ol")).toBeTruthy();
    expect(log.querySelector("img, script, b")).toBeNull();
    expect(within(log).getByText(/<b>no<\/b>/u)).toBeTruthy();
  });

  it("has links that open elsewhere, know nothing of this page, and say where they lead", async () => {
    renderScenario(written);
    const bank = await screen.findByRole("link", { name: /your bank/u });
    expect(bank.textContent).toBe("your bank (thief.example)");
    expect(bank.getAttribute("target")).toBe("_blank");
    expect(bank.getAttribute("rel")).toBe("noopener noreferrer");
    expect(screen.getByRole("link", { name: "https://thief.example" })).toBeTruthy();
    expect(screen.queryByText(/https:\/\/bank\.example/u)).toBeNull();
    expect(screen.getByRole("link", { name: /picture/u }).textContent).toBe("picture (thief.example)");
    expect(screen.getByRole("link", { name: /b\u00fccher/u }).textContent).toContain("(xn--bcher-kva.example)");
    expect(screen.getByRole("link", { name: "ada@example.org" }).getAttribute("href")).toBe("mailto:ada@example.org");
  });

  it("gives its code to be copied, and says so", async () => {
    const { user } = renderScenario(written);
    const writeText = vi.spyOn(navigator.clipboard, "writeText");
    const code = (await screen.findByText("ls", { selector: "pre" })).parentElement!;
    await user.click(within(code).getByRole("button", { name: "Copy code" }));
    expect(writeText).toHaveBeenCalledWith("ls");
    expect(await within(code).findByText("Copied")).toBeTruthy();
  });
});

describe("a text that no message can hold", () => {
  it("becomes a file when it is pasted, and stays out of the field", async () => {
    const { user, did } = renderScenario(written);
    const field = await screen.findByRole("textbox", { name: "Message to bob" });
    await user.click(field);
    await user.paste("a line of a log\n".repeat(10_000));
    await waitFor(() => expect(did("sendFile")).toHaveLength(1));
    expect(did("sendFile")).toEqual([[expect.any(String), "Pasted text.txt", 160_000]]);
    expect(field).toHaveProperty("value", "");
    await user.paste("short");
    expect(field).toHaveProperty("value", "short");
  });
});
