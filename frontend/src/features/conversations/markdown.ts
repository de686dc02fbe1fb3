/**
 * Markdown as people type it into a chat, read into a tree that MessageText.tsx makes elements of.
 *
 * Promises: nothing that is typed becomes HTML, loads anything or disappears; links lead to http, https and mailto only, and
 * whoever reads one sees where. A text that would make too much of the page, or too deep, stands as it was typed.
 */
import MarkdownIt, { type Token } from "markdown-it";

export interface Node {
  /** The element; `code` and `block` for code, "" for text, `root` for everything. */
  tag: string;
  text: string;
  href: string | null;
  /** Where an ordered list begins. */
  start: number | null;
  children: Node[];
}

/** Longer is no message that somebody typed, and reading it would be felt. */
const MAX_LENGTH = 20_000;
const MAX_NODES = 3_000;
const MAX_DEPTH = 24;
/** The parser leaves out what is nested deeper than this, so it must be more than we show. */
const PARSER_DEPTH = 100;

const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting: PARSER_DEPTH })
  // Images would tell others that one reads; references and entities would hide what was typed; lines break where one breaks them.
  .disable(["image", "reference", "entity", "lheading", "table", "newline", "text_join"]);

const LEADS = new Set(["http:", "https:", "mailto:"]);

markdown.validateLink = (href) => {
  const url = URL.parse(href);
  // A name before the host is there to be taken for the host.
  return url !== null && LEADS.has(url.protocol) && url.username === "" && url.password === "";
};
// As it is, so that a name in foreign letters cannot look like another.
markdown.normalizeLinkText = (text) => text;
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: true });

const node = (tag: string, more: Partial<Node> = {}): Node => ({
  tag,
  text: "",
  href: null,
  start: null,
  children: [],
  ...more,
});

const asTyped = (text: string) => node("root", { children: [node("p", { children: [node("", { text })] })] });

export function parseMarkdown(text: string): Node {
  if (text.length > MAX_LENGTH) return asTyped(text);
  const root = node("root");
  const fits = fill(root, markdown.parse(text, {}), { nodes: MAX_NODES, depth: MAX_DEPTH });
  return fits ? root : asTyped(text);
}

/** False: there is no room for all of it. */
function fill(root: Node, tokens: readonly Token[], room: { nodes: number; depth: number }): boolean {
  const open = [root];
  for (const token of tokens) {
    const parent = open.at(-1) ?? root;
    if (token.nesting === -1) {
      open.pop();
    } else if (token.type === "inline") {
      if (!fill(parent, token.children ?? [], room)) return false;
    } else {
      const made = nodeOf(token);
      parent.children.push(made);
      if (token.nesting === 1) open.push(made);
      if (--room.nodes < 0 || open.length > room.depth) return false;
    }
  }
  return true;
}

function nodeOf(token: Token): Node {
  switch (token.type) {
    case "code_inline":
      return node("code", { text: token.content });
    case "fence":
    case "code_block":
      return node("block", { text: token.content.replace(/\n$/u, "") });
    case "link_open":
      return node("a", { href: String(token.attrGet("href") ?? "") });
    case "ordered_list_open":
      return node("ol", { start: Number(token.attrGet("start") ?? 1) });
    // A backslash keeps what follows from having a meaning; it stays where it was typed.
    case "text_special":
      return node("", { text: token.markup });
    case "hardbreak":
      return node("", { text: "\\\n" });
    default:
      return node(token.tag, { text: token.content });
  }
}

export const textOf = ({ text, children }: Node): string => text + children.map(textOf).join("");

/** `words` null: those of the link are as good as its address. `host` null: the words say it already. */
export interface Seen {
  words: string | null;
  host: string | null;
}

const ADDRESS = /^(?:[a-z][a-z+.-]*:|www\.|[^\s/@]+\.[a-z]{2,}(?:[/?#:]|$))/iu;
// eslint-disable-next-line no-control-regex
const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

/** What is to be seen of a link, so that it cannot call itself another place than the one it leads to. */
export function seenOf(link: Node): Seen {
  const url = URL.parse(link.href ?? "");
  const said = textOf(link).trim();
  if (url === null) return { words: said, host: null };
  const host = url.protocol === "mailto:" ? decodedPath(url) : url.host;
  const bare = said.replace(/^(?:https?:\/\/|mailto:)/iu, "");
  if (!INVISIBLE.test(said) && (begins(bare, host) || begins(bare, host.replace(/^www\./u, ""))))
    return { words: null, host: null };
  if (said === "" || INVISIBLE.test(said) || (ADDRESS.test(said) && !sameLetters(bare, url)))
    return { words: link.href, host: null };
  return { words: null, host };
}

function begins(address: string, host: string): boolean {
  return address.slice(0, host.length).toLowerCase() === host && /^(?:[/?#:]|$)/u.test(address.slice(host.length));
}

/** The same host in the letters of its own language, of which the address itself has an encoding. */
const sameLetters = (bare: string, { host }: URL) => URL.parse(`https://${bare}`)?.host === host;

function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname).toLowerCase();
  } catch {
    return pathname;
  }
}
