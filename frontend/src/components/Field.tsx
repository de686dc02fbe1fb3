import { IconButton, InputBase } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useId, useState, type InputHTMLAttributes, type ReactNode, type Ref } from "react";
import { EyeIcon, EyeOffIcon } from "./icons";

const Label = styled("label")(({ theme }) => ({ ...theme.typography.h3, display: "block", marginBottom: 4 }));

const Input = styled(InputBase)(({ theme }) => ({
  width: "100%",
  minHeight: 40,
  padding: "0 4px 0 12px",
  border: `1px solid ${theme.palette.line}`,
  borderRadius: theme.shape.borderRadius,
  background: theme.palette.surface,
  transition: "border-color 140ms",
  "&:hover": { borderColor: theme.palette.text.secondary },
  "&.Mui-focused": { borderColor: theme.palette.accent, boxShadow: `0 0 0 1px ${theme.palette.accent}` },
  "&.Mui-error": { borderColor: theme.palette.critical },
  "& input": { padding: "8px 8px 8px 0", outline: "none" },
  "& input::placeholder": { color: theme.palette.text.secondary, opacity: 1 },
  [theme.touch]: { minHeight: 44, "& input": { fontSize: 16 } },
}));

const Help = styled("p", { shouldForwardProp: (name) => name !== "bad" })<{ bad: boolean }>(({ theme, bad }) => ({
  ...theme.typography.body2,
  margin: "6px 0 0",
  color: bad ? theme.palette.critical : theme.palette.text.secondary,
}));

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: ReactNode;
  /** The help stays beside an error. */
  helpAlways?: boolean;
  error?: string | undefined;
  type?: "text" | "email" | "password";
  disabled?: boolean;
  required?: boolean;
  autoFocus?: boolean;
  inputRef?: Ref<HTMLInputElement>;
  onBlur?: () => void;
  input?: Pick<
    InputHTMLAttributes<HTMLInputElement>,
    "autoComplete" | "autoCapitalize" | "spellCheck" | "maxLength" | "placeholder" | "name"
  >;
}

/** A label above, a line below that helps or says what is wrong; a password can be looked at. */
export function Field({
  label,
  value,
  onChange,
  help,
  helpAlways = false,
  error,
  type = "text",
  input,
  ...rest
}: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const helpId = `${id}-help`;
  return (
    <div>
      <Label htmlFor={id}>{label}</Label>
      <Input
        {...rest}
        id={id}
        type={type === "password" && shown ? "text" : type}
        value={value}
        error={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
        inputProps={{ ...input, "aria-describedby": helpId }}
        endAdornment={
          type === "password" && (
            <IconButton
              onClick={() => setShown(!shown)}
              aria-label={shown ? "Hide password" : "Show password"}
              aria-pressed={shown}
            >
              {shown ? <EyeOffIcon /> : <EyeIcon />}
            </IconButton>
          )
        }
      />
      <div id={helpId}>
        {error !== undefined && (
          <Help bad role="alert">
            {error}
          </Help>
        )}
        {help !== undefined && (error === undefined || helpAlways) && <Help bad={false}>{help}</Help>}
      </div>
    </div>
  );
}
