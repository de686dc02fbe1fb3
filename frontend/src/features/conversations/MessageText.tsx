import { styled } from "@mui/material/styles";
import { createContext, memo, useContext, useMemo, type ReactNode } from "react";
import { isLoneEmoji } from "../../lib/text";
import { CodeBlock } from "./CodeBlock";
import { useHands } from "./hands";
import { partsOf } from "./mentions";
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

const Mention = styled("b", { shouldForwardProp: (name) => name !== "mine" })<{ mine: boolean }>(({ theme, mine }) => ({
  fontWeight: 600,
  unicodeBidi: "isolate",
  ...(mine && { padding: "0 3px", borderRadius: 4, background: theme.palette.chosen }),
}));

/** User name in small letters → whether that is oneself. */
const Mentioned = createContext<ReadonlyMap<string, boolean>>(new Map());

const NOBODY: readonly string[] = [];

interface Props {
  text: string;
  /** Ids of those who are meant: only their names stand out. */
  mentions?: readonly string[];
}

export const MessageText = memo(function MessageText({ text, mentions = NOBODY }: Props) {
  const { selfId, usernameOf } = useHands();
  const mentioned = useMemo(
    () => new Map(mentions.map((id) => [usernameOf(id).toLowerCase(), id === selfId])),
    [mentions, usernameOf, selfId],
  );
  const made = useMemo(() => (isLoneEmoji(text) ? null : parseMarkdown(text).children.map(element)), [text]);
  if (made === null) return <Emoji>{text.trim()}</Emoji>;
  return (
    <Mentioned value={mentioned}>
      <Text dir="auto">{made}</Text>
    </Mentioned>
  );
});

function Words({ text }: { text: string }) {
  const mentioned = useContext(Mentioned);
  if (mentioned.size === 0) return text;
  return partsOf(text, new Set(mentioned.keys())).map(({ text: words, name }, index) =>
    name === null ? (
      words
    ) : (
      <Mention key={index} mine={mentioned.get(name) === true}>
        {words}
      </Mention>
    ),
  );
}

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
    case "":
      return <Words key={key} text={node.text} />;
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
