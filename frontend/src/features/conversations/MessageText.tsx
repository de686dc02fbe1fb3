import { styled } from "@mui/material/styles";
import { memo, type ReactNode } from "react";
import { isLoneEmoji } from "../../lib/text";
import { CodeBlock } from "./CodeBlock";
import { type Node, parseMarkdown, seenOf } from "./markdown";

const Text = styled("div")(({ theme }) => ({
  display: "grid",
  gap: 6,
  minWidth: 0,
  overflowWrap: "anywhere",
  "& p, & blockquote, & ul, & ol, & li": { margin: 0, minWidth: 0, unicodeBidi: "plaintext", textAlign: "start" },
  "& p": { whiteSpace: "pre-wrap" },
  "& ul, & ol": { paddingInlineStart: 24 },
  "& li > * + *": { marginTop: 4 },
  "& blockquote": {
    display: "grid",
    gap: 6,
    paddingInlineStart: 10,
    borderInlineStart: `3px solid ${theme.palette.text.secondary}`,
  },
  "& hr": {
    width: "100%",
    border: 0,
    borderTop: `1px solid ${theme.palette.text.secondary}`,
    opacity: 0.5,
    margin: "4px 0",
  },
  "& a": { color: "inherit", textDecoration: "none", unicodeBidi: "isolate" },
  "& a > span": { textDecoration: "underline", textUnderlineOffset: 3 },
  "& a > bdi": { color: theme.palette.text.secondary },
  "& code": {
    fontFamily: theme.mono,
    fontSize: "0.9em",
    padding: "1px 4px",
    borderRadius: 4,
    background: theme.palette.hover,
  },
}));

const Heading = styled("p")({ fontWeight: 650 });

const Emoji = styled("div")({ fontSize: 36, lineHeight: "44px" });

export const MessageText = memo(function MessageText({ text }: { text: string }) {
  if (isLoneEmoji(text)) return <Emoji>{text.trim()}</Emoji>;
  return <Text dir="auto">{parseMarkdown(text).children.map(element)}</Text>;
});

/** Only these are made; whatever else there may be becomes its contents. */
function element(node: Node, key: number): ReactNode {
  const inside = node.text === "" ? node.children.map(element) : node.text;
  switch (node.tag) {
    case "p":
    case "strong":
    case "em":
    case "s":
    case "blockquote":
    case "ul":
    case "li":
    case "code":
      return <node.tag key={key}>{inside}</node.tag>;
    case "hr":
      return <hr key={key} />;
    case "ol":
      return (
        <ol key={key} start={node.start ?? 1}>
          {inside}
        </ol>
      );
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return <Heading key={key}>{inside}</Heading>;
    case "block":
      return <CodeBlock key={key} code={node.text} />;
    case "a":
      return <Link key={key} link={node} />;
    default:
      return inside;
  }
}

function Link({ link }: { link: Node }) {
  const { words, host } = seenOf(link);
  return (
    <a href={link.href ?? undefined} title={link.href ?? undefined} target="_blank" rel="noopener noreferrer">
      <span>{words ?? link.children.map(element)}</span>
      {host !== null && <bdi> ({host})</bdi>}
    </a>
  );
}
