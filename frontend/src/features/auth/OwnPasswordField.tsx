import { Field } from "../../components/Field";
import type { Problem } from "../../realtime/state";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What the command that it proves came to. */
  problem: Problem | null;
  disabled: boolean;
  autoFocus?: boolean;
}

/** Whether it is the password that was wrong: then its field says so, and nothing else has to. */
export const isWrongPassword = (problem: Problem | null) => problem?.code === "wrong_credentials";

/** The password once more, before something that only its owner may do. */
export function OwnPasswordField({ problem, ...rest }: Props) {
  return (
    <Field
      {...rest}
      type="password"
      error={isWrongPassword(problem) ? "That is not your password." : undefined}
      input={{ autoComplete: "current-password", name: "password" }}
    />
  );
}
