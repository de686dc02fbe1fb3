/** Every emoji by its Unicode name and the words that people look for it with. Large: imported only when somebody picks one. */
import keywords from "emojilib";

export interface Emoji {
  emoji: string;
  name: string;
  words: string;
}

export interface Section {
  title: string;
  emoji: Emoji[];
}

/** The data stand in the order of Unicode, whose groups begin with these; what came later stands behind. */
const FIRST = new Map([
  ["😀", "Smileys"],
  ["👋", "People"],
  ["🐵", "Animals and nature"],
  ["🍇", "Food and drink"],
  ["🌍", "Travel and places"],
  ["🎃", "Activities"],
  ["👓", "Things"],
  ["🏧", "Signs"],
  ["🏁", "Flags"],
  ["🥲", "Newer ones"],
]);
const MOST_FOUND = 140;

export const sections: Section[] = [];
const byEmoji = new Map<string, Emoji>();

for (const [emoji, all] of Object.entries(keywords)) {
  const title = FIRST.get(emoji);
  if (title !== undefined) sections.push({ title, emoji: [] });
  const one = { emoji, name: (all[0] ?? emoji).replaceAll("_", " "), words: all.join(" ").toLowerCase() };
  byEmoji.set(emoji, one);
  sections.at(-1)?.emoji.push(one);
}

/** Those of the list that are known here. */
export const known = (list: readonly string[]): Emoji[] => list.flatMap((emoji) => byEmoji.get(emoji) ?? []);

/** What has all the typed words in its name or keywords; names that begin with them first. */
export function find(typed: string): Emoji[] {
  const terms = typed.toLowerCase().split(/\s+/u).filter(Boolean);
  const whole = terms.join(" ");
  const found = [...byEmoji.values()].filter(({ words, name }) =>
    terms.every((term) => words.includes(term) || name.includes(term)),
  );
  const begins = ({ name }: Emoji) => (name.startsWith(whole) ? 0 : 1);
  return found.sort((a, b) => begins(a) - begins(b)).slice(0, MOST_FOUND);
}
