import { Dialog, DialogContent, DialogTitle, IconButton } from "@mui/material";
import { styled } from "@mui/material/styles";
import { CloseIcon } from "../../components/icons";
import { fullTime } from "../../lib/time";
import type { MessageEntry } from "../../realtime/state";
import { MessageText } from "./MessageText";

const List = styled("ol")(({ theme }) => ({
  margin: 0,
  padding: 0,
  listStyle: "none",
  display: "grid",
  gap: 16,
  "& time": { ...theme.typography.caption, color: theme.palette.text.secondary },
}));

/** What an edited message said before, newest first. */
export function EarlierTexts({ message, onClose }: { message: MessageEntry; onClose: () => void }) {
  const now = { text: message.text, at: message.editedAt ?? message.at };
  return (
    <Dialog open onClose={onClose} aria-labelledby="earlier-title" maxWidth="sm" fullWidth>
      <DialogTitle
        id="earlier-title"
        variant="h2"
        sx={{ px: 5, py: 3, display: "flex", alignItems: "center", justifyContent: "space-between" }}
      >
        Versions of this message
        <IconButton onClick={onClose} aria-label="Close" autoFocus>
          <CloseIcon />
        </IconButton>
      </DialogTitle>
      <DialogContent sx={{ px: 5, pb: 6 }}>
        <List>
          {[...message.earlier, now].reverse().map(({ text, at }, index) => (
            <li key={index}>
              <time dateTime={new Date(at).toISOString()}>
                {fullTime(at)}
                {index === 0 && " · now"}
              </time>
              <MessageText text={text} />
            </li>
          ))}
        </List>
      </DialogContent>
    </Dialog>
  );
}
