import { styled } from "@mui/material/styles";

const Grid = styled("p", { shouldForwardProp: (name) => name !== "large" })<{ large: boolean }>(({ theme, large }) => ({
  margin: 0,
  display: "grid",
  gridTemplateColumns: large ? "repeat(4, max-content)" : "repeat(3, max-content)",
  columnGap: large ? 18 : 14,
  rowGap: large ? 6 : 2,
  fontFamily: theme.mono,
  fontSize: large ? 16 : 13,
  lineHeight: large ? "24px" : "20px",
  fontVariantNumeric: "tabular-nums",
}));

/** Digits to compare, in groups of five; read out group by group. */
export function DigitGroups({ groups, large = false, label }: { groups: string[]; large?: boolean; label: string }) {
  return (
    <Grid large={large} aria-label={`${label}: ${groups.join(", ")}`} role="img">
      {groups.map((group, index) => (
        <span key={index}>{group}</span>
      ))}
    </Grid>
  );
}
