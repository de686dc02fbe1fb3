import { styled } from "@mui/material/styles";
import { useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import { Callout } from "../../components/Callout";
import { AlertIcon, TickIcon } from "../../components/icons";
import { Secondary } from "../../components/Pane";
import type { SourceState } from "../../realtime/quantum";
import { HealthTests } from "./HealthTests";
import { useLooking } from "./useLooking";
import { HEALTH, SOURCES, count } from "./words";

const EVERY_MS = 5_000;

const Source = styled("div")(({ theme }) => ({
  padding: "12px 14px",
  marginTop: 8,
  border: `1px solid ${theme.palette.line}`,
  borderRadius: theme.shape.borderRadius,
  background: theme.palette.surface,
  "& h3": { ...theme.typography.body1, fontWeight: 600, margin: 0 },
  "& > p": { display: "flex", gap: 6, alignItems: "center", margin: "2px 0 8px" },
}));

const Meter = styled("div")(({ theme }) => ({
  height: 8,
  borderRadius: 4,
  background: theme.palette.sunken,
  border: `1px solid ${theme.palette.line}`,
  overflow: "hidden",
  "& > div": { height: "100%", background: theme.palette.accent },
}));

const Figures = styled("dl")(({ theme }) => ({
  ...theme.typography.body2,
  display: "grid",
  gridTemplateColumns: "minmax(130px, auto) 1fr",
  gap: "2px 12px",
  margin: "10px 0 0",
  fontVariantNumeric: "tabular-nums",
  "& > div": { display: "contents" },
  "& dt": { color: theme.palette.text.secondary },
  "& dd": { margin: 0, overflowWrap: "anywhere" },
}));

/** The entropy pool and its sources, looked at again every few seconds. */
export function Sources() {
  const messenger = useMessenger();
  const { seen: pool, problem } = useLooking(() => messenger.loadEntropy(), EVERY_MS);
  if (problem !== null) return <Secondary role="alert">{problemWords(problem)}</Secondary>;
  if (pool === undefined) return <Secondary>Asking the quantum service …</Secondary>;
  if (pool === null) return <Secondary>The quantum service is away. Messages go out without it.</Secondary>;
  return (
    <>
      <p>
        {pool.mode === "quantum-mixed"
          ? "Random numbers are mixed from the operating system and the sources below, so that no source can make them weaker."
          : "Random numbers come from the operating system alone at the moment. They are as strong as always."}
      </p>
      {pool.sources.some(({ simulated }) => simulated) && (
        <Callout tone="info">
          A simulator is no quantum computer: what it gives counts for nothing, and is only ever mixed in.
        </Callout>
      )}
      {pool.sources.map((source) => (
        <OneSource key={source.name} source={source} />
      ))}
    </>
  );
}

function OneSource({ source }: { source: SourceState }) {
  const { name, health, filled_bits, capacity_bits } = source;
  return (
    <Source>
      <h3>{SOURCES[name] ?? name}</h3>
      <Secondary>
        {health === "healthy" ? <TickIcon size={16} /> : <AlertIcon size={16} />}
        {HEALTH[health]}
      </Secondary>
      <Meter aria-hidden>
        <div style={{ width: `${(100 * filled_bits) / capacity_bits}%` }} />
      </Meter>
      <Figures>
        {figuresOf(source).map(([what, value]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </Figures>
      {source.figures !== null && <HealthTests figures={source.figures} />}
    </Source>
  );
}

function figuresOf(source: SourceState): [name: string, value: string][] {
  const { last_alarm, backend } = source;
  return [
    ["Waiting", `${count(source.filled_bits)} of ${count(source.capacity_bits)} bits`],
    ["Counted so far", `${count(source.credited_bits_in)} bits`],
    ...(backend === null ? [] : [["Device", backend] as [string, string]]),
    ["Alarms, failures", `${count(source.alarms)}, ${count(source.failures)}`],
    ...(last_alarm === null ? [] : [["Last alarm", last_alarm.test.replaceAll("_", " ")] as [string, string]]),
  ];
}
