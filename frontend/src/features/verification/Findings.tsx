import { Callout } from "../../components/Callout";
import { useNow } from "../../app/hooks";
import { FINDING_ADVICE, findingWords, fromWhom } from "../../app/words/findings";
import { inSentence } from "../../lib/time";
import type { Finding, Id } from "../../realtime/state";

interface Props {
  findings: Finding[];
  /** The owner of a name, as in "bob’s" and "your". */
  whose: (userId: Id) => string;
}

/** What the server or a member did wrong, newest first; the same kind is told once, with how often. */
export function Findings({ findings, whose }: Props) {
  const now = useNow(60_000);
  if (findings.length === 0) return null;
  const kinds = [...Map.groupBy(findings.toReversed(), (finding) => finding.kind).values()];
  return (
    <div style={{ display: "grid", gap: 8 }}>
      {kinds.map((group) => {
        const newest = group[0];
        if (newest === undefined) return null;
        const words = findingWords(newest);
        const from = [...new Set(group.flatMap((each) => each.from ?? []))];
        return (
          <Callout key={newest.id} tone="critical" title={words.title}>
            <p>{words.meaning}</p>
            {from.length > 0 && <p>{fromWhom(from.map(whose))}</p>}
            <p>
              Noticed {inSentence(newest.at, now)}
              {newest.seq === null ? "" : `, at position ${newest.seq}`}
              {group.length > 1 ? `; ${group.length} times in all` : ""}.
            </p>
            <p>{FINDING_ADVICE}</p>
          </Callout>
        );
      })}
    </div>
  );
}
