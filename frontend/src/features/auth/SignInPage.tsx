import { Button } from "@mui/material";
import { useState } from "react";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Callout } from "../../components/Callout";
import { Field } from "../../components/Field";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { paths, safeNext } from "../../lib/paths";
import type { AccountState, Ending, Kept, SignInStep } from "../../realtime/state";
import { AuthLayout, Form, Lead } from "./AuthLayout";
import { OtherServer } from "./OtherServer";
import { CompleteAccountStep } from "./CompleteAccountStep";
import { RecoveryCodeStep } from "./RecoveryCodeStep";
import { stepWords } from "./steps";

const ENDED: Record<Ending, string> = {
  signed_out_elsewhere: "This sign-in was ended from another browser of yours.",
  password_changed: "Your password was changed in another browser. Sign in with the new one.",
  device_removed: "This browser was removed from your account, from another browser of yours.",
  expired: "You have been away for a long time. Sign in again.",
  store_gone:
    "What this browser kept for you was deleted, messages and keys alike. Sign in, and it starts anew, as a new browser of yours.",
  store_damaged:
    "What this browser kept for you is damaged and cannot be opened. Sign in, and it starts anew, as a new browser of yours.",
  storage_unavailable: problemWords({ code: "storage_unavailable" }),
};

// What this browser derives from the password is bound to the name (P2.1); an e-mail address would only fail later.
const NOT_AN_ADDRESS = "Use your name here, not your e-mail address: your keys are bound to the name.";

function keptOf(account: AccountState): Kept | null {
  return account.phase === "signed_out" ? account.kept : null;
}

const harmless = (account: AccountState) =>
  account.phase === "signed_out" && (account.reason === "expired" || account.reason === "signed_out_elsewhere");

export function SignInPage() {
  const messenger = useMessenger();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const account = useAppSelector((state) => state.auth.account);
  const stored = keptOf(account);
  const kept = stored === null || stored.otherServer ? null : stored.username;
  const [typed, setTyped] = useState<string | null>(null);
  const username = typed ?? kept ?? "";
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SignInStep | null>(null);
  const [code, setCode] = useState<string | null>(null);
  const signIn = useCommand(() => messenger.signIn({ identifier: username.trim(), password }, setStep));
  const isAddress = username.includes("@");
  const ready = username.trim() !== "" && password !== "" && !isAddress;
  const goOn = () => void navigate(safeNext(search.get("next")), { replace: true });

  // Signing in happens before the recovery code arrives: the step stays until it has been shown.
  const [completing, setCompleting] = useState<string | null>(null);
  if (account.phase === "incomplete" && completing !== account.username) setCompleting(account.username);
  if (account.phase === "signed_out" && completing !== null) setCompleting(null);

  if (code !== null) return <RecoveryCodeStep code={code} username={completing ?? username} onKept={goOn} />;
  if (completing !== null) {
    return <CompleteAccountStep username={completing} onDone={(made) => (made === null ? goOn() : setCode(made))} />;
  }
  if (account.phase === "signed_in" && !signIn.running) return <Navigate to={safeNext(search.get("next"))} replace />;

  const ended = account.phase === "signed_out" && account.reason !== null ? ENDED[account.reason] : null;
  return (
    <AuthLayout foot={<>Your password does not leave this browser.</>}>
      <h1>Sign in</h1>
      <Lead>
        New here? <Link to={{ pathname: paths.register, search: search.toString() }}>Make an account</Link>
      </Lead>
      {stored?.otherServer === true && <OtherServer kept={stored} />}
      <Form
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void signIn.run();
        }}
      >
        {ended !== null && stored?.otherServer !== true && (
          <Callout tone={harmless(account) ? "info" : "caution"}>{ended}</Callout>
        )}
        <Field
          label="Name"
          error={isAddress ? NOT_AN_ADDRESS : undefined}
          value={username}
          onChange={setTyped}
          autoFocus={kept === null}
          disabled={signIn.running}
          input={{ autoComplete: "username", autoCapitalize: "none", spellCheck: false, name: "username" }}
        />
        <Field
          label="Password"
          type="password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            signIn.clear();
          }}
          autoFocus={kept !== null}
          error={signIn.problem?.code === "wrong_credentials" ? problemWords(signIn.problem) : undefined}
          disabled={signIn.running}
          input={{ autoComplete: "current-password", name: "password" }}
        />
        {signIn.problem !== null && signIn.problem.code !== "wrong_credentials" && (
          <Callout tone={signIn.problem.code === "server_name_changed" ? "critical" : "caution"} role="alert">
            {problemWords(signIn.problem)}
          </Callout>
        )}
        <Button type="submit" variant="contained" color="primary" disabled={signIn.running || !ready}>
          {signIn.running ? stepWords(step) : "Sign in"}
        </Button>
        <Link to={paths.recover}>Forgot your password?</Link>
        {kept !== null && (
          <Callout tone="info">
            This browser keeps the messages of <bdi>{kept}</bdi>, sealed. They open again after signing in.
          </Callout>
        )}
      </Form>
    </AuthLayout>
  );
}
