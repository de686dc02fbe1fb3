import { Button } from "@mui/material";
import { Link, useNavigate } from "react-router";
import { Section } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger } from "../../app/hooks";
import { selectConversationWith, selectOnline } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import type { Person } from "../../realtime/state";
import { PersonActions } from "./PersonActions";
import { PersonList, PersonRow } from "./PersonRow";

/** Connected people, and those one has blocked. */
export function YourPeople({ people }: { people: Person[] }) {
  const connected = people.filter((person) => person.connectedAt !== null && !person.blocked);
  const blocked = people.filter((person) => person.blocked);
  return (
    <>
      {connected.length > 0 && (
        <Section aria-labelledby="connected">
          <h2 id="connected">Connected</h2>
          <PersonList>
            {connected.map((person) => (
              <ConnectedRow key={person.id} person={person} />
            ))}
          </PersonList>
        </Section>
      )}
      {blocked.length > 0 && (
        <Section aria-labelledby="blocked">
          <h2 id="blocked">Blocked</h2>
          <PersonList>
            {blocked.map((person) => (
              <PersonRow key={person.id} person={person} says="Cannot write to you">
                <PersonActions person={person} size="small" />
              </PersonRow>
            ))}
          </PersonList>
        </Section>
      )}
    </>
  );
}

function ConnectedRow({ person }: { person: Person }) {
  const messenger = useMessenger();
  const navigate = useNavigate();
  const conversation = useAppSelector((state) => selectConversationWith(state, person.id));
  const start = useCommand(async () => {
    const id = await messenger.startConversation(person.id);
    await navigate(paths.conversation(id));
  });
  const online = useAppSelector((state) => selectOnline(state, person.id));
  const presence = online === null ? "" : online ? "Online" : "Offline";
  const says = start.problem === null ? presence : problemWords(start.problem);
  return (
    <PersonRow person={person} online={online === true} says={says}>
      {conversation === undefined ? (
        <Button size="small" disabled={start.running} onClick={() => void start.run()}>
          New conversation
        </Button>
      ) : (
        <Button size="small" component={Link} to={paths.conversation(conversation.id)}>
          Write
        </Button>
      )}
    </PersonRow>
  );
}
