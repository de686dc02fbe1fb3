import { styled } from "@mui/material/styles";
import { useMemo } from "react";
import { useMessenger, useNow } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { Secondary } from "../../components/Pane";
import { inSentence } from "../../lib/time";
import type { Sample } from "../../realtime/quantum";
import { BitHistogram } from "./BitHistogram";
import { BitImage } from "./BitImage";
import { bitsOf, histogramOf } from "./bits";
import { useLooking } from "./useLooking";
import { SOURCES, count } from "./words";

const EVERY_MS = 15_000;

const Figures = styled("div")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "repeat(auto-fit, minmax(min(240px, 100%), 1fr))",
  gap: 20,
  margin: "10px 0 20px",
  alignItems: "start",
  "& figure": { margin: 0 },
  "& figcaption": { ...theme.typography.body2, color: theme.palette.text.secondary, marginTop: 6 },
}));
const Title = styled("h3")(({ theme }) => ({ ...theme.typography.body1, fontWeight: 600, margin: "16px 0 0" }));

/** The newest raw bits of each source, to be looked at; none of them is ever used. */
export function Samples() {
  const messenger = useMessenger();
  const { seen, problem } = useLooking(() => messenger.loadSamples(), EVERY_MS);
  if (problem !== null) return <Secondary role="alert">{problemWords(problem)}</Secondary>;
  if (seen === undefined) return <Secondary>Asking the quantum service …</Secondary>;
  return (
    <>
      <p>
        A few bits of each block are set aside before anything is made of the rest. They are shown here and used for
        nothing. That they look random proves nothing: a program that everybody can foresee looks the same.
      </p>
      {seen.length === 0 && <Secondary>No source has given anything yet.</Secondary>}
      {seen.map((sample) => (
        <OneSample key={sample.source} sample={sample} />
      ))}
    </>
  );
}

function OneSample({ sample }: { sample: Sample }) {
  const { source, bytes, emitters } = sample;
  const bits = useMemo(() => bitsOf(bytes), [bytes]);
  const histogram = useMemo(() => histogramOf(bytes), [bytes]);
  const ones = bits.reduce((sum, bit) => sum + bit, 0);
  return (
    <>
      <Title>{SOURCES[source] ?? source}</Title>
      <Described sample={sample} />
      <Figures>
        <figure>
          <BitImage bits={bits} />
          <figcaption>
            {count(bits.length)} bits
            {emitters > 1 && `, ${count(bits.length / emitters)} of each of ${emitters} qubits`}; {count(ones)} are ones
            (filled). A stuck or biased source would show as stripes or flecks.
          </figcaption>
        </figure>
        <figure>
          <BitHistogram histogram={histogram} />
          <figcaption>
            How often each group of four bits came (0 to F). Evenly it would be {histogram.expected} times (dashed);
            about 19 of 20 bars of a fair source end in the grey band.
          </figcaption>
        </figure>
      </Figures>
    </>
  );
}

function Described({ sample: { backend, jobId, alarm, simulated, takenAt } }: { sample: Sample }) {
  const now = useNow(60_000);
  const tests = alarm === null ? "passed its health tests" : `failed a health test: ${alarm.replaceAll("_", " ")}`;
  return (
    <Secondary>
      {backend}
      {jobId !== "" && `, job ${jobId}`}. The block {tests}, {inSentence(takenAt, now)}
      {simulated && "; simulated"}.
    </Secondary>
  );
}
