import { Button } from "@mui/material";
import { Link } from "react-router";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectConversationWith } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { FoundPerson, Request } from "../../realtime/state";
import { PersonRow } from "./PersonRow";

type Relation = FoundPerson["connection"];

/** The store hears of changes while the search's answer stays what it was. */
function useRelation(found: FoundPerson): { relation: Relation; request: Request | undefined; online: boolean } {
  const person = useAppSelector((state) => state.connections.people?.[found.id]);
  const online = useAppSelector((state) => state.connections.online[found.id]);
  const requests = useAppSelector((state) => state.connections.requests);
  const request = Object.values(requests ?? {}).find((it) => it.peer.id === found.id);
  const relation = (): Relation => {
    if (person !== undefined && person.connectedAt !== null) return "connected";
    if (request !== undefined) return request.direction === "in" ? "pending_in" : "pending_out";
    return requests === null ? found.connection : "none";
  };
  return { relation: relation(), request, online: online ?? person?.online ?? found.online };
}

export function FoundRow({ found }: { found: FoundPerson }) {
  const messenger = useMessenger();
  const { relation, request, online } = useRelation(found);
  const conversation = useAppSelector((state) => selectConversationWith(state, found.id));
  const ask = useCommand(() => messenger.requestConnection(found.id));
  const accept = useCommand((id: string) => messenger.respond(id, true));
  const problem = ask.problem ?? accept.problem;
  const says = problem === null ? online ? "Online" : "Offline" : <span role="alert">{problemWords(problem)}</span>;
  return (
    <PersonRow person={found} online={online} says={says}>
      {relation === "none" && (
        <Button
          size="small"
          disabled={ask.running}
          onClick={() => void ask.run()}
          aria-label={`Connect with ${found.username}`}
        >
          Connect
        </Button>
      )}
      {relation === "pending_out" && <span>Asked</span>}
      {relation === "pending_in" && request !== undefined && (
        <Button
          size="small"
          variant="contained"
          color="primary"
          disabled={accept.running}
          onClick={() => void accept.run(request.id)}
        >
          Accept
        </Button>
      )}
      {relation === "connected" && conversation !== undefined && (
        <Button size="small" component={Link} to={paths.conversation(conversation.id)}>
          Write
        </Button>
      )}
    </PersonRow>
  );
}
