import { styled } from "@mui/material/styles";
import { findingTitle } from "../../app/words/findings";
import { AlertIcon, SealIcon } from "../../components/icons";
import { clock, fullTime } from "../../lib/time";
import type { Critical, MessageEntry } from "../../realtime/state";
import { MoreAbout } from "./MoreAbout";

const Line = styled("div")(({ theme }) => ({
  ...theme.typography.caption,
  fontWeight: 600,
  display: "flex",
  alignItems: "flex-start",
  gap: 4,
  color: theme.palette.critical,
  "& svg": { flex: "none", marginTop: 1 },
}));

const HALF = { valid: "verified", invalid: "wrong", missing: "missing" } as const;

/** What a critical message says of itself, above its text. `author` null: one's own. */
export function CriticalMark({ message, author }: { message: MessageEntry; author: string | null }) {
  const { critical, faults } = message;
  if (critical === null && faults.length === 0) return null;
  return (
    <>
      {critical !== null && (
        <Line>
          <SealIcon size={15} />
          <span>
            Critical · signed by {author === null ? "you" : <bdi>{author}</bdi>}
            {faults.length === 0 && ` · ${checked(critical)}`}
          </span>
        </Line>
      )}
      {faults.map((fault) => (
        <Line key={fault}>
          <AlertIcon size={15} />
          <span>Not verified. {findingTitle(fault)}.</span>
        </Line>
      ))}
    </>
  );
}

/** Before it is sent, only this browser has seen the signatures. */
function checked({ receipt, checkedAt }: Critical): string {
  return receipt === null ? "waits to be checked" : `both signatures verified ${clock(checkedAt)}`;
}

export function CriticalDetails({ critical }: { critical: Critical }) {
  return (
    <MoreAbout>
      <summary>Signatures and receipt</summary>
      <dl>
        <dt>Falcon-512</dt>
        <dd>{HALF[critical.falcon]}</dd>
        <dt>ECDSA P-256</dt>
        <dd>{HALF[critical.ecdsa]}</dd>
        <dt>Receipt</dt>
        <dd>{receiptWords(critical)}</dd>
      </dl>
    </MoreAbout>
  );
}

function receiptWords({ receipt, receiptAt }: Critical): string {
  switch (receipt) {
    case "valid":
      return `signed by the server, ${receiptAt === null ? "" : fullTime(receiptAt)}`;
    case "missing":
      return "missing";
    case "foreign_key":
      return "signed by a key that is not the server’s";
    case "other_message":
      return "of another message";
    case null:
      return "none yet";
  }
}
