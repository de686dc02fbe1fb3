import { IconButton } from "@mui/material";
import { styled } from "@mui/material/styles";
import { CloseIcon, EditIcon, ReplyIcon } from "../../components/icons";
import type { Aim } from "./hands";
import { QuoteFrame } from "./Quote";

const Bar = styled("div")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 8,
  padding: "8px 4px 6px 12px",
  color: theme.palette.text.secondary,
  "& > svg": { flex: "none" },
  "& > div": { flex: 1 },
}));

/** Above the composer: what one answers or edits, and the way back to a new message. */
export function AimBar({ aim, author, onClose }: { aim: Aim; author: string; onClose: () => void }) {
  const { id: messageId, authorId, text } = aim.message;
  const edits = aim.kind === "edit";
  return (
    <Bar role="status" aria-label={edits ? "Editing your message" : `Replying to ${author}`}>
      {edits ? <EditIcon size={18} /> : <ReplyIcon size={18} />}
      <QuoteFrame
        quote={{ messageId, authorId, text, lacks: null }}
        author={edits ? "Editing your message" : `Reply to ${author}`}
      />
      <IconButton onClick={onClose} aria-label={edits ? "Do not edit" : "Do not reply"}>
        <CloseIcon size={18} />
      </IconButton>
    </Bar>
  );
}
