import { IconButton, ListItemText, Menu, MenuItem, Tooltip } from "@mui/material";
import { useRef, useState } from "react";
import { AttachIcon } from "../../../components/icons";
import type { Talk } from "../talk";
import { takesFiles, useAttach } from "./useAttach";

/** Pictures go without what they say of themselves, unless somebody asks for the original. */
export function AttachButton({ talk }: { talk: Talk }) {
  const input = useRef<HTMLInputElement>(null);
  const [original, setOriginal] = useState(false);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const attach = useAttach(talk.id);
  const ready = takesFiles(talk);
  const choose = (untouched: boolean) => {
    setAnchor(null);
    setOriginal(untouched);
    input.current?.click();
  };
  return (
    <>
      <Tooltip title={ready ? "Attach files" : "Files can be sent once the keys are made"}>
        <span>
          <IconButton
            disabled={!ready}
            onClick={(event) => setAnchor(event.currentTarget)}
            aria-label="Attach files"
            aria-haspopup="menu"
          >
            <AttachIcon />
          </IconButton>
        </span>
      </Tooltip>
      <Menu open={anchor !== null} anchorEl={anchor} onClose={() => setAnchor(null)}>
        <MenuItem onClick={() => choose(false)}>
          <ListItemText primary="Photos and files" secondary="Photos without place, time and camera" />
        </MenuItem>
        <MenuItem onClick={() => choose(true)}>
          <ListItemText primary="Originals" secondary="Photos with all that they say of themselves" />
        </MenuItem>
      </Menu>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden
        tabIndex={-1}
        data-attach
        onChange={(event) => {
          attach(event.target.files ?? [], original);
          setOriginal(false);
          // The same file may be chosen again.
          event.target.value = "";
        }}
      />
    </>
  );
}
