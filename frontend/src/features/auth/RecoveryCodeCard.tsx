import { Button, GlobalStyles } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { createPortal } from "react-dom";
import { CopyButton } from "../../components/CopyButton";
import { PrintIcon } from "../../components/icons";
import { fullTime } from "../../lib/time";

const Code = styled("div")(({ theme }) => ({
  margin: "0 0 12px",
  padding: "16px 18px",
  display: "grid",
  gridTemplateColumns: "repeat(3, max-content)",
  justifyContent: "space-between",
  rowGap: 6,
  color: theme.palette.text.primary,
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

const printStyles = <GlobalStyles styles={{ "@media print": { "#root, .MuiDialog-root": { display: "none" } } }} />;

/** The code, to be copied or printed. */
export function RecoveryCodeCard({ code, username }: { code: string; username: string }) {
  const [madeAt] = useState(() => Date.now());
  const groups = code.split(/[-\s]+/u);
  return (
    <>
      {printStyles}
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
    </>
  );
}
