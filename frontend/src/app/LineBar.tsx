import { styled } from "@mui/material/styles";
import { useEffect, useState } from "react";
import { VisuallyHidden } from "../components/VisuallyHidden";
import { seconds } from "../lib/time";
import { useAppSelector, useCommand, useMessenger, useNow } from "./hooks";
import { selectJoinRefused, selectWaitsFor } from "./selectors";
import { problemWords } from "./words/problems";

const Bar = styled("div")(({ theme }) => ({
  ...theme.typography.body2,
  gridColumn: "1 / -1",
  display: "flex",
  justifyContent: "center",
  alignItems: "center",
  gap: 6,
  minHeight: 28,
  padding: "2px 12px",
  paddingTop: "max(2px, env(safe-area-inset-top))",
  // As high as what one touches in it.
  [theme.touch]: { paddingTop: "env(safe-area-inset-top)", paddingBottom: 0 },
  color: theme.palette.text.primary,
  background: theme.palette.sunken,
  borderBottom: `1px solid ${theme.palette.line}`,
  fontVariantNumeric: "tabular-nums",
  whiteSpace: "nowrap",
}));

const Dot = styled("span")(({ theme }) => ({
  width: 7,
  height: 7,
  borderRadius: "50%",
  background: theme.palette.caution,
  flex: "none",
}));

const Now = styled("button")(({ theme }) => ({
  all: "unset",
  cursor: "pointer",
  padding: "2px 6px",
  borderRadius: 4,
  fontWeight: 600,
  color: theme.palette.accent,
  "&:hover": { textDecoration: "underline", textUnderlineOffset: 3 },
  "&:focus-visible": { outline: `2px solid ${theme.palette.accent}` },
  [theme.touch]: { display: "inline-grid", alignItems: "center", minHeight: 44, padding: "0 10px" },
}));

const Words = styled("span")({ whiteSpace: "normal", textAlign: "center", textWrap: "balance" });

const JOINING = {
  quantum_service: "The signing service is away. This browser joins your account by itself when it is back.",
  server: "The server does not answer. This browser joins your account by itself when it does.",
};

/** A connection that takes a moment is not worth a word. */
const QUIET_MS = 1200;

function Connecting() {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), QUIET_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Bar role="status">
      <Dot /> Connecting…
    </Bar>
  );
}

function Countdown({ retryAt }: { retryAt: number }) {
  const now = useNow(500);
  const left = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return <span aria-hidden>reconnecting {left === 0 ? "now" : `in ${seconds(left)}`}</span>;
}

/** The thin line on top while there is no connection, or nothing to connect yet; never in the way. */
export function LineBar() {
  const line = useAppSelector((state) => state.line.line);
  const waitsFor = useAppSelector(selectWaitsFor);
  const refused = useAppSelector(selectJoinRefused);
  const messenger = useMessenger();
  const again = useCommand(() => messenger.joinAgain());
  if (refused !== null) {
    return (
      <Bar role="alert">
        <Dot />
        <Words>This browser could not join your account. {problemWords(refused)}</Words> ·
        <Now type="button" disabled={again.running} onClick={() => void again.run()}>
          try again
        </Now>
      </Bar>
    );
  }
  if (waitsFor !== null) {
    return (
      <Bar role="status">
        <Dot /> <Words>{JOINING[waitsFor]}</Words>
      </Bar>
    );
  }
  switch (line.status) {
    case "online":
      return null;
    case "connecting":
      return <Connecting />;
    case "offline":
      return (
        <Bar role="status">
          <Dot />
          {line.cause === "browser" ? "You are offline" : "Server unreachable"} · <Countdown retryAt={line.retryAt} />
          <VisuallyHidden>Reconnecting by itself. What you write is sent then.</VisuallyHidden> ·
          <Now type="button" onClick={() => messenger.reconnectNow()}>
            now<VisuallyHidden>: try to reconnect</VisuallyHidden>
          </Now>
        </Bar>
      );
  }
}
