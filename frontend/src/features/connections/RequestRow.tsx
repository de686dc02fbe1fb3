import { Button } from "@mui/material";
import { useCommand, useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { inSentence } from "../../lib/time";
import type { Request } from "../../realtime/state";
import { PersonRow } from "./PersonRow";

/** Somebody asks; or one's own question waits. */
export function RequestRow({ request, narrow = false }: { request: Request; narrow?: boolean }) {
  const messenger = useMessenger();
  const now = useNow(60_000);
  const respond = useCommand((accept: boolean) => messenger.respond(request.id, accept));
  const when = inSentence(request.createdAt, now);
  if (request.direction === "out") {
    return <PersonRow person={request.peer} says={`You asked ${when}. Waiting for an answer.`} />;
  }
  return (
    <PersonRow
      person={request.peer}
      narrow={narrow}
      says={respond.problem === null ? `Asked ${when}` : <span role="alert">{problemWords(respond.problem)}</span>}
    >
      <Button size="small" disabled={respond.running} onClick={() => void respond.run(false)}>
        Decline
      </Button>
      <Button
        size="small"
        variant="contained"
        color="primary"
        disabled={respond.running}
        onClick={() => void respond.run(true)}
      >
        Accept
      </Button>
    </PersonRow>
  );
}
