import { Button, Checkbox, FormControlLabel } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { TrashIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { isWrongPassword, OwnPasswordField } from "./OwnPasswordField";

/** Erases what this browser keeps and, with the password, strikes it off the account's list of devices. */
export function RemoveBrowser() {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState("");
  const [withoutPassword, setWithoutPassword] = useState(false);
  const remove = useCommand(() => messenger.removeBrowser({ password: withoutPassword ? null : password }));
  const close = () => {
    setAsking(false);
    setPassword("");
    setWithoutPassword(false);
    remove.clear();
  };
  return (
    <>
      <Button color="error" onClick={() => setAsking(true)} startIcon={<TrashIcon size={16} />}>
        Remove this browser
      </Button>
      <ConfirmDialog
        open={asking}
        title="Remove this browser?"
        action="Erase messages and keys here"
        running={remove.running}
        disabled={!withoutPassword && password === ""}
        problem={remove.problem === null || isWrongPassword(remove.problem) ? null : problemWords(remove.problem)}
        onConfirm={() => void remove.run()}
        onClose={close}
      >
        <p>
          Every message and key that this browser keeps is erased, and the account forgets the browser. What no other
          browser of yours has read is gone.
        </p>
        <div style={{ marginTop: 16 }}>
          <OwnPasswordField
            label="Your password, to sign the new list of your browsers"
            value={password}
            onChange={setPassword}
            problem={remove.problem}
            autoFocus
            disabled={withoutPassword || remove.running}
          />
          <FormControlLabel
            sx={{ mt: 1 }}
            control={
              <Checkbox checked={withoutPassword} onChange={(event) => setWithoutPassword(event.target.checked)} />
            }
            label="Only erase here; the browser stays on the list"
          />
        </div>
      </ConfirmDialog>
    </>
  );
}
