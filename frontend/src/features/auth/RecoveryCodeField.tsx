import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { Field } from "../../components/Field";
import { useMessenger } from "../../app/hooks";

type Judged = "incomplete" | "wrong" | "right";

/** What is typed, and what its checksum says of it. */
export function useRecoveryCode() {
  const messenger = useMessenger();
  const [typed, setTyped] = useState("");
  const [judged, setJudged] = useState<{ of: string; is: Judged } | null>(null);
  useEffect(() => {
    let current = true;
    void messenger.recoveryCodeState(typed).then((is) => {
      if (current) setJudged({ of: typed, is });
    });
    return () => {
      current = false;
    };
  }, [messenger, typed]);
  return { typed, setTyped, is: judged?.of === typed ? judged.is : ("incomplete" as const) };
}

interface Props {
  value: string;
  is: Judged;
  onChange: (value: string) => void;
  error?: string | undefined;
  disabled?: boolean;
}

/** What was typed, in the shape of the sheet, so that the two can be compared. */
const Groups = styled("span")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "repeat(3, max-content)",
  columnGap: 24,
  margin: "2px 0 6px",
  color: theme.palette.text.primary,
  fontFamily: theme.mono,
  fontSize: 15,
  lineHeight: "22px",
}));

const SLIP = "There is a slip in this code. Compare it with your sheet, group by group.";
const GROUPS = "Nine groups of four, as on your sheet. Case, spaces and dashes do not matter.";

/** A recovery code, which tells of a slip before anything is sent. */
export function RecoveryCodeField({ is, error, ...rest }: Props) {
  const groups =
    rest.value
      .toUpperCase()
      .replaceAll(/[\s-]/gu, "")
      .match(/.{1,4}/gu) ?? [];
  const said = is === "right" ? "The code is complete." : is === "wrong" ? null : GROUPS;
  return (
    <Field
      {...rest}
      label="Recovery code"
      error={error ?? (is === "wrong" ? SLIP : undefined)}
      help={
        <>
          {groups.length > 0 && (
            <Groups aria-hidden>
              {groups.slice(0, 12).map((group, index) => (
                <span key={index}>{group}</span>
              ))}
            </Groups>
          )}
          <span aria-live="polite">{said}</span>
        </>
      }
      helpAlways
      input={{ autoComplete: "off", autoCapitalize: "characters", spellCheck: false, name: "recovery-code" }}
    />
  );
}
