import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { DigitGroups } from "../../components/DigitGroups";
import { Secondary } from "../../components/Pane";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { digitGroups } from "../../lib/fingerprint";
import type { Person } from "../../realtime/state";

const Number = styled("section")(({ theme }) => ({
  margin: "12px 0",
  padding: "12px 14px",
  borderRadius: 10,
  background: theme.palette.sunken,
  "& h3": { ...theme.typography.body2, fontWeight: 600, margin: "0 0 8px" },
  "& button": { marginTop: 12 },
}));

interface Seen {
  /** Null: not known yet. */
  safetyNumber: string | null;
  keyHash: string | null;
}

/** Two browsers of this account saw different first keys of a person: which safety number does that person's screen show? */
export function TwoKeys({ person, here, elsewhere }: { person: Person; here: Seen; elsewhere: Seen }) {
  const messenger = useMessenger();
  const settle = useCommand((keyHash: string) => messenger.settleKeys(person.id, keyHash));
  const seen = [
    { title: "What this browser saw", ...here },
    { title: "What your other browser saw", ...elsewhere },
  ];
  return (
    <>
      {seen.map(({ title, safetyNumber, keyHash }) => (
        <Number key={title} aria-label={title}>
          <h3>{title}</h3>
          {safetyNumber !== null && keyHash !== null && (
            <>
              <DigitGroups large groups={digitGroups(safetyNumber)} label="Safety number" />
              <Button size="small" disabled={settle.running} onClick={() => void settle.run(keyHash)}>
                {person.username} has this one
              </Button>
            </>
          )}
        </Number>
      ))}
      {settle.problem !== null && <Secondary role="alert">{problemWords(settle.problem)}</Secondary>}
    </>
  );
}
