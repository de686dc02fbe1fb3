import { Button, Checkbox, FormControlLabel } from "@mui/material";
import { useEffect, useState } from "react";
import { useArrival } from "../../components/useArrival";
import { AuthLayout, Lead } from "./AuthLayout";
import { RecoveryCodeCard } from "./RecoveryCodeCard";

interface Props {
  code: string;
  username: string;
  onKept: () => void;
}

/** Shown once: it is kept nowhere, so leaving asks, and going on needs a word that it was kept. */
export function RecoveryCodeStep({ code, username, onKept }: Props) {
  const [kept, setKept] = useState(false);
  const heading = useArrival();

  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, []);

  return (
    <AuthLayout>
      <h1 ref={heading} tabIndex={-1}>
        Keep your recovery code
      </h1>
      <Lead>
        It opens your keys when the password is forgotten. The server has no copy, and this page shows it only now.
      </Lead>
      <RecoveryCodeCard code={code} username={username} />
      <FormControlLabel
        control={<Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} />}
        label="I have kept it in a safe place"
        sx={{ mb: 4 }}
      />
      <Button variant="contained" color="primary" fullWidth disabled={!kept} onClick={onKept}>
        Continue
      </Button>
    </AuthLayout>
  );
}
