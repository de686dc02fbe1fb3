import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { Field } from "../../components/Field";
import { MAX_LENGTH, measure, type Strength } from "./strength";

const Meter = styled("span")({ display: "grid", gridTemplateColumns: "repeat(4, 1fr)", gap: 4, margin: "2px 0 6px" });

const Step = styled("span", { shouldForwardProp: (name) => name !== "tone" })<{ tone: "off" | "low" | "good" }>(
  ({ theme, tone }) => ({
    height: 4,
    borderRadius: 2,
    background: { off: theme.palette.line, low: theme.palette.caution, good: theme.palette.verified }[tone],
    transition: "background-color 140ms",
  }),
);

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Words that an attacker would try first. */
  own: string[];
  error?: string | undefined;
  disabled?: boolean;
  autoFocus?: boolean;
}

/** A new password, with its strength in bars and in words, and what would make it better. */
export function PasswordField({ own, value, ...rest }: Props) {
  const [strength, setStrength] = useState<Strength | null>(null);
  const ownKey = own.join("\n");

  useEffect(() => {
    let current = true;
    if (value !== "") {
      void measure(value, ownKey.split("\n")).then((result) => {
        if (current) setStrength(result);
      });
    }
    return () => {
      current = false;
    };
  }, [value, ownKey]);

  const shown = value === "" ? null : strength;
  const help =
    shown === null ? (
      "Long beats complicated: four unrelated words are good."
    ) : (
      <span aria-live="polite">
        <Meter aria-hidden>
          {[1, 2, 3, 4].map((step) => (
            <Step key={step} tone={step > Math.max(shown.score, 1) ? "off" : shown.enough ? "good" : "low"} />
          ))}
        </Meter>
        <strong>{shown.words}.</strong> {shown.advice}
      </span>
    );
  return (
    <Field
      {...rest}
      type="password"
      value={value}
      help={help}
      helpAlways={shown !== null}
      input={{ autoComplete: "new-password", maxLength: MAX_LENGTH, name: "new-password" }}
    />
  );
}
