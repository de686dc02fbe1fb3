import { Dialog, DialogContent, DialogTitle, IconButton } from "@mui/material";
import { styled } from "@mui/material/styles";
import { CloseIcon } from "../components/icons";
import { modifierKey } from "./pages";

const List = styled("dl")(({ theme }) => ({
  margin: 0,
  display: "grid",
  gridTemplateColumns: "max-content 1fr",
  gap: "8px 20px",
  alignItems: "baseline",
  "& dt": { textAlign: "right" },
  "& dd": { margin: 0 },
  "& kbd": {
    fontFamily: "inherit",
    fontSize: 13,
    padding: "2px 6px",
    border: `1px solid ${theme.palette.line}`,
    borderRadius: 4,
    background: theme.palette.page,
  },
}));

const KEYS: [string[], string][] = [
  [["Enter"], "Send"],
  [["Shift", "Enter"], "New line"],
  [["↑"], "Edit your last message, in an empty field"],
  [[modifierKey, "K"], "Go to a conversation, a person, a page"],
  [["Alt", "↑"], "Previous conversation"],
  [["Alt", "↓"], "Next conversation"],
  [["F6"], "Next part of the window"],
  [["R"], "On a message: reply"],
  [["+"], "On a message: react"],
  [["E"], "On a message of your own: edit"],
  [["Delete"], "On a message of your own: delete"],
  [["Esc"], "Close what is on top"],
  [["?"], "This list"],
];

export function KeysHelp({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} aria-labelledby="keys-title" maxWidth="xs" fullWidth>
      <DialogTitle
        id="keys-title"
        variant="h2"
        sx={{ px: 5, py: 3, display: "flex", alignItems: "center", justifyContent: "space-between" }}
      >
        Keyboard
        <IconButton onClick={onClose} aria-label="Close" autoFocus>
          <CloseIcon />
        </IconButton>
      </DialogTitle>
      <DialogContent sx={{ px: 5, pb: 6 }}>
        <List>
          {KEYS.map(([keys, what]) => (
            <Key key={what} keys={keys} what={what} />
          ))}
        </List>
      </DialogContent>
    </Dialog>
  );
}

const Key = ({ keys, what }: { keys: string[]; what: string }) => (
  <>
    <dt>
      {keys.map((key, index) => (
        <span key={key}>
          {index > 0 && " + "}
          <kbd>{key}</kbd>
        </span>
      ))}
    </dt>
    <dd>{what}</dd>
  </>
);
