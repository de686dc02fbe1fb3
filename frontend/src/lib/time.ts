/** Times as people read them: 24 hours, "3 May", today and yesterday by name. All arguments are milliseconds since 1970 UTC. */

import { plural } from "./text";

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" });
const weekdayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const dayOfYearFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const shortDayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const shortWeekdayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short" });

const DAY = 86_400_000;

/** Midnight of the local day; equal for two times of one day. */
export function startOfDay(time: number): number {
  const date = new Date(time);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Whole local days between two times; rounding absorbs the hour that summer time adds or takes. */
function daysAgo(time: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(time)) / DAY);
}

export const clock = (time: number): string => clockFormat.format(time);

/** "Today", "Yesterday", "Monday, 3 May", "3 May 2024". */
export function dayLabel(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  if (new Date(time).getFullYear() !== new Date(now).getFullYear()) return dayOfYearFormat.format(time);
  return weekdayFormat.format(time);
}

/** For the end of a list row: "14:02", "Tue", "3 May", "2024". */
export function shortWhen(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days <= 0) return clockFormat.format(time);
  if (days < 7) return shortWeekdayFormat.format(time);
  if (new Date(time).getFullYear() === new Date(now).getFullYear()) return shortDayFormat.format(time);
  return String(new Date(time).getFullYear());
}

/** Inside a sentence: "today at 14:02", "yesterday at 9:10", "on 3 May", "on 3 May 2024". */
export function inSentence(time: number, now: number): string {
  const days = daysAgo(time, now);
  if (days === 0) return `today at ${clock(time)}`;
  if (days === 1) return `yesterday at ${clock(time)}`;
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return `on ${(sameYear ? dayFormat : dayOfYearFormat).format(time)}`;
}

/** With everything: "3 May 2024, 14:02". */
export const fullTime = (time: number): string => `${dayOfYearFormat.format(time)}, ${clock(time)}`;

const LENGTHS = [
  { unit: "week", seconds: 604_800 },
  { unit: "day", seconds: 86_400 },
  { unit: "hour", seconds: 3_600 },
  { unit: "minute", seconds: 60 },
] as const;

/** A length of time in its largest unit that is whole: "1 week", "36 hours", "90 seconds". */
export function lasting(count: number): string {
  const { unit, seconds: length } = LENGTHS.find((each) => count % each.seconds === 0) ?? {
    unit: "second",
    seconds: 1,
  };
  return plural(count / length, unit);
}

/** What is left of a length of time, never too much: "3 days", "5 hours", "1 minute", "less than a minute". */
export function remaining(ms: number): string {
  const { unit, seconds: length } = LENGTHS.slice(1).find((each) => ms >= each.seconds * 1000) ?? {
    unit: null,
    seconds: 1,
  };
  return unit === null ? "less than a minute" : plural(Math.floor(ms / length / 1000), unit);
}

export function seconds(count: number): string {
  if (count < 90) return `${count} s`;
  const minutes = Math.round(count / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
