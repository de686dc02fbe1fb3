import { Button } from "@mui/material";
import { useState } from "react";
import { Link, Navigate } from "react-router";
import { Callout } from "../../components/Callout";
import { Field } from "../../components/Field";
import { useArrival } from "../../components/useArrival";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { useTitle } from "../../app/useTitle";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { SignInStep } from "../../realtime/state";
import { AuthLayout, Form, Lead } from "./AuthLayout";
import { PasswordField } from "./PasswordField";
import { RecoveryCodeField, useRecoveryCode } from "./RecoveryCodeField";
import { stepWords } from "./steps";
import { demandStrength } from "./strength";

/** Back into an account with the printed code: first the code, then a new password. */
export function RecoverPage() {
  const [username, setUsername] = useState<string | null>(null);
  const [setting, setSetting] = useState(false);
  const signedIn = useAppSelector((state) => state.auth.account.phase === "signed_in");
  useTitle("Recover your account");
  if (signedIn && !setting) return <Navigate to={paths.home} replace />;
  return (
    <AuthLayout foot={<Link to={paths.signIn}>Back to signing in</Link>}>
      {username === null ? (
        <CodeStep onRight={setUsername} />
      ) : (
        <NewPasswordStep username={username} onRunning={setSetting} />
      )}
    </AuthLayout>
  );
}

function CodeStep({ onRight }: { onRight: (username: string) => void }) {
  const messenger = useMessenger();
  const kept = useAppSelector(({ auth }) => (auth.account.phase === "signed_out" ? auth.account.kept : null));
  const [identifier, setIdentifier] = useState(kept?.otherServer === false ? kept.username : "");
  const code = useRecoveryCode();
  const begin = useCommand(async () => onRight(await messenger.beginRecovery({ identifier, code: code.typed })));
  const ready = code.is === "right" && identifier.trim() !== "";
  const wrong = begin.problem?.code === "wrong_recovery_code";
  return (
    <>
      <h1>Forgot your password?</h1>
      <Lead>
        Your recovery code opens your keys, and you choose a new password. With neither of the two nobody can open them,
        not even the people who run this server.
      </Lead>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void begin.run();
        }}
      >
        <Field
          label="Name or e-mail"
          value={identifier}
          onChange={(typed) => {
            setIdentifier(typed);
            begin.clear();
          }}
          autoFocus={kept === null}
          disabled={begin.running}
          input={{ autoComplete: "username", autoCapitalize: "none", spellCheck: false, name: "username" }}
        />
        <RecoveryCodeField
          value={code.typed}
          is={code.is}
          onChange={(typed) => {
            code.setTyped(typed);
            begin.clear();
          }}
          error={wrong ? problemWords({ code: "wrong_recovery_code" }) : undefined}
          disabled={begin.running}
        />
        {begin.problem !== null && !wrong && (
          <Callout tone="caution" role="alert">
            {problemWords(begin.problem)}
          </Callout>
        )}
        <Button type="submit" variant="contained" color="primary" disabled={begin.running || !ready}>
          {begin.running ? "One moment…" : "Continue"}
        </Button>
      </Form>
    </>
  );
}

function NewPasswordStep({ username, onRunning }: { username: string; onRunning: (running: boolean) => void }) {
  const messenger = useMessenger();
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SignInStep | null>(null);
  const heading = useArrival();
  const recover = useCommand(async () => {
    await demandStrength(password, [username]);
    onRunning(true);
    await messenger.recover({ newPassword: password }, setStep).finally(() => onRunning(false));
  });
  const weak = recover.problem?.code === "weak_password";
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        Choose a new password
      </h1>
      <Lead>
        The code is right, <bdi>{username}</bdi>. With the new password all present sign-ins of your account end. Your
        recovery code stays good.
      </Lead>
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (password !== "") void recover.run();
        }}
      >
        <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        <PasswordField
          label="New password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            recover.clear();
          }}
          own={[username]}
          error={weak ? problemWords({ code: "weak_password" }) : undefined}
          disabled={recover.running}
          autoFocus
        />
        {recover.problem !== null && !weak && (
          <Callout tone="caution" role="alert">
            {problemWords(recover.problem)}
          </Callout>
        )}
        <Button type="submit" variant="contained" color="primary" disabled={recover.running || password === ""}>
          {recover.running ? stepWords(step) : "Set password and sign in"}
        </Button>
      </Form>
    </>
  );
}
