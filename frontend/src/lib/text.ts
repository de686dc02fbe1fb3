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

/** The first line, for a list row. */
export const firstLine = (text: string): string =>
  text
    .trim()
    .replace(/^```\w*\n?/u, "")
    .split("\n", 1)[0] ?? "";

export type TextPart =
  | { kind: "text"; text: string }
  | { kind: "link"; text: string; href: string }
  | { kind: "code"; text: string }
  | { kind: "block"; text: string };

const FENCE = /```(?:[\w+-]*\n)?([\s\S]*?)\n?```/gu;
const INLINE = /`([^`\n]+)`|(https?:\/\/[^\s<>"'`]+)/gu;

/** Text with code between backticks and web addresses marked; nothing else has a meaning. */
export function parseText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(FENCE)) {
    parts.push(...parseInline(text.slice(from, match.index).replace(/\n$/u, "")));
    parts.push({ kind: "block", text: match[1] ?? "" });
    from = match.index + match[0].length;
    if (text[from] === "\n") from++;
  }
  parts.push(...parseInline(text.slice(from)));
  return parts;
}

function parseInline(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code] = match;
    // A full stop or bracket behind an address belongs to the sentence.
    const found = code === undefined ? trimAddress(whole) : whole;
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    parts.push(code === undefined ? { kind: "link", text: found, href: found } : { kind: "code", text: code });
    from = match.index + found.length;
  }
  if (from < text.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}

/** Counts brackets once: a hostile text of nothing but brackets must not take longer than another. */
function trimAddress(address: string): string {
  let unopened = count(address, ")") - count(address, "(");
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    // A bracket that was opened before the address is closed behind it.
    if (last === ")" && unopened > 0) unopened--;
    else if (!/[.,;:!?\]]/u.test(last)) break;
  }
  return address.slice(0, end);
}

const count = (text: string, character: string): number => text.split(character).length - 1;
