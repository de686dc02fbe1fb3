import { IconButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { SmileIcon } from "../../../components/icons";
import { EmojiPicker } from "./EmojiPicker";

/** Keyboards under a finger have emoji of their own, and the field needs the width. */
const Button = styled(IconButton)({ "@media (pointer: coarse)": { display: "none" } });

/** Beside the field in which one writes. */
export function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Tooltip title="Emoji">
        <Button
          onClick={(event) => setAnchor(event.currentTarget)}
          aria-label="Emoji"
          aria-haspopup="dialog"
          aria-expanded={anchor !== null}
        >
          <SmileIcon />
        </Button>
      </Tooltip>
      <EmojiPicker
        label="Emoji"
        anchor={anchor}
        onPick={onPick}
        onClose={() => setAnchor(null)}
        anchorOrigin={{ vertical: "top", horizontal: "right" }}
        transformOrigin={{ vertical: "bottom", horizontal: "right" }}
      />
    </>
  );
}
