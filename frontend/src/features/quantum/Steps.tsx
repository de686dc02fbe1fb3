import { styled } from "@mui/material/styles";
import type { Bb84Result } from "../../realtime/quantum";
import { count } from "./words";

const List = styled("ul")(({ theme }) => ({
  listStyle: "none",
  display: "grid",
  gridTemplateColumns: "minmax(110px, auto) 1fr auto",
  alignItems: "center",
  gap: "6px 12px",
  margin: "8px 0 12px",
  padding: 0,
  fontVariantNumeric: "tabular-nums",
  "& > li": { display: "contents" },
  "& > li > span:last-of-type": { textAlign: "right" },
  "& > li > span:first-of-type": { ...theme.typography.body2, color: theme.palette.text.secondary },
}));
const Bar = styled("div")(({ theme }) => ({
  height: 10,
  borderRadius: 5,
  background: theme.palette.sunken,
  border: `1px solid ${theme.palette.line}`,
  overflow: "hidden",
  "& > div": { height: "100%", background: theme.palette.accent },
}));

/** How many bits are left after each step. */
export function Steps({ result }: { result: Bb84Result }) {
  const { pulses, sifted, error_rate, leaked_bits, final_bits } = result;
  const kept = error_rate === null ? 0 : sifted - error_rate.bits;
  const steps: [name: string, bits: number][] = [
    ["Photons sent", pulses],
    ["Bases agree", sifted],
    ["Not compared", kept],
    ["Not told", Math.max(0, kept - leaked_bits)],
    ["Final key", final_bits],
  ];
  return (
    <List>
      {steps.map(([name, bits]) => (
        <li key={name}>
          <span>{name}</span>
          <Bar aria-hidden>
            <div style={{ width: `${(100 * bits) / pulses}%` }} />
          </Bar>
          <span>{count(bits)}</span>
        </li>
      ))}
    </List>
  );
}
