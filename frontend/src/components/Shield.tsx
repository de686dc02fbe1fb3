import { Tooltip } from "@mui/material";
import { styled, type Theme } from "@mui/material/styles";
import { ShieldAlertIcon, ShieldCheckIcon, ShieldCrossIcon } from "./icons";
import { VisuallyHidden } from "./VisuallyHidden";

const STATES = {
  verified: { Icon: ShieldCheckIcon, words: "Verified in person", colour: (t: Theme) => t.palette.verified },
  changed: { Icon: ShieldAlertIcon, words: "Keys changed", colour: (t: Theme) => t.palette.caution },
  misbehaved: { Icon: ShieldCrossIcon, words: "The server misbehaved", colour: (t: Theme) => t.palette.critical },
} as const;

const Holder = styled("span", { shouldForwardProp: (name) => name !== "colour" })<{ colour: (t: Theme) => string }>(
  ({ theme, colour }) => ({ display: "inline-flex", flex: "none", color: colour(theme) }),
);

/** Nothing for the normal case: security speaks only when there is something to say. */
export function Shield({ state, size = 16 }: { state: "none" | keyof typeof STATES; size?: number }) {
  if (state === "none") return null;
  const { Icon, words, colour } = STATES[state];
  return (
    <Tooltip title={words}>
      <Holder colour={colour}>
        <Icon size={size} />
        <VisuallyHidden>{words}</VisuallyHidden>
      </Holder>
    </Tooltip>
  );
}
