import { styled } from "@mui/material/styles";
import type { EntropyAbsence, EntropyPart, EntropyReceipt } from "../realtime/state";
import { inSentence } from "../lib/time";

const Parts = styled("ul")(({ theme }) => ({
  margin: "2px 0 6px",
  paddingLeft: 18,
  "& li": { marginTop: 4 },
  "& small": { display: "block", color: theme.palette.text.secondary, fontSize: 12 },
}));

const SOURCES: Record<string, string> = {
  "aer-simulator": "a simulated quantum circuit",
  "ibm-quantum": "a quantum computer of IBM",
  qkd: "a quantum key distribution device",
};

const TESTS: Record<string, string> = {
  repetition_count: "one value came too often in a row",
  adaptive_proportion: "one value came too often",
  most_common_value: "it was biased",
  markov: "each bit told too much about the next",
  too_short: "it gave too little to judge",
};

const named = (source: string) => SOURCES[source] ?? source;
const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

/** Where the randomness of one draw came from, without claiming more than its receipt does, whose signature was verified here. */
export function Randomness({ receipt, now }: { receipt: EntropyReceipt; now: number }) {
  const { parts, absent, reseededAt } = receipt;
  return (
    <>
      <Parts>
        <li>The server’s operating system, always.</li>
        {parts.map((part) => (
          <Part key={part.source} part={part} />
        ))}
        {absent.map((gone) => (
          <li key={gone.source}>{leftOut(gone)}</li>
        ))}
        {parts.length + absent.length === 0 && <li>No quantum source.</li>}
      </Parts>
      {reseededAt !== null && `Mixed ${inSentence(reseededAt, now)}. `}
      The quantum service signed this receipt; both of its signatures hold.
    </>
  );
}

function Part({ part }: { part: EntropyPart }) {
  const { source, backend, jobId, creditedBits, simulated, estimate, dropped } = part;
  return (
    <li>
      {capital(named(source))}
      {simulated ? ": it was simulated and counts for nothing." : `, credited with ${creditedBits} bits.`}
      <small>
        {backend}
        {jobId !== "" && `, job ${jobId}`}
        {estimate !== null && `. Health tests passed, ${estimate.toFixed(2)} bits per bit`}
        {dropped > 0 && `; ${dropped} unfit qubits left out`}
      </small>
    </li>
  );
}

function leftOut({ source, health, alarm }: EntropyAbsence): string {
  const who = capital(named(source));
  if (alarm !== null) return `${who} was left out, for ${TESTS[alarm] ?? `it failed ${alarm}`}.`;
  return health === "failed" ? `${who} could not be reached.` : `${who} had nothing ready.`;
}
