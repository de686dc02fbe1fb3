import { styled } from "@mui/material/styles";
import type { Bb84Result } from "../../realtime/quantum";
import { percent } from "./words";

const END = 0.3;
const at = (rate: number) => `${(100 * Math.min(rate, END)) / END}%`;

const Frame = styled("div")({ position: "relative", height: 62, margin: "4px 0 8px" });
const Track = styled("div")(({ theme }) => ({
  position: "absolute",
  inset: "24px 0 auto",
  height: 14,
  borderRadius: 7,
  background: theme.palette.sunken,
  border: `1px solid ${theme.palette.line}`,
  overflow: "hidden",
}));
const Filled = styled("div", { shouldForwardProp: (name) => name !== "over" })<{ over: boolean }>(
  ({ theme, over }) => ({
    height: "100%",
    background: over ? theme.palette.critical : theme.palette.accent,
    // Striped as well, so that it is told apart without its colour.
    backgroundImage: over
      ? `repeating-linear-gradient(135deg, transparent 0 5px, ${theme.palette.surface} 5px 7px)`
      : undefined,
  }),
);
const Line = styled("div")(({ theme }) => ({
  position: "absolute",
  top: 18,
  height: 26,
  borderLeft: `2px solid ${theme.palette.text.primary}`,
}));
const Range = styled("div")(({ theme }) => ({
  position: "absolute",
  top: 30,
  height: 2,
  background: theme.palette.text.primary,
}));
const Mark = styled("span")(({ theme }) => ({
  ...theme.typography.caption,
  position: "absolute",
  whiteSpace: "nowrap",
  color: theme.palette.text.secondary,
  fontVariantNumeric: "tabular-nums",
}));

/** The error rate on a scale to 30 %, how sure it is, and the line above which there is no key. */
export function ErrorScale({ error_rate, max_error_rate }: Bb84Result) {
  if (error_rate === null) return null;
  const { rate, low, high, errors, bits } = error_rate;
  const over = rate > max_error_rate;
  const words = `${percent(rate)} of the compared bits were wrong (${errors} of ${bits}), ${over ? "above" : "below"} the line of ${percent(max_error_rate)}; between ${percent(low)} and ${percent(high)} with 95 % confidence.`;
  return (
    <>
      <Frame aria-hidden>
        <Mark style={{ left: at(max_error_rate), top: 0, transform: "translateX(-50%)" }}>
          no key above {percent(max_error_rate)}
        </Mark>
        <Track>
          <Filled over={over} style={{ width: at(rate) }} />
        </Track>
        <Range style={{ left: at(low), width: `calc(${at(high)} - ${at(low)})` }} />
        <Line style={{ left: at(max_error_rate) }} />
        <Mark style={{ left: 0, top: 44 }}>0 %</Mark>
        <Mark style={{ right: 0, top: 44 }}>30 %</Mark>
      </Frame>
      <p>{words}</p>
    </>
  );
}
