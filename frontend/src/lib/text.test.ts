import { describe, expect, it } from "vitest";
import { firstLine, hueOf, initials, isLoneEmoji, possessive } from "./text";

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
    expect(firstLine("## **Two** of `ls` ~~now~~, 2 * 3 ** 4")).toBe("Two of ls now, 2 * 3 ** 4");
    expect(firstLine("x".repeat(100_000)).length).toBe(300);
  });
});
