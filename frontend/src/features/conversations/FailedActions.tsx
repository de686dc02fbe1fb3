import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { AlertIcon } from "../../components/icons";
import { useCommand, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { MessageEntry } from "../../realtime/state";

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

/** Why it was not sent, and the two things to do about it. */
export function FailedActions({ conversationId, message }: { conversationId: string; message: MessageEntry }) {
  const messenger = useMessenger();
  const retry = useCommand(() => messenger.retry(conversationId, message.id));
  const remove = useCommand(() => messenger.deleteOutgoing(conversationId, message.id));
  const problem = retry.problem ?? remove.problem ?? message.problem;
  const busy = retry.running || remove.running;
  return (
    <Line>
      <span>
        <AlertIcon size={14} />
        Not sent. {problem === null ? "" : problemWords(problem)}
      </span>
      <Button size="small" variant="text" disabled={busy} onClick={() => void retry.run()}>
        Try again
      </Button>
      <Button size="small" variant="text" disabled={busy} onClick={() => void remove.run()}>
        Delete
      </Button>
    </Line>
  );
}
