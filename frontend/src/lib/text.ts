/** Small things about words. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** One or two letters for an avatar: of "ada.lovelace" "AL", of "مریم" "م". */
export function initials(name: string): string {
  const all = name.split(/[\s._-]+/u).filter((word) => word !== "");
  // An emoji beside words is no letter of them; alone it is what the name begins with.
  const spoken = all.filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const words = spoken.length > 0 ? spoken : all;
  const first = words[0];
  if (first === undefined) return "?";
  const second = words.length > 1 ? words[words.length - 1] : undefined;
  return [first, second]
    .map((word) => (word === undefined ? "" : (graphemes.segment(word)[Symbol.iterator]().next().value?.segment ?? "")))
    .join("")
    .toLocaleUpperCase("en");
}

/** A hue of 24, from an id; the same for everyone who looks (FNV-1a). */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  return (hash % 24) * 15;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const possessive = (name: string): string => (/s$/i.test(name) ? `${name}’` : `${name}’s`);

/** Only emoji, and at most three: shown larger. */
export function isLoneEmoji(text: string): boolean {
  const parts = [...graphemes.segment(text.trim())].map((part) => part.segment);
  return parts.length > 0 && parts.length <= 3 && parts.every((part) => /^\p{RGI_Emoji}$/v.test(part));
}

const FIRST_LINE = 300;

/** The first line without the marks of Markdown, for a list row. */
export const firstLine = (text: string): string =>
  (
    text
      .trim()
      .replace(/^```\w*\n?/u, "")
      .split("\n", 1)[0] ?? ""
  )
    .slice(0, FIRST_LINE)
    .replace(/^(?:#{1,6} |> )/u, "")
    .replace(/(\*\*|~~|`)(?=\S)(.+?)\1/gu, "$2");
