import { Link as MuiLink } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { Link } from "react-router";
import { useAppSelector, useMessenger, useNow } from "../../app/hooks";
import { Randomness } from "../../app/Randomness";
import { nameOf, selectTalkList } from "../../app/selectors";
import { problemWords } from "../../app/words/problems";
import { More } from "../../components/More";
import { Name, Secondary } from "../../components/Pane";
import { paths } from "../../lib/paths";
import { inSentence } from "../../lib/time";
import type { NewestKeys } from "../../realtime/state";
import { useLooking } from "./useLooking";
import { SOURCES, count } from "./words";

const EVERY_MS = 60_000;
const FIRST = 10;

const List = styled("ul")(({ theme }) => ({
  listStyle: "none",
  margin: 0,
  padding: 0,
  "& > li": { padding: "8px 0", borderTop: `1px solid ${theme.palette.line}` },
  "& > li:first-of-type": { borderTop: "none" },
  "& a": { display: "inline-flex", maxWidth: "100%", fontWeight: 600, [theme.touch]: { padding: "11px 0" } },
}));

/** Where the newest keys of each conversation of this browser got fresh randomness, as verified here. */
export function Receipts() {
  const messenger = useMessenger();
  const talks = useAppSelector(selectTalkList);
  const [all, setAll] = useState(false);
  const { seen: keys, problem } = useLooking(() => messenger.loadNewestKeys(), EVERY_MS);
  if (problem !== null) return <Secondary role="alert">{problemWords(problem)}</Secondary>;
  if (keys === undefined || talks === null) return <Secondary>Looking …</Secondary>;
  const names = new Map(talks.map((talked) => [talked.it.id, nameOf(talked)]));
  const shown = keys.filter(({ conversationId }) => names.has(conversationId)).sort((a, b) => b.at - a.at);
  if (shown.length === 0) return <Secondary>This browser has made no keys with anybody yet.</Secondary>;
  return (
    <>
      <List aria-label="Receipts of your conversations">
        {shown.slice(0, all ? undefined : FIRST).map((newest) => (
          <Receipt key={newest.conversationId} newest={newest} name={names.get(newest.conversationId) ?? ""} />
        ))}
      </List>
      {!all && shown.length > FIRST && (
        <MuiLink component="button" type="button" onClick={() => setAll(true)}>
          Show all {count(shown.length)}
        </MuiLink>
      )}
    </>
  );
}

function Receipt({ newest: { conversationId, at, receipt }, name }: { newest: NewestKeys; name: string }) {
  const now = useNow(60_000);
  return (
    <li>
      <MuiLink component={Link} to={paths.details(conversationId)} aria-label={`Keys of ${name}`}>
        <Name>{name}</Name>
      </MuiLink>
      <Secondary>
        Newest keys {inSentence(at, now)}
        {receipt === null
          ? ", made without the service’s contribution; the next ones try again."
          : `, with ${count(receipt.creditedBits)} credited bits from ${sourcesOf(receipt.parts)}.`}
      </Secondary>
      {receipt !== null && (
        <More>
          <summary>Receipt</summary>
          <Randomness receipt={receipt} now={now} />
        </More>
      )}
    </li>
  );
}

function sourcesOf(parts: readonly { source: string }[]): string {
  const named = parts.map(({ source }) => SOURCES[source] ?? source);
  return named.length === 0 ? "no quantum source" : named.join(" and ");
}
