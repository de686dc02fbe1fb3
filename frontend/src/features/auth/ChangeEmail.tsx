import { Button } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { Field } from "../../components/Field";
import { MailIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { isEmail, NO_EMAIL } from "./email";
import { isWrongPassword, OwnPasswordField } from "./OwnPasswordField";

const TAKEN = "Another account has this address. Use another one.";

/** Another e-mail address for the account; `onDone` when it is the account's. */
export function ChangeEmail({ present, onDone }: { present: string; onDone: () => void }) {
  const messenger = useMessenger();
  const [asking, setAsking] = useState(false);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const change = useCommand(() => messenger.changeEmail({ email: email.trim(), password }));
  const close = () => {
    setAsking(false);
    setEmail("");
    setPassword("");
    setTried(false);
    change.clear();
  };
  const confirm = async () => {
    setTried(true);
    if (!isEmail(email) || !(await change.run())) return;
    close();
    onDone();
  };
  const taken = change.problem?.code === "email_taken";
  const besides = taken || isWrongPassword(change.problem) ? null : change.problem;
  return (
    <>
      <Button onClick={() => setAsking(true)} startIcon={<MailIcon size={16} />}>
        Change e-mail
      </Button>
      <ConfirmDialog
        open={asking}
        title="Change e-mail"
        action="Use this address"
        danger={false}
        running={change.running}
        disabled={email.trim() === "" || password === ""}
        problem={besides === null ? null : problemWords(besides)}
        onConfirm={() => void confirm()}
        onClose={change.running ? () => undefined : close}
      >
        <p>
          {present !== "" && (
            <>
              It is <strong>{present}</strong> now.{" "}
            </>
          )}
          The people you write with do not see it. Beside the recovery code it can stand for your name.
        </p>
        <div style={{ marginTop: 16, display: "grid", gap: 16 }}>
          <Field
            label="New e-mail"
            type="email"
            value={email}
            onChange={(value) => {
              setEmail(value);
              change.clear();
            }}
            autoFocus
            disabled={change.running}
            error={taken ? TAKEN : tried && !isEmail(email) ? NO_EMAIL : undefined}
            input={{ autoComplete: "email", maxLength: 254, name: "email" }}
          />
          <OwnPasswordField
            label="Your password"
            value={password}
            onChange={(value) => {
              setPassword(value);
              change.clear();
            }}
            problem={change.problem}
            disabled={change.running}
          />
        </div>
      </ConfirmDialog>
    </>
  );
}
