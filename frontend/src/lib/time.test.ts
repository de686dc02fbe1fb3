import { describe, expect, it } from "vitest";
import { dayLabel, inSentence, lasting, remaining, seconds, shortWhen } from "./time";

const at = (text: string) => new Date(text).getTime();
const NOW = at("2026-05-05T10:00:00");

describe("times as people read them", () => {
  it("names today and yesterday by the calendar, not by hours", () => {
    expect(dayLabel(at("2026-05-05T00:05:00"), NOW)).toBe("Today");
    expect(dayLabel(at("2026-05-04T23:55:00"), NOW)).toBe("Yesterday");
    expect(dayLabel(at("2026-05-03T12:00:00"), NOW)).toMatch(/^Sunday,? 3 May$/u);
    expect(dayLabel(at("2025-12-31T12:00:00"), NOW)).toBe("31 December 2025");
  });

  it("is short at the end of a row", () => {
    expect(shortWhen(at("2026-05-05T09:02:00"), NOW)).toBe("09:02");
    expect(shortWhen(at("2026-05-03T09:02:00"), NOW)).toBe("Sun");
    expect(shortWhen(at("2026-04-20T09:02:00"), NOW)).toBe("20 Apr");
    expect(shortWhen(at("2024-04-20T09:02:00"), NOW)).toBe("2024");
    // A clock that runs a little behind the server's.
    expect(shortWhen(NOW + 5000, NOW)).toBe("10:00");
  });

  it("fits into a sentence", () => {
    expect(inSentence(at("2026-05-05T09:02:00"), NOW)).toBe("today at 09:02");
    expect(inSentence(at("2026-05-03T09:02:00"), NOW)).toBe("on 3 May");
    expect(inSentence(at("2024-05-03T09:02:00"), NOW)).toBe("on 3 May 2024");
  });

  it("P10.3 names lengths of time in whole units, and never more than is left", () => {
    expect([3_600, 86_400, 604_800, 28 * 86_400, 129_600, 90].map(lasting)).toEqual([
      "1 hour",
      "1 day",
      "1 week",
      "4 weeks",
      "36 hours",
      "90 seconds",
    ]);
    const HOUR = 3_600_000;
    expect([24 * 13 * HOUR - 1, 25 * HOUR, 2 * HOUR - 1, 60_000, 59_999, -1].map(remaining)).toEqual([
      "12 days",
      "1 day",
      "1 hour",
      "1 minute",
      "less than a minute",
      "less than a minute",
    ]);
  });

  it("counts long waits in minutes", () => {
    expect(seconds(4)).toBe("4 s");
    expect(seconds(120)).toBe("2 min");
    expect(seconds(7200)).toBe("2 h");
  });
});
