import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useState } from "react";
import { useCommand, useMessenger, useNow } from "../../app/hooks";
import { Randomness } from "../../app/Randomness";
import { problemWords } from "../../app/words/problems";
import { Callout } from "../../components/Callout";
import { Choices } from "../../components/Choices";
import { Secondary } from "../../components/Pane";
import type { Bb84Result, Bb84Shown, Bb84Stage } from "../../realtime/quantum";
import { ErrorScale } from "./ErrorScale";
import { Photons } from "./Photons";
import { Steps } from "./Steps";
import { STAGES, count, verdict } from "./words";

const Controls = styled("div")(({ theme }) => ({
  display: "grid",
  gap: 12,
  margin: "12px 0",
  justifyItems: "start",
  "& > div": { display: "grid", gap: 4, justifyItems: "start" },
  "& > div > span": { ...theme.typography.body2, color: theme.palette.text.secondary },
}));

const Result = styled("div")(({ theme }) => ({
  "& h3": { ...theme.typography.body1, fontWeight: 600, margin: "20px 0 4px" },
  "& > p": { margin: "0 0 8px" },
}));

const PHOTONS = [4096, 16_384, 65_536].map((value) => ({ value, word: count(value) }));
const NOISE = [0, 0.01, 0.03, 0.05].map((value) => ({ value, word: value === 0 ? "None" : `${100 * value} %` }));
const EVE = [
  { value: 0, word: "Not at all" },
  { value: 0.2, word: "To a fifth" },
  { value: 1, word: "To all" },
];

/** A key exchange with photons, simulated: choose who listens, and see what is left of the key. */
export function Bb84() {
  const messenger = useMessenger();
  const [pulses, setPulses] = useState(16_384);
  const [noise, setNoise] = useState(0.01);
  const [eavesdropper, setEavesdropper] = useState(0);
  const [stage, setStage] = useState<Bb84Stage | null>(null);
  const [shown, setShown] = useState<Bb84Shown | null>(null);
  const run = useCommand(async () => {
    setStage(null);
    setShown(null);
    setShown(await messenger.runBb84({ pulses, noise, eavesdropper }, setStage));
  });
  const working = stage === null ? "The simulator is starting …" : STAGES[stage];
  return (
    <>
      <p>
        Alice sends single photons to Bob. Whoever measures one on the way changes it, and the two can count that. Here
        a simulator plays all of them: it shows the method, protects nothing, and its keys are thrown away.
      </p>
      <Controls>
        <div>
          <span>Photons</span>
          <Choices label="Photons" value={pulses} options={PHOTONS} onChoose={setPulses} />
        </div>
        <div>
          <span>Noise of the fibre</span>
          <Choices label="Noise of the fibre" value={noise} options={NOISE} onChoose={setNoise} />
        </div>
        <div>
          <span>Does Eve listen?</span>
          <Choices label="Does Eve listen?" value={eavesdropper} options={EVE} onChoose={setEavesdropper} />
        </div>
        <Button variant="contained" color="primary" disabled={run.running} onClick={() => void run.run()}>
          Send the photons
        </Button>
      </Controls>
      <div role="status">
        {run.running && <Secondary>{working}</Secondary>}
        {shown !== null && <Verdict result={shown.result} />}
      </div>
      {run.problem !== null && <Secondary role="alert">{problemWords(run.problem)}</Secondary>}
      {shown !== null && <Story {...shown} />}
    </>
  );
}

function Story({ result, receipt }: Bb84Shown) {
  const now = useNow(60_000);
  return (
    <Result>
      <h3>Error rate</h3>
      <ErrorScale {...result} />
      <h3>What is left of the bits</h3>
      <Steps result={result} />
      <Secondary>{correction(result)}</Secondary>
      <h3>The first {result.photons.length} photons</h3>
      <Photons photons={result.photons} />
      <h3>Where the random choices of this run came from</h3>
      {receipt === null ? (
        <p>What came with this run is not signed by the key that this browser knows, so it is not shown.</p>
      ) : (
        <Randomness receipt={receipt} now={now} />
      )}
    </Result>
  );
}

function Verdict({ result }: { result: Bb84Result }) {
  const { title, meaning } = verdict(result);
  return (
    <Callout tone={result.abort === null ? "verified" : "critical"} title={title}>
      {meaning}
    </Callout>
  );
}

function correction({ corrected, leaked_bits, efficiency, messages }: Bb84Result): string {
  if (leaked_bits === 0) return "They stopped before correcting anything.";
  const limit = efficiency === null ? "" : `, ${efficiency.toFixed(2)} times the least that is possible`;
  return `${count(corrected)} wrong bits were corrected. Alice told ${count(leaked_bits)} bits for that${limit}, in ${count(messages)} messages.`;
}
