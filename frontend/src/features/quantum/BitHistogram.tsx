import { styled } from "@mui/material/styles";
import type { Histogram } from "./bits";
import { count } from "./words";

const WIDTH = 16;
const HEIGHT = 100;

const Plot = styled("svg")(({ theme }) => ({
  display: "block",
  width: "100%",
  height: 128,
  overflow: "visible",
  "& .bar": { fill: theme.palette.accent },
  "& .band": { fill: theme.palette.text.primary, opacity: 0.12 },
  "& .even": { stroke: theme.palette.text.primary, strokeWidth: 1.5, strokeDasharray: "5 4" },
  "& .ground": { stroke: theme.palette.text.secondary, strokeWidth: 1 },
}));
const Names = styled("div")(({ theme }) => ({
  ...theme.typography.caption,
  display: "grid",
  gridTemplateColumns: "repeat(16, 1fr)",
  textAlign: "center",
  color: theme.palette.text.secondary,
  fontFamily: theme.mono,
}));

/** How often each of the sixteen groups of four bits came, and where nearly all bars end when nothing is preferred. */
export function BitHistogram({ histogram }: { histogram: Histogram }) {
  const { counts, groups, expected, low, high } = histogram;
  const top = Math.max(...counts, high) * 1.08;
  const y = (value: number) => HEIGHT * (1 - value / top);
  const words = `${count(groups)} groups of four bits: each of the 16 came ${Math.min(...counts)} to ${Math.max(...counts)} times; evenly it would be ${expected}.`;
  return (
    <div role="img" aria-label={words}>
      <Plot viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden>
        {counts.map((value, symbol) => (
          <rect key={symbol} className="bar" x={symbol + 0.14} width={0.72} y={y(value)} height={HEIGHT - y(value)} />
        ))}
        <rect className="band" x={0} width={WIDTH} y={y(high)} height={y(low) - y(high)} />
        <line className="even" x1={0} x2={WIDTH} y1={y(expected)} y2={y(expected)} vectorEffect="non-scaling-stroke" />
        <line className="ground" x1={0} x2={WIDTH} y1={HEIGHT} y2={HEIGHT} vectorEffect="non-scaling-stroke" />
      </Plot>
      <Names aria-hidden>
        {counts.map((_, symbol) => (
          <span key={symbol}>{symbol.toString(16).toUpperCase()}</span>
        ))}
      </Names>
    </div>
  );
}
