import { Button } from "@mui/material";
import { Link, useSearchParams } from "react-router";
import { Callout } from "../../components/Callout";
import { Empty } from "../../components/Empty";
import { Field } from "../../components/Field";
import { Column, PaneBody, PaneHeader, Secondary, Section } from "../../components/Pane";
import { RowSkeletons } from "../../components/Skeletons";
import { useArrival } from "../../components/useArrival";
import { useAppSelector } from "../../app/hooks";
import { selectPeople, selectRequests, selectWaitsFor } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import { FoundRow } from "./FoundRow";
import { PersonList } from "./PersonRow";
import { RequestRow } from "./RequestRow";
import { useSearch } from "./useSearch";
import { YourPeople } from "./YourPeople";

/** People to connect with, questions in both directions, one's own people. `?q=` is what is searched. */
export function PeoplePage() {
  const [search, setSearch] = useSearchParams();
  const query = search.get("q") ?? "";
  const requests = useAppSelector(selectRequests);
  const people = useAppSelector(selectPeople);
  const field = useArrival<HTMLInputElement>();
  const found = useSearch(query.trim());

  const setQuery = (value: string) =>
    setSearch(
      (old) => {
        if (value === "") old.delete("q");
        else old.set("q", value);
        return old;
      },
      { replace: true },
    );

  return (
    <>
      <PaneHeader backTo={paths.home}>
        <h1>People</h1>
      </PaneHeader>
      <PaneBody>
        <Column>
          <Section aria-label="Search">
            <Field
              label="Find somebody on this server"
              value={query}
              onChange={setQuery}
              inputRef={field}
              input={{ placeholder: "Name", autoComplete: "off", spellCheck: false, autoCapitalize: "none" }}
            />
          </Section>
          {query === "" && requests !== null && requests.length > 0 && (
            <Section aria-labelledby="requests">
              <h2 id="requests">Requests</h2>
              <PersonList>
                {requests.map((request) => (
                  <RequestRow key={request.id} request={request} />
                ))}
              </PersonList>
            </Section>
          )}
          {query === "" && people !== null && people.length > 0 && <YourPeople people={people} />}
          <Section aria-labelledby="found">
            <h2 id="found">{query === "" ? "Others on this server" : "Found"}</h2>
            <Found found={found} query={query} />
          </Section>
        </Column>
      </PaneBody>
    </>
  );
}

function useKnown(): Set<string> {
  const people = useAppSelector((state) => state.connections.people);
  const requests = useAppSelector(selectRequests);
  const peers = requests?.map((request) => request.peer.id) ?? [];
  const own = Object.values(people ?? {}).filter((person) => person.connectedAt !== null || person.blocked);
  return new Set([...own.map((person) => person.id), ...peers]);
}

function Found({ found, query }: { found: ReturnType<typeof useSearch>; query: string }) {
  const known = useKnown();
  const joining = useAppSelector(selectWaitsFor) !== null;
  const { problem } = found;
  // Without a query, those who stand above already are left out.
  const items = query === "" ? (found.items?.filter((it) => !known.has(it.id)) ?? null) : found.items;
  if (problem !== null && items === null) {
    return (
      <Callout tone="caution" role="alert" actions={<Button onClick={found.again}>Try again</Button>}>
        {problemWords(problem)}
      </Callout>
    );
  }
  if (items === null && joining) return <Empty>People appear here by themselves when this browser has joined.</Empty>;
  if (items === null) return <RowSkeletons count={5} label="Looking for people" />;
  if (items.length === 0 && found.more === null) {
    if (query === "" && known.size > 0) return <Secondary>Nobody else.</Secondary>;
    return query === "" ? (
      <Empty
        action={
          <Button component={Link} to={paths.home}>
            Back to conversations
          </Button>
        }
      >
        Nobody else is here yet. Give people this address: <strong>{location.host}</strong>
      </Empty>
    ) : (
      <Empty>Nobody here has a name with “{query}”.</Empty>
    );
  }
  return (
    <>
      <PersonList aria-busy={found.running}>
        {items.map((person) => (
          <FoundRow key={person.id} found={person} />
        ))}
      </PersonList>
      {problem !== null && (
        <Callout tone="caution" role="alert">
          {problemWords(problem)}
        </Callout>
      )}
      {found.more !== null && (
        <Button sx={{ mt: 3 }} disabled={found.running} onClick={found.more}>
          Show more
        </Button>
      )}
    </>
  );
}
