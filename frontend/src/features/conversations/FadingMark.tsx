import { styled } from "@mui/material/styles";
import { TimerIcon } from "../../components/icons";
import { useNow } from "../../app/hooks";
import { fullTime, remaining } from "../../lib/time";

const Mark = styled("div")(({ theme }) => ({
  ...theme.typography.caption,
  display: "flex",
  alignItems: "center",
  justifyContent: "flex-end",
  gap: 4,
  color: theme.palette.text.secondary,
}));

const MINUTE_MS = 60_000;

/** How long a message still stays. */
export function FadingMark({ expiresAt }: { expiresAt: number }) {
  const left = remaining(expiresAt - useNow(MINUTE_MS));
  const words = `Disappears in ${left}`;
  return (
    <Mark title={`${words}, ${fullTime(expiresAt)}`} role="img" aria-label={words}>
      <TimerIcon size={12} />
      {left}
    </Mark>
  );
}
