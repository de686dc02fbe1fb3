import { Button, Checkbox, FormControlLabel, GlobalStyles } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { CopyButton } from "../../components/CopyButton";
import { PrintIcon } from "../../components/icons";
import { fullTime } from "../../lib/time";
import { AuthLayout, Lead } from "./AuthLayout";

const Code = styled("p")(({ theme }) => ({
  margin: "0 0 12px",
  padding: "16px 18px",
  display: "grid",
  gridTemplateColumns: "repeat(3, max-content)",
  justifyContent: "space-between",
  rowGap: 6,
  fontFamily: theme.mono,
  fontSize: 18,
  lineHeight: "28px",
  letterSpacing: "0.04em",
  border: `1px solid ${theme.palette.line}`,
  borderRadius: 10,
  background: theme.palette.surface,
}));

const Actions = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8, marginBottom: 20 });

/** Only in print: the code on a sheet of paper, without the page around it. */
const Paper = styled("div")(({ theme }) => ({
  display: "none",
  "@media print": { display: "block", padding: "2cm" },
  "& code": { fontFamily: theme.mono, fontSize: "16pt" },
}));

const printStyles = <GlobalStyles styles={{ "@media print": { "#root": { display: "none" } } }} />;

interface Props {
  code: string;
  username: string;
  onKept: () => void;
}

/** Shown once: it is kept nowhere, so leaving asks, and going on needs a word that it was kept. */
export function RecoveryCodeStep({ code, username, onKept }: Props) {
  const [kept, setKept] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const [madeAt] = useState(() => Date.now());
  const groups = code.split(/[-\s]+/u);

  useEffect(() => {
    heading.current?.focus();
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);

  return (
    <AuthLayout>
      {printStyles}
      <h1 ref={heading} tabIndex={-1}>
        Keep your recovery code
      </h1>
      <Lead>
        It opens your keys when the password is forgotten. The server has no copy, and this page shows it only now.
      </Lead>
      <Code aria-label="Recovery code" role="group">
        {groups.map((group, index) => (
          <span key={index}>{group}</span>
        ))}
      </Code>
      <Actions>
        <CopyButton text={code}>Copy</CopyButton>
        <Button onClick={() => window.print()} startIcon={<PrintIcon size={16} />}>
          Print
        </Button>
      </Actions>
      <FormControlLabel
        control={<Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} />}
        label="I have kept it in a safe place"
        sx={{ mb: 4 }}
      />
      <Button variant="contained" color="primary" fullWidth disabled={!kept} onClick={onKept}>
        Continue
      </Button>
      {createPortal(
        <Paper aria-hidden>
          <h2>QuantumChat recovery code</h2>
          <p>
            Account: {username} · {location.host} · {fullTime(madeAt)}
          </p>
          <p>
            <code>{groups.join(" ")}</code>
          </p>
          <p>Whoever has this sheet can open the account’s keys. Keep it where you keep your papers.</p>
        </Paper>,
        document.body,
      )}
    </AuthLayout>
  );
}
