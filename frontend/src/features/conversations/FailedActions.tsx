import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { AlertIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Id, Problem } from "../../realtime/state";

const Line = styled("div")(({ theme }) => ({
  ...theme.typography.body2,
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "flex-end",
  alignItems: "center",
  gap: "2px 4px",
  maxWidth: 440,
  padding: "4px 4px 0 12px",
  textAlign: "end",
  "& > span": { color: theme.palette.critical, paddingRight: 8 },
  "& svg": { display: "inline", verticalAlign: "-2px", marginRight: 4 },
}));

interface Props {
  conversationId: Id;
  /** Of the message, or of the change of one. */
  id: Id;
  problem: Problem | null;
  /** What was not sent, when it is a change. */
  change?: string;
}

/** Why it was not sent, and the two things to do about it. */
export function FailedActions({ conversationId, id, change, ...why }: Props) {
  const messenger = useMessenger();
  const retry = useCommand(() => messenger.retry(conversationId, id));
  const remove = useCommand(() => messenger.deleteOutgoing(conversationId, id));
  const problem = retry.problem ?? remove.problem ?? why.problem;
  const busy = retry.running || remove.running;
  return (
    <Line>
      <span>
        <AlertIcon size={14} />
        {change === undefined ? "Not sent." : `${change} not sent.`} {problem === null ? "" : problemWords(problem)}
      </span>
      <Button size="small" variant="text" disabled={busy} onClick={() => void retry.run()}>
        Try again
      </Button>
      <Button size="small" variant="text" disabled={busy} onClick={() => void remove.run()}>
        {change === undefined ? "Delete" : "Discard"}
      </Button>
    </Line>
  );
}
