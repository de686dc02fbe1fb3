import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { KeyIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { isWrongPassword, OwnPasswordField } from "./OwnPasswordField";
import { PasswordField } from "./PasswordField";
import { demandStrength } from "./strength";

/** Another password for the account; `onDone` when it counts. */
export function ChangePassword({ username, onDone }: { username: string; onDone: () => void }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const [password, setPassword] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const change = useCommand(async () => {
    await demandStrength(newPassword, [username]);
    await messenger.changePassword({ password, newPassword }, () => undefined);
  });
  const close = () => {
    setAsking(false);
    setPassword("");
    setNewPassword("");
    change.clear();
  };
  const confirm = async () => {
    if (!(await change.run())) return;
    close();
    onDone();
  };
  const code = change.problem?.code;
  return (
    <>
      <Button onClick={() => setAsking(true)} startIcon={<KeyIcon size={16} />}>
        Change password
      </Button>
      <ConfirmDialog
        open={asking}
        title="Change password"
        action="Change it and sign out the others"
        danger={false}
        running={change.running}
        disabled={password === "" || newPassword === ""}
        problem={
          change.problem === null || isWrongPassword(change.problem) || code === "weak_password"
            ? null
            : problemWords(change.problem)
        }
        onConfirm={() => void confirm()}
        onClose={change.running ? () => undefined : close}
      >
        <p>
          Your other browsers and programs are signed out. Browsers keep their messages, sealed, until you sign in there
          with the new password.
        </p>
        <div style={{ marginTop: 16, display: "grid", gap: 16 }}>
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
          <OwnPasswordField
            label="Present password"
            value={password}
            onChange={(value) => {
              setPassword(value);
              change.clear();
            }}
            problem={change.problem}
            autoFocus
            disabled={change.running}
          />
          <PasswordField
            label="New password"
            value={newPassword}
            onChange={(value) => {
              setNewPassword(value);
              change.clear();
            }}
            own={[username]}
            error={code === "weak_password" ? problemWords({ code }) : undefined}
            disabled={change.running}
          />
        </div>
      </ConfirmDialog>
    </>
  );
}
