import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState, type ReactNode } from "react";
import { RefreshIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import { useCommand } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";

export const Card = styled("div")(({ theme }) => ({
  display: "grid",
  gap: 10,
  padding: "14px 16px",
  border: `1px solid ${theme.palette.line}`,
  borderRadius: theme.shape.borderRadius,
  background: theme.palette.surface,
  "& + &": { marginTop: 8 },
  "& h3": { ...theme.typography.body1, fontWeight: 600, margin: 0 },
}));

export const Buttons = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8 });

interface RenewProps {
  label: string;
  /** Where the label stands more than once. */
  spoken?: string;
  running: string;
  done: string;
  /** What is true while nothing was asked for. */
  children?: ReactNode;
  command: () => Promise<unknown>;
}

/** A button that makes something anew: says that it does, and what came of it. */
export function Renew({ label, spoken, running, done, children, command }: RenewProps) {
  const [succeeded, setSucceeded] = useState(false);
  const renew = useCommand(command);
  const start = async () => {
    setSucceeded(false);
    setSucceeded(await renew.run());
  };
  const said = renew.problem !== null ? problemWords(renew.problem) : succeeded ? done : children;
  return (
    <div>
      <Button
        size="small"
        aria-label={spoken}
        disabled={renew.running}
        onClick={() => void start()}
        startIcon={<RefreshIcon size={16} />}
      >
        {renew.running ? running : label}
      </Button>
      <Secondary role="status" style={{ marginTop: said === undefined ? 0 : 6 }}>
        {said}
      </Secondary>
    </div>
  );
}
