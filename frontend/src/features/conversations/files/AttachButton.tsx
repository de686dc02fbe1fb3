import { IconButton, Tooltip } from "@mui/material";
import { useRef } from "react";
import { AttachIcon } from "../../../components/icons";
import type { Conversation } from "../../../realtime/state";
import { takesFiles, useAttach } from "./useAttach";

export function AttachButton({ conversation }: { conversation: Conversation }) {
  const input = useRef<HTMLInputElement>(null);
  const attach = useAttach(conversation.id);
  const ready = takesFiles(conversation);
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
