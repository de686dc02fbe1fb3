import { Button } from "@mui/material";
import { useState } from "react";
import { Callout } from "../../components/Callout";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { SignInStep } from "../../realtime/state";
import { AuthLayout, Form, Lead } from "./AuthLayout";
import { CompletedElsewhereStep } from "./CompletedElsewhereStep";
import { PasswordField } from "./PasswordField";
import { stepWords } from "./steps";
import { demandStrength } from "./strength";

interface Props {
  username: string;
  /** Null: another browser had completed the account meanwhile. */
  onDone: (recoveryCode: string | null) => void;
}

/** The first sign-in of an account that was made outside a browser. */
export function CompleteAccountStep({ username, onDone }: Props) {
  const messenger = useMessenger();
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SignInStep | null>(null);
  /** Whether a new password was chosen when another browser turned out to be first. */
  const [late, setLate] = useState<{ chose: boolean } | null>(null);
  const complete = useCommand(async (newPassword: string | null) => {
    if (newPassword !== null) await demandStrength(newPassword, [username]);
    const made = await messenger.completeAccount({ newPassword }, setStep);
    if (made === null) setLate({ chose: newPassword !== null });
    else onDone(made.recoveryCode);
  });
  if (late !== null) return <CompletedElsewhereStep chose={late.chose} onGoOn={() => onDone(null)} />;

  return (
    <AuthLayout>
      <h1>Choose a new password</h1>
      <Lead>
        This account was made outside a browser, so the server has seen its password once. A new one, made here, never
        leaves this browser.
      </Lead>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== "") void complete.run(password);
        }}
      >
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField
          label="New password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            complete.clear();
          }}
          own={[username]}
          error={complete.problem?.code === "weak_password" ? problemWords(complete.problem) : undefined}
          disabled={complete.running}
          autoFocus
        />
        {complete.problem !== null && complete.problem.code !== "weak_password" && (
          <Callout tone="caution" role="alert">
            {problemWords(complete.problem)}
          </Callout>
        )}
        <Button type="submit" variant="contained" color="primary" disabled={complete.running || password === ""}>
          {complete.running ? stepWords(step) : "Use the new password"}
        </Button>
        <Button variant="text" disabled={complete.running} onClick={() => void complete.run(null)}>
          Keep the present one
        </Button>
      </Form>
    </AuthLayout>
  );
}
