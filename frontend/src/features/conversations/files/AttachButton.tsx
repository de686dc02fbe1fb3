import { IconButton, Tooltip } from "@mui/material";
import { useRef } from "react";
import { AttachIcon } from "../../../components/icons";
import type { Talk } from "../talk";
import { takesFiles, useAttach } from "./useAttach";

export function AttachButton({ talk }: { talk: Talk }) {
  const input = useRef<HTMLInputElement>(null);
  const attach = useAttach(talk.id);
  const ready = takesFiles(talk);
  return (
    <>
      <Tooltip title={ready ? "Attach files" : "Files can be sent once the keys are made"}>
        <span>
          <IconButton disabled={!ready} onClick={() => input.current?.click()} aria-label="Attach files">
            <AttachIcon />
          </IconButton>
        </span>
      </Tooltip>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-hidden
        tabIndex={-1}
        data-attach
        onChange={(event) => {
          attach(event.target.files ?? []);
          // The same file may be chosen again.
          event.target.value = "";
        }}
      />
    </>
  );
}
