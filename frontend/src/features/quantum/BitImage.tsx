import { styled } from "@mui/material/styles";
import { count } from "./words";

const COLUMNS = 64;

const Picture = styled("svg")(({ theme }) => ({
  display: "block",
  width: "100%",
  border: `1px solid ${theme.palette.line}`,
  borderRadius: 6,
  background: theme.palette.surface,
  "& path": { fill: theme.palette.text.primary },
}));

/** A square for each bit, 64 to the line, filled for a one. */
export function BitImage({ bits }: { bits: readonly number[] }) {
  const rows = Math.ceil(bits.length / COLUMNS);
  const ones = bits.reduce((sum, bit) => sum + bit, 0);
  const words = `${count(bits.length)} raw bits as squares; ${count(ones)} of them are ones.`;
  return (
    <Picture viewBox={`0 0 ${COLUMNS} ${rows}`} role="img" aria-label={words} shapeRendering="crispEdges">
      <path d={bits.map((bit, at) => (bit === 1 ? square(at) : "")).join("")} />
    </Picture>
  );
}

const square = (at: number) => `M${at % COLUMNS} ${Math.floor(at / COLUMNS)}h1v1h-1z`;
