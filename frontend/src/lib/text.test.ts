import { describe, expect, it } from "vitest";
import { firstLine, hueOf, initials, isLoneEmoji, parseText, possessive } from "./text";

describe("initials", () => {
  it.each([
    ["ada.lovelace", "AL"],
    ["bob", "B"],
    ["bartholomew.fitzgerald-jones", "BJ"],
    ["مریم", "م"],
    ["Harbour 🚢", "H"],
    ["🚢", "🚢"],
    ["", "?"],
  ])("of %j are %j", (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

it("gives the same hue for everyone who looks", () => {
  expect(hueOf("0190a000-0000-7000-8000-000000000001")).toBe(hueOf("0190a000-0000-7000-8000-000000000001"));
  expect(hueOf("a") % 15).toBe(0);
});

it("says whose", () => {
  expect(possessive("bob")).toBe("bob’s");
  expect(possessive("linus")).toBe("linus’");
});

describe("text", () => {
  it("marks addresses without the sentence around them", () => {
    expect(parseText("See https://example.org/a?b=c (or http://x.org/y(z)).")).toEqual([
      { kind: "text", text: "See " },
      { kind: "link", text: "https://example.org/a?b=c", href: "https://example.org/a?b=c" },
      { kind: "text", text: " (or " },
      { kind: "link", text: "http://x.org/y(z)", href: "http://x.org/y(z)" },
      { kind: "text", text: ")." },
    ]);
  });

  it("never makes a link of another scheme", () => {
    expect(parseText("javascript:alert(1) data:text/html,x ftp://x")).toEqual([
      { kind: "text", text: "javascript:alert(1) data:text/html,x ftp://x" },
    ]);
  });

  it("takes no longer for a text that means harm", () => {
    // Long enough that anything worse than linear runs into the test's own time limit.
    const texts = [")", "(", "`", "```", ".", "https://x", "https://x)"].map(
      (part) => `https://x${part.repeat(100_000)}`,
    );
    for (const text of texts)
      expect(
        parseText(text)
          .map((part) => part.text)
          .join("").length,
      ).toBeLessThanOrEqual(text.length);
  });

  it("marks code between backticks, also over lines, and leaves it as it is", () => {
    expect(parseText("Do `a *b*`:\n```sh\necho 1\n\necho 2\n```\nthen")).toEqual([
      { kind: "text", text: "Do " },
      { kind: "code", text: "a *b*" },
      { kind: "text", text: ":" },
      { kind: "block", text: "echo 1\n\necho 2" },
      { kind: "text", text: "then" },
    ]);
  });

  it("keeps every character of plain text", () => {
    const text = "a ` b\n\n  <b>c</b> & 'd'";
    expect(parseText(text)).toEqual([{ kind: "text", text }]);
  });

  it("knows emoji that stand alone", () => {
    expect(isLoneEmoji("👍🏽")).toBe(true);
    expect(isLoneEmoji("👩‍👩‍👧 🎉")).toBe(false);
    expect(isLoneEmoji("🎉🎉🎉🎉")).toBe(false);
    expect(isLoneEmoji("12")).toBe(false);
    expect(isLoneEmoji("")).toBe(false);
  });

  it("takes the first line for a list", () => {
    expect(firstLine("```sh\nls\n```")).toBe("ls");
    expect(firstLine(" a\nb")).toBe("a");
  });
});
