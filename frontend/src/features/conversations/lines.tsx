import { styled } from "@mui/material/styles";
import { AlertIcon, ShieldCheckIcon, ShieldCrossIcon } from "../../components/icons";
import type { Line } from "../../app/words/notices";
import { dayLabel } from "../../lib/time";

const Rule = styled("div", { shouldForwardProp: (name) => name !== "tone" })<{ tone: "plain" | "accent" }>(
  ({ theme, tone }) => ({
    ...theme.typography.caption,
    fontWeight: 600,
    display: "flex",
    alignItems: "center",
    gap: 12,
    margin: "20px 0 4px",
    color: tone === "accent" ? theme.palette.accent : theme.palette.text.secondary,
    "&::before, &::after": {
      content: '""',
      flex: 1,
      borderTop: `1px solid ${tone === "accent" ? theme.palette.accent : theme.palette.line}`,
    },
  }),
);

export function DayLine({ at, now }: { at: number; now: number }) {
  return (
    <Rule tone="plain" role="separator" aria-label={dayLabel(at, now)}>
      {dayLabel(at, now)}
    </Rule>
  );
}

export function UnreadLine() {
  return (
    <Rule tone="accent" role="separator" aria-label="Unread from here" data-unread-line>
      Unread from here
    </Rule>
  );
}

const Said = styled("p", { shouldForwardProp: (name) => name !== "tone" })<{ tone: Line["tone"] }>(
  ({ theme, tone }) => ({
    ...theme.typography.body2,
    display: "flex",
    justifyContent: "center",
    alignItems: "baseline",
    gap: 6,
    margin: "12px auto 0",
    maxWidth: 520,
    textAlign: "center",
    textWrap: "balance",
    color: {
      plain: theme.palette.text.secondary,
      verified: theme.palette.verified,
      caution: theme.palette.caution,
      critical: theme.palette.critical,
    }[tone],
    "& svg": { alignSelf: "center" },
  }),
);

const ICONS = { plain: null, verified: ShieldCheckIcon, caution: AlertIcon, critical: ShieldCrossIcon };

/** Something that happened, or is happening, in a quiet line. */
export function NoticeLine({ line, at }: { line: Line; at?: string }) {
  const Icon = ICONS[line.tone];
  return (
    <Said tone={line.tone} title={at}>
      {Icon !== null && <Icon size={15} />}
      <span>{line.words}</span>
    </Said>
  );
}
