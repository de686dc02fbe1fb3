import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { themes, type Mode } from "./theme";

const channel = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => channel(parseInt(hex.slice(at, at + 2), 16) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each<Mode>(["light", "dark"])("contrast, %s", (mode) => {
  const { palette } = themes[mode];
  const grounds = [palette.page, palette.surface, palette.sunken];
  const bubbles = [palette.bubble.own, palette.bubble.other];

  it("text is at least 11.9 everywhere", () => {
    for (const ground of [...grounds, ...bubbles]) expect(contrast(palette.text.primary, ground)).toBeGreaterThan(11.8);
  });

  it("secondary text is at least 5.3 on the grounds", () => {
    for (const ground of grounds) expect(contrast(palette.text.secondary, ground)).toBeGreaterThan(5.3);
  });

  it("states and accent are at least 4.5 on the grounds", () => {
    for (const ground of grounds) {
      for (const colour of [palette.verified, palette.critical, palette.caution, palette.accent]) {
        expect(contrast(colour, ground)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("words on buttons are at least 4.5", () => {
    expect(contrast(palette.primary.contrastText, palette.accent)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(palette.onCritical, palette.critical)).toBeGreaterThanOrEqual(4.5);
  });
});

it("no component has a colour of its own", () => {
  const root = join(import.meta.dirname, "..");
  const files = globSync("{app,components,features}/**/*.{ts,tsx}", { cwd: root }).filter(
    (file) => !/\.test\.tsx?$/u.test(file) && file !== join("app", "theme.ts"),
  );
  expect(files.length).toBeGreaterThan(30);
  const guilty = files.filter((file) =>
    /#[0-9a-f]{3}(?:[0-9a-f]{3})?(?:[0-9a-f]{2})?\b|\b(?:rgba?|hsla?|oklch)\(/iu.test(
      readFileSync(join(root, file), "utf8"),
    ),
  );
  expect(guilty).toEqual([]);
});
