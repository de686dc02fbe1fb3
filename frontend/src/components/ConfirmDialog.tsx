import { Button, Dialog, DialogActions, DialogContent, DialogTitle } from "@mui/material";
import { useId, type ReactNode } from "react";

interface Props {
  open: boolean;
  title: string;
  /** What follows from it. */
  children: ReactNode;
  /** Names the consequence: "End conversation for both". */
  action: string;
  danger?: boolean;
  running?: boolean;
  disabled?: boolean;
  problem?: string | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once. The safe way out has the focus first. */
export function ConfirmDialog(props: Props) {
  const { open, title, children, action, danger = true, running = false, disabled = false, problem = null } = props;
  const id = useId();
  return (
    <Dialog
      open={open}
      onClose={props.onClose}
      maxWidth="xs"
      fullWidth
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          props.onConfirm();
        }}
      >
        <DialogTitle id={`${id}-title`} variant="h2" sx={{ p: 5, pb: 2, overflowWrap: "anywhere" }}>
          {title}
        </DialogTitle>
        <DialogContent
          id={`${id}-text`}
          sx={{
            px: 5,
            pb: 2,
            color: "text.secondary",
            overflowWrap: "anywhere",
            "& p": { m: 0 },
            "& p + p": { mt: 2 },
          }}
        >
          {children}
          {problem !== null && (
            <p role="alert">
              <strong>{problem}</strong>
            </p>
          )}
        </DialogContent>
        {/* Where both do not stand side by side, what one came for is above the way out. */}
        <DialogActions
          sx={{ p: 5, pt: 3, gap: 2, flexWrap: "wrap-reverse", "& > button": { flexGrow: { xs: 1, sm: 0 } } }}
        >
          <Button onClick={props.onClose} autoFocus={!disabled}>
            Cancel
          </Button>
          <Button
            type="submit"
            variant="contained"
            color={danger ? "error" : "primary"}
            disabled={disabled || running}
            sx={{ ml: "0 !important", overflowWrap: "anywhere" }}
          >
            {running ? "One moment…" : action}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
