import { describe, expect, it } from "vitest";
import { type Node, parseMarkdown, seenOf, textOf } from "./markdown";

const flat = (node: Node): Node[] => [node, ...node.children.flatMap(flat)];
const all = (text: string) => flat(parseMarkdown(text));
const tags = (text: string) => new Set(all(text).map(({ tag }) => tag));
const links = (text: string) => all(text).filter(({ tag }) => tag === "a");
const words = (text: string) => textOf(parseMarkdown(text));
const plain = new Set(["root", "p", ""]);

describe("markdown", () => {
  it("knows emphasis, lists, quotes and code", () => {
    const text = "# z\n\n**a** _b_ ~~c~~ `d *e*`\n\n> f\n\n- g\n\n3. h\n\n```sh\necho 1\n\necho 2\n```";
    expect(tags(text)).toEqual(
      new Set(["root", "h1", "p", "strong", "em", "s", "code", "blockquote", "ul", "ol", "li", "block", ""]),
    );
    expect(all(text).find(({ tag }) => tag === "code")?.text).toBe("d *e*");
    expect(all(text).find(({ tag }) => tag === "block")?.text).toBe("echo 1\n\necho 2");
    expect(all(text).find(({ tag }) => tag === "ol")?.start).toBe(3);
  });

  it.each([
    "one\n  two\n    three",
    "a <b>c</b> <img src=x onerror=alert(1)> & 'd'",
    "<script>alert(1)</script>",
    "&lt; &amp; &#106;",
    "[a]: https:/example.org/hidden",
    "if (a < b && c > d) return a_b_c * 2 * 3;",
    "<!-- nothing is hidden -->",
    "¯\\_(ツ)_/¯ \\*not bold\\* C:\\new\\\nline",
  ])("keeps what is typed, as it is typed: %j", (text) => {
    expect(words(text)).toBe(text);
    expect(tags(text)).toEqual(plain);
  });

  it("loads nothing: an image is a link to it", () => {
    expect(tags("![cat](https://example.org/cat.png)")).toEqual(new Set(["root", "p", "", "a"]));
  });

  it("makes links of addresses, without what belongs to the sentence", () => {
    expect(links("see https://example.org/a?b=c, or (http://x.org/y(z)).").map(({ href }) => href)).toEqual([
      "https://example.org/a?b=c",
      "http://x.org/y(z)",
    ]);
    expect(links("ada@example.org").map(({ href }) => href)).toEqual(["mailto:ada@example.org"]);
    expect(links("[here](https://example.org)").map(textOf)).toEqual(["here"]);
  });

  it.each([
    "javascript:alert(1)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x) <javascript:alert(1)> ftp://x.org //x.org",
    "[a](file:///etc/passwd)",
    "[a](/account)",
    "[a](&#106;avascript:alert(1))",
    "[a](\u0001javascript:alert(1))",
    "[a](java\tscript:alert(1))",
  ])("leads to the web and to mail only: %s", (text) => {
    expect(links(text)).toEqual([]);
  });

  it("takes no name before a host, which looks like one", () => {
    const hrefs = links("https://bank.example@thief.example [a](https://bank.example:443@thief.example)");
    expect(hrefs.map(({ href }) => href)).toEqual(["https://bank.example", "https://bank.example:443"]);
  });

  it.each([
    // Words as typed, nothing beside them: they say the host.
    ["https://bank.example/a?b=c", null, null],
    ["ada@example.org", null, null],
    ["[https://bank.example/a](https://bank.example/b)", null, null],
    ["[bank.example](https://www.bank.example/login)", null, null],
    ["[bank.example:8080](http://bank.example:8080/)", null, null],
    // The host beside the words.
    ["[the bank](https://thief.example)", null, "thief.example"],
    ["[see **this** (bank.example)](https://thief.example/a)", null, "thief.example"],
    ["[write to us](mailto:thief@thief.example)", null, "thief@thief.example"],
    ["https://bücher.example", null, "xn--bcher-kva.example"],
    ["https://аpple.example", null, "xn--pple-43d.example"],
    // The address instead of words that name another.
    ["[https://bank.example](https://thief.example)", "https://thief.example", null],
    ["[bank.example/login](https://thief.example)", "https://thief.example", null],
    ["[www.bank.example](https://thief.example)", "https://thief.example", null],
    ["[bank.example](https://bank.example.thief.example)", "https://bank.example.thief.example", null],
    ["[bank.example](https://bank.example-thief.example)", "https://bank.example-thief.example", null],
    ["[https://bank.example](mailto:thief@thief.example)", "mailto:thief@thief.example", null],
    ["[\u202eelpmaxe.knab](https://thief.example)", "https://thief.example", null],
    ["[\u200b](https://thief.example)", "https://thief.example", null],
  ])("no link can call itself another place: %s", (text, says, host) => {
    expect(links(text).map(seenOf)).toEqual([{ words: says, host }]);
  });

  it("takes no longer for a text that means harm, makes only so much of it, and leaves none of it out", () => {
    // Long enough that anything much worse than linear runs into the test's own time limit.
    const parts = [")", "(", "[", "![", "`", "*", "_", "*a ", "~~", "> ", ">", "- ", "1. ", "<", "[a](", "https://x)"];
    const more = [
      "a@b.c ",
      "# a\n",
      "* a\n",
      "~~*a_",
      "`a`",
      "[a](b)",
      "http://",
      "<a@b.c>",
      "**_",
      "](",
      "\\",
      "- - ",
    ];
    const depth = (node: Node): number => 1 + Math.max(0, ...node.children.map(depth));
    for (const part of [...parts, ...more]) {
      const root = parseMarkdown(part.repeat(20_000 / part.length));
      expect(depth(root)).toBeLessThan(30);
      expect(flat(root).length).toBeLessThan(4_000);
    }
    const nested = `${"> ".repeat(200)}deep`;
    expect(words(nested)).toBe(nested);
    const long = `**a** ${"b".repeat(64_000)}`;
    expect(words(long)).toBe(long);
    expect(tags(long)).toEqual(plain);
  });
});
