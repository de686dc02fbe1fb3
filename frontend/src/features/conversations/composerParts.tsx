/** What the composer is made of. */
import { IconButton, InputBase, ToggleButton } from "@mui/material";
import { styled } from "@mui/material/styles";

export const Holder = styled("div")(({ theme }) => ({
  flex: "none",
  width: "100%",
  maxWidth: 760,
  margin: "0 auto",
  padding: "0 20px calc(16px + env(safe-area-inset-bottom))",
  [theme.breakpoints.down("sm")]: { padding: "0 8px calc(8px + env(safe-area-inset-bottom))" },
}));

const isOwnProp = (name: PropertyKey) => name === "critical";

export const Box = styled("form", { shouldForwardProp: (name) => !isOwnProp(name) })<{ critical: boolean }>(
  ({ theme, critical }) => ({
    display: "flex",
    alignItems: "flex-end",
    gap: 4,
    padding: 4,
    border: `1px solid ${critical ? theme.palette.critical : theme.palette.line}`,
    borderRadius: 14,
    background: theme.palette.surface,
    transition: "border-color 140ms",
    "&:focus-within": {
      borderColor: critical ? theme.palette.critical : theme.palette.accent,
      boxShadow: `0 0 0 1px ${critical ? theme.palette.critical : theme.palette.accent}`,
    },
  }),
);

/** Says that what is written now is no ordinary message. */
export const Kind = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  display: "flex",
  alignItems: "flex-start",
  gap: 6,
  margin: "0 0 6px",
  padding: "0 12px",
  color: theme.palette.critical,
  "& svg": { flex: "none", marginTop: 3 },
}));

export const Switch = styled(ToggleButton)(({ theme }) => ({
  width: 36,
  height: 36,
  border: 0,
  borderRadius: 10,
  color: theme.palette.text.secondary,
  "&.Mui-selected, &.Mui-selected:hover": { color: theme.palette.critical, background: theme.palette.hover },
  [theme.touch]: { width: 44, height: 44 },
}));

export const Text = styled(InputBase)(({ theme }) => ({
  flex: 1,
  padding: "6px 4px 6px 10px",
  "& textarea": { outline: "none" },
  "& textarea::placeholder": { color: theme.palette.text.secondary, opacity: 1 },
  [theme.touch]: { padding: "10px 4px 10px 10px", fontSize: 16 },
}));

export const Send = styled(IconButton, { shouldForwardProp: (name) => !isOwnProp(name) })<{ critical: boolean }>(({
  theme,
  critical,
}) => {
  const colours = critical
    ? { background: theme.palette.critical, color: theme.palette.error.contrastText }
    : { background: theme.palette.accent, color: theme.palette.primary.contrastText };
  return {
    borderRadius: 10,
    ...colours,
    "&:hover": { ...colours, opacity: 0.9 },
    "&.Mui-disabled": { background: "transparent", color: theme.palette.text.secondary },
  };
});

export const Wrong = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: "0 0 6px",
  padding: "0 12px",
  color: theme.palette.critical,
}));
