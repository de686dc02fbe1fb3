import { styled } from "@mui/material/styles";
import { memo } from "react";
import { isLoneEmoji, parseText } from "../../lib/text";

const Text = styled("div")(({ theme }) => ({
  whiteSpace: "pre-wrap",
  overflowWrap: "anywhere",
  unicodeBidi: "plaintext",
  textAlign: "start",
  "& a": { color: "inherit", textUnderlineOffset: 3 },
  "& code": {
    fontFamily: theme.mono,
    fontSize: "0.9em",
    padding: "1px 4px",
    borderRadius: 4,
    background: theme.palette.hover,
  },
  "& pre": {
    margin: "4px 0",
    padding: "8px 10px",
    fontFamily: theme.mono,
    fontSize: 13,
    lineHeight: "19px",
    borderRadius: 6,
    background: theme.palette.hover,
    whiteSpace: "pre",
    overflowX: "auto",
    unicodeBidi: "normal",
    direction: "ltr",
    textAlign: "left",
  },
}));

const Emoji = styled("div")({ fontSize: 36, lineHeight: "44px" });

export const MessageText = memo(function MessageText({ text }: { text: string }) {
  if (isLoneEmoji(text)) return <Emoji>{text.trim()}</Emoji>;
  return (
    <Text dir="auto">
      {parseText(text).map((part, index) => {
        switch (part.kind) {
          case "text":
            return part.text;
          case "code":
            return <code key={index}>{part.text}</code>;
          case "block":
            return (
              <pre key={index} tabIndex={0} aria-label="Code">
                {part.text}
              </pre>
            );
          case "link":
            return (
              <a key={index} href={part.href} target="_blank" rel="noopener noreferrer">
                {part.text}
              </a>
            );
        }
      })}
    </Text>
  );
});
