import { Button } from "@mui/material";
import { useState } from "react";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Callout } from "../../components/Callout";
import { Field } from "../../components/Field";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths, safeNext } from "../../lib/paths";
import type { SignInStep } from "../../realtime/state";
import { AuthLayout, Form, Lead } from "./AuthLayout";
import { isEmail, NO_EMAIL } from "./email";
import { PasswordField } from "./PasswordField";
import { RecoveryCodeStep } from "./RecoveryCodeStep";
import { stepWords } from "./steps";
import { demandStrength } from "./strength";

/** Problems that belong to one field stand below it. */
const FIELD_OF: Record<string, "username" | "email" | "password"> = {
  username_taken: "username",
  invalid_username: "username",
  email_taken: "email",
  weak_password: "password",
};

const USERNAME = /^[a-z0-9][a-z0-9._-]{2,31}$/u;

export function RegisterPage() {
  const messenger = useMessenger();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const signedIn = useAppSelector(selectSelf) !== null;
  const [username, setUsername] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SignInStep | null>(null);
  const [code, setCode] = useState<string | null>(null);
  const [tried, setTried] = useState(false);

  const register = useCommand(async () => {
    await demandStrength(password, [username, email]);
    const made = await messenger.register({ username: username.toLowerCase(), email, password }, setStep);
    setCode(made.recoveryCode);
  });

  if (code !== null) {
    return (
      <RecoveryCodeStep code={code} username={username} onKept={() => void navigate(safeNext(search.get("next")))} />
    );
  }
  if (signedIn && !register.running) return <Navigate to={paths.home} replace />;

  const wrong = {
    username: USERNAME.test(username.toLowerCase()) ? undefined : problemWords({ code: "invalid_username" }),
    email: isEmail(email) ? undefined : NO_EMAIL,
    password: password === "" ? problemWords({ code: "weak_password" }) : undefined,
  };
  const refused =
    register.problem === null
      ? null
      : { field: FIELD_OF[register.problem.code], words: problemWords(register.problem) };
  const errorOf = (field: "username" | "email" | "password") =>
    refused?.field === field ? refused.words : tried ? wrong[field] : undefined;
  const submit = () => {
    setTried(true);
    if (Object.values(wrong).every((words) => words === undefined)) void register.run();
  };

  return (
    <AuthLayout foot={<>Messages are encrypted in this browser, before they leave it.</>}>
      <h1>Make an account</h1>
      <Lead>
        Have one already? <Link to={{ pathname: paths.signIn, search: search.toString() }}>Sign in</Link>
      </Lead>
      <Form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Field
          label="Name"
          value={username}
          onChange={(value) => {
            setUsername(value);
            register.clear();
          }}
          error={username === "" && !tried ? undefined : errorOf("username")}
          help="How others find you. It cannot be changed later."
          autoFocus
          disabled={register.running}
          input={{
            autoComplete: "username",
            autoCapitalize: "none",
            spellCheck: false,
            maxLength: 32,
            name: "username",
          }}
        />
        <Field
          label="E-mail"
          type="email"
          value={email}
          onChange={(value) => {
            setEmail(value);
            register.clear();
          }}
          error={errorOf("email")}
          disabled={register.running}
          input={{ autoComplete: "email", maxLength: 254, name: "email" }}
        />
        <PasswordField
          label="Password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            register.clear();
          }}
          own={[username, email]}
          error={errorOf("password")}
          disabled={register.running}
        />
        {refused !== null && refused.field === undefined && (
          <Callout tone="caution" role="alert">
            {refused.words}
          </Callout>
        )}
        <Button type="submit" variant="contained" color="primary" disabled={register.running}>
          {register.running ? stepWords(step) : "Make account"}
        </Button>
      </Form>
    </AuthLayout>
  );
}
