/** Who is meant by a text: written with an @, sent as ids (docs/crypto.md "Contents"). */
import type { Id } from "../../realtime/state";

export interface Mentionable {
  id: Id;
  name: string;
}

const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]*`/gu;
/** A user name behind an @ that does not stand in the middle of an address. */
const MENTION = /(?<![\w.@/-])@([a-z0-9][a-z0-9._-]*)/giu;
const MAX_MENTIONS = 50;

export type Part = { text: string; name: string | null };

/** The text cut where it mentions one of these names (in small letters); a full stop behind a name belongs to the sentence. */
export function partsOf(text: string, names: ReadonlySet<string>): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { 1: written = "", index } of text.matchAll(MENTION)) {
    const name = longest(written.toLowerCase(), names);
    if (name === null) continue;
    const end = index + 1 + name.length;
    if (index > from) parts.push({ text: text.slice(from, index), name: null });
    parts.push({ text: text.slice(index, end), name });
    from = end;
  }
  if (from < text.length) parts.push({ text: text.slice(from), name: null });
  return parts;
}

function longest(written: string, names: ReadonlySet<string>): string | null {
  let name = written;
  while (name !== "" && !names.has(name)) {
    if (!/[._-]$/u.test(name)) return null;
    name = name.slice(0, -1);
  }
  return name === "" ? null : name;
}

/** The people that a text means, each once; what stands in code means nobody. */
export function mentionsIn(text: string, people: readonly Mentionable[]): Id[] {
  const ids = new Map(people.map(({ id, name }) => [name.toLowerCase(), id]));
  const found = partsOf(text.replaceAll(CODE, " "), new Set(ids.keys())).flatMap(({ name }) =>
    name === null ? [] : (ids.get(name) ?? []),
  );
  return [...new Set(found)].slice(0, MAX_MENTIONS);
}

/** The beginning of a name before the caret, and where its @ stands; null: no name is being written there. */
export function begun(text: string, caret: number): { at: number; typed: string } | null {
  const before = /(?:^|[^\w.@/-])@([a-z0-9._-]{0,32})$/iu.exec(text.slice(Math.max(0, caret - 40), caret));
  return before === null ? null : { at: caret - (before[1] ?? "").length - 1, typed: (before[1] ?? "").toLowerCase() };
}

const MOST_SHOWN = 6;

/** Names that begin with it first, then those that have it. */
export function matching(typed: string, people: readonly Mentionable[]): Mentionable[] {
  const rank = ({ name }: Mentionable) => (name.startsWith(typed) ? 0 : 1);
  return people
    .filter(({ name }) => name.includes(typed))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    .slice(0, MOST_SHOWN);
}
