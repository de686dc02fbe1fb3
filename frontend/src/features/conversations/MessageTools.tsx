import { IconButton, Menu, MenuItem, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useRef, useState } from "react";
import {
  CopyIcon,
  EditIcon,
  HistoryIcon,
  MoreIcon,
  PinIcon,
  ReplyIcon,
  SmileIcon,
  TrashIcon,
} from "../../components/icons";
import type { MessageEntry } from "../../realtime/state";
import { EarlierTexts } from "./EarlierTexts";
import { allowed, useHands } from "./hands";
import { ReactionPicker } from "./Reactions";

const Bar = styled("div", { shouldForwardProp: (name) => name !== "mine" })<{ mine: boolean }>(({ theme, mine }) => ({
  position: "absolute",
  zIndex: 1,
  bottom: "calc(100% - 12px)",
  ...(mine ? { right: 4 } : { left: 4 }),
  display: "flex",
  padding: 2,
  borderRadius: 10,
  background: theme.palette.surface,
  boxShadow: theme.float,
  "& button": { width: 30, height: 30, borderRadius: 8 },
  "@media (pointer: coarse)": { "& button": { width: 44, height: 44 } },
}));

export type Opened = "reactions" | "menu" | "history" | null;

interface Props {
  message: MessageEntry;
  mine: boolean;
  /** What of it is open; it stays while something is. */
  opened: Opened;
  onOpen: (what: Opened) => void;
}

/** What one can do with a message, beside it while the pointer or the focus is there. */
export function MessageTools({ message, mine, opened, onOpen }: Props) {
  const hands = useHands();
  const [bar, setBar] = useState<HTMLElement | null>(null);
  const more = useRef<HTMLButtonElement>(null);
  const can = allowed(hands, message);
  const close = () => onOpen(null);
  const choose = (act: () => void) => () => {
    close();
    act();
  };
  if (message.deletedAt !== null || message.newer) return null;
  return (
    <>
      <Bar ref={setBar} mine={mine} role="toolbar" aria-label="Message">
        {can.react && (
          <Tooltip title="React · +">
            <IconButton onClick={() => onOpen("reactions")} aria-label="React">
              <SmileIcon size={18} />
            </IconButton>
          </Tooltip>
        )}
        {can.answer && (
          <Tooltip title="Reply · R">
            <IconButton onClick={() => hands.aim({ kind: "reply", message })} aria-label="Reply">
              <ReplyIcon size={18} />
            </IconButton>
          </Tooltip>
        )}
        <Tooltip title="More">
          <IconButton ref={more} onClick={() => onOpen("menu")} aria-label="More" aria-haspopup="menu">
            <MoreIcon size={18} />
          </IconButton>
        </Tooltip>
      </Bar>
      <ReactionPicker message={message} anchor={opened === "reactions" ? bar : null} onClose={close} />
      <Menu anchorEl={() => more.current} open={opened === "menu"} onClose={close}>
        {can.edit && (
          <MenuItem onClick={choose(() => hands.aim({ kind: "edit", message }))}>
            <EditIcon size={18} /> Edit
          </MenuItem>
        )}
        <MenuItem onClick={choose(() => void navigator.clipboard.writeText(message.text))}>
          <CopyIcon size={18} /> Copy text
        </MenuItem>
        {message.earlier.length > 0 && (
          <MenuItem onClick={() => onOpen("history")}>
            <HistoryIcon size={18} /> Earlier versions
          </MenuItem>
        )}
        {can.pin && (
          <MenuItem onClick={choose(() => hands.pin(message))}>
            <PinIcon size={18} /> {message.pinned === null ? "Pin" : "Unpin"}
          </MenuItem>
        )}
        {can.remove && (
          <MenuItem onClick={choose(() => hands.remove(message))}>
            <TrashIcon size={18} /> {mine ? "Delete" : "Remove"}
          </MenuItem>
        )}
        {mine && can.remove && !can.edit && (
          <MenuItem disabled sx={{ whiteSpace: "normal", maxWidth: 260 }}>
            A critical message cannot be edited: its text is signed.
          </MenuItem>
        )}
      </Menu>
      {opened === "history" && <EarlierTexts message={message} onClose={close} />}
    </>
  );
}
