import { Button, Checkbox, FormControlLabel } from "@mui/material";
import { useState } from "react";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { PrintIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { isWrongPassword, OwnPasswordField } from "./OwnPasswordField";
import { RecoveryCodeCard } from "./RecoveryCodeCard";

/** Another recovery code: shown, kept, and only then put in the place of the one before it. */
export function NewRecoveryCode({ username, onDone }: { username: string; onDone: () => void }) {
  const [asking, setAsking] = useState(false);
  const [code, setCode] = useState<string | null>(null);
  const close = () => {
    setAsking(false);
    setCode(null);
  };
  return (
    <>
      <Button onClick={() => setAsking(true)} startIcon={<PrintIcon size={16} />}>
        New recovery code
      </Button>
      {asking && code === null && <AskPassword onMade={setCode} onClose={close} />}
      {asking && code !== null && (
        <Keep
          code={code}
          username={username}
          onClose={close}
          onDone={() => {
            close();
            onDone();
          }}
        />
      )}
    </>
  );
}

function AskPassword({ onMade, onClose }: { onMade: (code: string) => void; onClose: () => void }) {
  const messenger = useMessenger();
  const [password, setPassword] = useState("");
  const make = useCommand(async () => onMade((await messenger.makeRecoveryCode({ password })).recoveryCode));
  return (
    <ConfirmDialog
      open
      title="Make a new recovery code"
      action="Show a new code"
      danger={false}
      running={make.running}
      disabled={password === ""}
      problem={make.problem === null || isWrongPassword(make.problem) ? null : problemWords(make.problem)}
      onConfirm={() => void make.run()}
      onClose={onClose}
    >
      <p>
        For when the sheet is lost, or somebody else may have seen it. The present code stays good until you replace it.
      </p>
      <div style={{ marginTop: 16 }}>
        <OwnPasswordField
          label="Your password"
          value={password}
          onChange={(value) => {
            setPassword(value);
            make.clear();
          }}
          problem={make.problem}
          autoFocus
          disabled={make.running}
        />
      </div>
    </ConfirmDialog>
  );
}

interface KeepProps {
  code: string;
  username: string;
  onClose: () => void;
  onDone: () => void;
}

function Keep({ code, username, onClose, onDone }: KeepProps) {
  const messenger = useMessenger();
  const [kept, setKept] = useState(false);
  const use = useCommand(async () => {
    await messenger.useRecoveryCode();
    onDone();
  });
  return (
    <ConfirmDialog
      open
      title="Keep your new recovery code"
      action="Replace the old code"
      danger={false}
      running={use.running}
      disabled={!kept}
      problem={use.problem === null ? null : problemWords(use.problem)}
      onConfirm={() => void use.run()}
      onClose={use.running ? () => undefined : onClose}
    >
      <p style={{ marginBottom: 16 }}>
        It is shown only now. When you replace the old code, the sheet with it opens nothing any more.
      </p>
      <RecoveryCodeCard code={code} username={username} />
      <FormControlLabel
        control={<Checkbox checked={kept} onChange={(event) => setKept(event.target.checked)} />}
        label="I have kept it in a safe place"
        sx={{ color: "text.primary" }}
      />
    </ConfirmDialog>
  );
}
