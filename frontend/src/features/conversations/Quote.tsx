import { styled } from "@mui/material/styles";
import { Link } from "react-router";
import { textWords } from "../../app/words/notices";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { paths } from "../../lib/paths";
import { firstLine, hueOf } from "../../lib/text";
import type { Id, Quote as Quoted } from "../../realtime/state";

const Frame = styled("div", { shouldForwardProp: (name) => name !== "hue" })<{ hue: number | null }>(
  ({ theme, hue }) => ({
    ...theme.typography.body2,
    display: "grid",
    minWidth: 0,
    padding: "4px 8px 4px 10px",
    borderRadius: 6,
    borderInlineStart: `3px solid ${hue === null ? theme.palette.line : theme.avatar(hue).text}`,
    background: theme.palette.hover,
    color: theme.palette.text.primary,
    textDecoration: "none",
    "& b": {
      fontWeight: 600,
      overflow: "hidden",
      textOverflow: "ellipsis",
      whiteSpace: "nowrap",
    },
    "& span": {
      color: theme.palette.text.secondary,
      overflow: "hidden",
      textOverflow: "ellipsis",
      whiteSpace: "nowrap",
    },
  }),
);

interface Props {
  quote: Quoted;
  /** Null: it is not known who wrote it. */
  author: string | null;
}

/** The message that is answered: who wrote it, and its first line. */
export function QuoteFrame({ quote, author }: Props) {
  const words = textWords(quote);
  return (
    <Frame hue={quote.authorId === null ? null : hueOf(quote.authorId)}>
      {author !== null && (
        <b>
          <bdi>{author}</bdi>
        </b>
      )}{" "}
      <span dir="auto">{firstLine(words)}</span>
    </Frame>
  );
}

const Jump = styled(Link)({
  display: "block",
  margin: "2px 0 4px",
  textDecoration: "none",
  borderRadius: 6,
  minWidth: 0,
});

/** The same as a way to the original. */
export function QuoteLink({ conversationId, ...props }: Props & { conversationId: Id }) {
  const { quote, author } = props;
  if (quote.lacks === "missing") return <QuoteFrame {...props} />;
  return (
    <Jump to={paths.message(conversationId, quote.messageId)}>
      <VisuallyHidden>In reply to {author === null && "a message"} </VisuallyHidden>
      <QuoteFrame {...props} />
    </Jump>
  );
}
