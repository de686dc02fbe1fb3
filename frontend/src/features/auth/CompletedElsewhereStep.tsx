import { Button } from "@mui/material";
import { Callout } from "../../components/Callout";
import { useArrival } from "../../components/useArrival";
import { AuthLayout, Lead } from "./AuthLayout";

interface Props {
  /** A new password was chosen here, and is not the account's. */
  chose: boolean;
  onGoOn: () => void;
}

/** Another browser gave the account its keys a moment earlier, and kept the password: what counts, and where the code is. */
export function CompletedElsewhereStep({ chose, onGoOn }: Props) {
  const heading = useArrival();
  return (
    <AuthLayout>
      <h1 ref={heading} tabIndex={-1}>
        Another browser of yours was first
      </h1>
      <Lead>
        It made the keys of this account a moment ago, and kept the present password.
        {chose && " The new one that you typed here was not set."}
      </Lead>
      <Callout tone="info">
        <p>The recovery code was shown in that browser, and only there.</p>
        <p>On your account’s page you can make a new one, and choose another password.</p>
      </Callout>
      <Button variant="contained" color="primary" fullWidth onClick={onGoOn} sx={{ mt: 5 }}>
        Continue
      </Button>
    </AuthLayout>
  );
}
