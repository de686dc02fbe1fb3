import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { DigitGroups } from "../../components/DigitGroups";
import { useNow } from "../../app/hooks";
import { Randomness } from "../../app/Randomness";
import { fingerprintGroups } from "../../lib/fingerprint";
import { inSentence } from "../../lib/time";
import type { ConversationDetails } from "../../realtime/state";

const Facts = styled("dl")(({ theme }) => ({
  ...theme.typography.body2,
  margin: "8px 0 0",
  display: "grid",
  gap: 12,
  "& dt": { color: theme.palette.text.secondary },
  "& dd": { margin: "1px 0 0", overflowWrap: "anywhere" },
  "& code": { fontFamily: theme.mono, fontSize: 12 },
}));

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** For those who care: algorithms, fingerprints, epoch, randomness. */
export function KeyFacts({ details, self, peer }: { details: ConversationDetails; self: string; peer: string }) {
  const now = useNow(60_000);
  const { contribution, keysMadeAt, keysMadeBy } = details;
  return (
    <Facts>
      <Fact name={`Fingerprint of ${peer}`}>
        {details.peerKeyHash === null ? (
          "None yet"
        ) : (
          <DigitGroups groups={fingerprintGroups(details.peerKeyHash)} label={`Fingerprint of ${peer}`} />
        )}
      </Fact>
      <Fact name="Your fingerprint">
        {details.ownKeyHash === null ? (
          "None yet"
        ) : (
          <DigitGroups groups={fingerprintGroups(details.ownKeyHash)} label="Your fingerprint" />
        )}
      </Fact>
      <Fact name="Encryption">MLS with X-Wing (ML-KEM-768 and X25519), AES-256-GCM</Fact>
      <Fact name="Signatures">Falcon-512 and ECDSA P-256 together; both must hold</Fact>
      <Fact name="Epoch">
        {details.epoch}
        {keysMadeAt === null
          ? ""
          : `, since ${inSentence(keysMadeAt, now).replace(/^on /u, "")}${keysMadeBy === null ? "" : `, by ${keysMadeBy === self ? "you" : peer}`}`}
      </Fact>
      <Fact name="Where this key’s randomness came from">
        {contribution === null ? (
          "The newest keys were made without the service’s contribution; the next ones try again."
        ) : (
          <Randomness receipt={contribution.receipt} now={now} />
        )}
      </Fact>
      {contribution !== null && (
        <Fact name="Contribution">
          <code>{contribution.id}</code>
        </Fact>
      )}
      <Fact name="Log">
        {details.head.seq} entries, verified up to <code>{details.head.chain.slice(0, 12)}…</code>
      </Fact>
    </Facts>
  );
}
