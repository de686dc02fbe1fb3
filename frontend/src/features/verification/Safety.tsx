import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { Callout } from "../../components/Callout";
import { DigitGroups } from "../../components/DigitGroups";
import { ShieldCheckIcon, ShieldIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import { useCommand, useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { digitGroups } from "../../lib/fingerprint";
import { inSentence } from "../../lib/time";
import { possessive } from "../../lib/text";
import type { ConversationDetails, Person, Trust } from "../../realtime/state";
import { TwoKeys } from "./TwoKeys";

const State = styled("p", { shouldForwardProp: (name) => name !== "verified" })<{ verified: boolean }>(
  ({ theme, verified }) => ({
    display: "flex",
    alignItems: "center",
    gap: 8,
    margin: "0 0 4px",
    fontWeight: 600,
    color: verified ? theme.palette.verified : theme.palette.text.primary,
  }),
);

const Number = styled("div")(({ theme }) => ({
  margin: "12px 0",
  padding: "12px 14px",
  borderRadius: 10,
  background: theme.palette.sunken,
}));

/** What is known about a person's keys, in plain words, and how to know more. */
function words(trust: Trust, name: string, since: number | null, now: number): { title: string; text: string } {
  const when = since === null ? "" : ` ${inSentence(since, now)}`;
  switch (trust) {
    case "no_key":
      return { title: "No keys yet", text: `${name} has not opened QuantumChat in a browser.` };
    case "unverified":
      return {
        title: "Not verified",
        text: `Meet or call ${name} and compare these numbers. If they are the same on both screens, nobody stands between you.`,
      };
    case "verified":
      return { title: "Verified in person", text: `You compared these numbers${when}.` };
    case "key_changed":
      return {
        title: `${possessive(name)} keys changed${when}`,
        text: `If ${name} did not start over with new keys, ask. These are the numbers with the new keys.`,
      };
    case "keys_differ":
      return {
        title: `Your browsers saw different keys for ${name}`,
        text: `One of them may have been shown a false key. Meet or call ${name}: which of these numbers stands on the other screen? If neither does, write nothing, and tell the people who run this server.`,
      };
  }
}

interface Props {
  person: Person;
  /** Undefined: still loading. */
  safetyNumber: string | null | undefined;
  /** The person's key that this number is made from: what is decided here is decided about it. */
  keyHash: string | null;
  /** What another browser of this account saw first. */
  other: ConversationDetails["other"];
}

export function Safety({ person, safetyNumber, keyHash, other }: Props) {
  const messenger = useMessenger();
  const now = useNow(60_000);
  const { trust, username } = person;
  const mark = useCommand((compared: string | null) => messenger.setVerified(person.id, compared));
  const accept = useCommand((seen: string) => messenger.acceptKeyChange(person.id, seen));
  const says = words(trust, username, person.trustSince, now);
  const changed = trust === "key_changed" || trust === "keys_differ";
  const problem = mark.problem ?? accept.problem;

  return (
    <>
      {changed ? (
        <Callout tone="caution" title={says.title}>
          <p>{says.text}</p>
        </Callout>
      ) : (
        <>
          <State verified={trust === "verified"}>
            {trust === "verified" ? <ShieldCheckIcon size={18} /> : <ShieldIcon size={18} />}
            {says.title}
          </State>
          <Secondary>{says.text}</Secondary>
        </>
      )}
      {trust === "keys_differ" && other !== null && (
        <TwoKeys person={person} here={{ safetyNumber: safetyNumber ?? null, keyHash }} elsewhere={other} />
      )}
      {trust !== "keys_differ" && typeof safetyNumber === "string" && (
        <Number>
          <DigitGroups large groups={digitGroups(safetyNumber)} label="Safety number" />
        </Number>
      )}
      {safetyNumber === null && trust !== "no_key" && (
        <Secondary>The safety number appears when both sides have keys.</Secondary>
      )}
      {trust === "unverified" && typeof safetyNumber === "string" && (
        <Button fullWidth disabled={mark.running} onClick={() => void mark.run(keyHash)}>
          They are the same: mark as verified
        </Button>
      )}
      {trust === "verified" && (
        <Button
          size="small"
          variant="text"
          disabled={mark.running}
          onClick={() => void mark.run(null)}
          sx={{ ml: -2.5 }}
        >
          Take the mark back
        </Button>
      )}
      {trust === "key_changed" && keyHash !== null && (
        <Button fullWidth disabled={accept.running} onClick={() => void accept.run(keyHash)}>
          I asked: accept the new keys
        </Button>
      )}
      {problem !== null && <Secondary role="alert">{problemWords(problem)}</Secondary>}
    </>
  );
}
