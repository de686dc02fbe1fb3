import { ButtonBase, Popover, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { SmileAddIcon } from "../../components/icons";
import type { MessageEntry } from "../../realtime/state";
import { EmojiPicker } from "./emoji/EmojiPicker";
import { names, useHands } from "./hands";

/** Within reach of one click. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "😮", "🙏"];

const Row = styled("div")({ display: "flex", flexWrap: "wrap", gap: 4, paddingTop: 4, maxWidth: "min(88%, 600px)" });

const Chip = styled(ButtonBase, { shouldForwardProp: (name) => name !== "mine" })<{ mine: boolean }>(
  ({ theme, mine }) => ({
    gap: 4,
    height: 26,
    padding: "0 8px",
    borderRadius: 13,
    fontSize: 13,
    fontVariantNumeric: "tabular-nums",
    color: theme.palette.text.primary,
    border: `1px solid ${mine ? theme.palette.accent : theme.palette.line}`,
    background: mine ? theme.palette.chosen : theme.palette.surface,
    "&.Mui-disabled": { opacity: 1 },
    "@media (pointer: coarse)": { height: 32, borderRadius: 16, padding: "0 12px" },
  }),
);

/** Under the message: each emoji with its number; a click joins in, or takes one's own back. */
export function Reactions({ message }: { message: MessageEntry }) {
  const hands = useHands();
  const can = hands.canWrite && message.changeable;
  if (message.reactions.length === 0) return null;
  return (
    <Row>
      {message.reactions.map(({ emoji, by }) => {
        const mine = by.includes(hands.selfId);
        const who = names(by, hands.nameOf);
        return (
          <Tooltip key={emoji} title={who}>
            <span>
              <Chip
                mine={mine}
                disabled={!can}
                onClick={() => hands.react(message, emoji)}
                aria-pressed={mine}
                aria-label={`${emoji} ${by.length}: ${who}`}
              >
                <span>{emoji}</span>
                {by.length > 1 && <span>{by.length}</span>}
              </Chip>
            </span>
          </Tooltip>
        );
      })}
    </Row>
  );
}

const ABOVE = {
  anchorOrigin: { vertical: "top", horizontal: "center" },
  transformOrigin: { vertical: "bottom", horizontal: "center" },
} as const;

const Choices = styled("div")({ display: "flex", padding: 4, gap: 2 });

const Choice = styled(ButtonBase)(({ theme }) => ({
  width: 40,
  height: 40,
  borderRadius: 8,
  fontSize: 22,
  "&:hover": { background: theme.palette.hover },
  "&[aria-pressed=true]": { background: theme.palette.chosen },
  "@media (pointer: coarse)": { width: 46, height: 46 },
  "& svg": { color: theme.palette.text.secondary },
}));

interface PickerProps {
  message: MessageEntry;
  /** Where it opens; null: it is closed. */
  anchor: HTMLElement | null;
  onClose: () => void;
}

export function ReactionPicker({ message, anchor, onClose }: PickerProps) {
  const hands = useHands();
  const [all, setAll] = useState(false);
  const chosen = (emoji: string) =>
    message.reactions.some((reaction) => reaction.emoji === emoji && reaction.by.includes(hands.selfId));
  const close = () => {
    setAll(false);
    onClose();
  };
  const react = (emoji: string) => hands.react(message, emoji);
  return (
    <>
      <Popover
        open={anchor !== null && !all}
        anchorEl={anchor}
        onClose={close}
        {...ABOVE}
        slotProps={{ paper: { role: "dialog", "aria-label": "React" } }}
      >
        <Choices>
          {QUICK.map((emoji, index) => (
            <Choice
              key={emoji}
              autoFocus={index === 0}
              aria-pressed={chosen(emoji)}
              aria-label={`React with ${emoji}`}
              onClick={() => {
                react(emoji);
                close();
              }}
            >
              {emoji}
            </Choice>
          ))}
          <Choice aria-label="More emoji" aria-haspopup="dialog" onClick={() => setAll(true)}>
            <SmileAddIcon />
          </Choice>
        </Choices>
      </Popover>
      <EmojiPicker label="React" anchor={all ? anchor : null} onPick={react} onClose={close} {...ABOVE} />
    </>
  );
}
