import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Id } from "../../realtime/state";
import { isWrongPassword, OwnPasswordField } from "./OwnPasswordField";

/** Takes another browser off the account's signed list; it needs the password for that one signature. */
export function RemoveOtherBrowser({ deviceId, name }: { deviceId: Id; name: string }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState("");
  const remove = useCommand(() => messenger.removeOtherBrowser({ deviceId, password }));
  const close = () => {
    setAsking(false);
    setPassword("");
    remove.clear();
  };
  return (
    <>
      <Button size="small" color="error" aria-label={`Remove ${name.toLowerCase()}`} onClick={() => setAsking(true)}>
        Remove browser
      </Button>
      <ConfirmDialog
        open={asking}
        title={`Remove ${name.toLowerCase()}?`}
        action="Remove this browser for good"
        running={remove.running}
        disabled={password === ""}
        problem={remove.problem === null || isWrongPassword(remove.problem) ? null : problemWords(remove.problem)}
        onConfirm={() => void remove.run().then((done) => (done ? close() : undefined))}
        onClose={close}
      >
        <p>
          It is signed out and reads nothing further: your people’s browsers stop writing to it. What it has read before
          stays there until somebody removes it there.
        </p>
        <div style={{ marginTop: 16 }}>
          <OwnPasswordField
            label="Your password, to sign the new list of your browsers"
            value={password}
            onChange={(value) => {
              setPassword(value);
              remove.clear();
            }}
            problem={remove.problem}
            autoFocus
            disabled={remove.running}
          />
        </div>
      </ConfirmDialog>
    </>
  );
}
