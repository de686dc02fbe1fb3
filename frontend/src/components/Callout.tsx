import { styled } from "@mui/material/styles";
import type { ReactNode } from "react";
import { AlertIcon, InfoIcon, ShieldCheckIcon, ShieldCrossIcon } from "./icons";

export type Tone = "info" | "caution" | "critical" | "verified";

const ICONS = { info: InfoIcon, caution: AlertIcon, critical: ShieldCrossIcon, verified: ShieldCheckIcon };

const Frame = styled("div", { shouldForwardProp: (name) => name !== "tone" })<{ tone: Tone }>(({ theme, tone }) => ({
  display: "grid",
  gridTemplateColumns: "20px 1fr",
  columnGap: 10,
  padding: "12px 14px",
  border: `1px solid ${theme.palette.line}`,
  borderLeft: `3px solid ${tone === "info" ? theme.palette.line : theme.palette[tone]}`,
  borderRadius: theme.shape.borderRadius,
  background: theme.palette.surface,
  "& > svg": { marginTop: 1, color: tone === "info" ? theme.palette.text.secondary : theme.palette[tone] },
}));

const Title = styled("p")({ margin: 0, fontWeight: 600 });
const Body = styled("div")(({ theme }) => ({
  ...theme.typography.body2,
  color: theme.palette.text.secondary,
  "& p": { margin: 0 },
  "& p + p": { marginTop: 6 },
  overflowWrap: "anywhere",
}));
const Actions = styled("div")({ display: "flex", flexWrap: "wrap", gap: 8, marginTop: 10 });

interface Props {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** "alert" interrupts a screen reader: for what has just gone wrong. */
  role?: "alert" | "status" | "note";
}

/** One thing said in the flow of the page: what happened, what it means, what to do. */
export function Callout({ tone, title, children, actions, role = "note" }: Props) {
  const Icon = ICONS[tone];
  return (
    <Frame tone={tone} role={role}>
      <Icon />
      <div>
        {title !== undefined && <Title>{title}</Title>}
        {children !== undefined && <Body>{children}</Body>}
        {actions !== undefined && <Actions>{actions}</Actions>}
      </div>
    </Frame>
  );
}
