import { CopyButton } from "../../components/CopyButton";
import { DigitGroups } from "../../components/DigitGroups";
import { Secondary } from "../../components/Pane";
import { useMessenger, useNow } from "../../app/hooks";
import { fingerprintGroups } from "../../lib/fingerprint";
import { inSentence } from "../../lib/time";
import type { KeysView } from "../../realtime/keys";
import { Buttons, Card, Renew } from "./parts";

interface Props {
  keys: KeysView;
  then: (work: Promise<void>) => Promise<void>;
}

export function ThisBrowser({ keys, then }: Props) {
  const messenger = useMessenger();
  const now = useNow(60_000);
  const signing = fingerprintGroups(keys.device.keyHash);
  const { packages, mlKem } = keys;
  return (
    <>
      <Card>
        <h3>Signature key</h3>
        <DigitGroups groups={signing} label="Fingerprint of this browser’s signature key" />
        <Secondary>
          Made {inSentence(keys.since, now)}, when this browser joined your account. It signs with this key, and keeps
          it.
        </Secondary>
        <Buttons>
          <CopyButton size="small" text={signing.join(" ")}>
            Copy
          </CopyButton>
        </Buttons>
      </Card>
      <Card>
        <h3>Key for fresh randomness · number {mlKem.number}</h3>
        <DigitGroups groups={fingerprintGroups(mlKem.keyHash)} label="Fingerprint of the ML-KEM key" />
        <Secondary>{ageOf(mlKem, now)}</Secondary>
        <Renew
          label="Make a new one now"
          running="Making a new key…"
          done="A new key is in use."
          command={() => then(messenger.renewDeviceKey())}
        />
      </Card>
      <Card>
        <h3>Keys for new conversations</h3>
        <Secondary>
          {packages === null
            ? "How many wait on the server cannot be told at the moment."
            : `${packages.count} wait on the server, so that people can begin with you while you are away. They are refilled by themselves.`}
        </Secondary>
        <Renew
          label="Replace them now"
          running="Replacing…"
          done="Fresh ones wait on the server."
          command={() => then(messenger.renewKeyPackages())}
        />
      </Card>
    </>
  );
}

function ageOf({ madeAt, replacedAt, waiting, former }: KeysView["mlKem"], now: number): string {
  if (waiting) return "The next one is made, and goes out as soon as the server can be reached.";
  const made = madeAt === null || replacedAt === null ? "" : `Made ${inSentence(madeAt, now)}. `;
  const next = replacedAt === null ? "It is replaced soon." : `The next one comes ${coming(replacedAt, now)}.`;
  const last = former.at(-1);
  const kept =
    last === undefined
      ? ""
      : former.length === 1
        ? ` The one before it opens what is still on its way, and is erased ${coming(last.erasedAt, now)}.`
        : ` ${former.length} before it open what is still on its way; the last is erased ${coming(last.erasedAt, now)}.`;
  return made + next + kept;
}

/** "today" where the hour says nothing. */
const coming = (time: number, now: number) => (time <= now ? "soon" : inSentence(time, now));
