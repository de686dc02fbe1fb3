import { IconButton, InputBase, ToggleButton, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useRef, type KeyboardEvent } from "react";
import { SealIcon, SendIcon, TickIcon } from "../../components/icons";
import { useAppSelector } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Problem } from "../../realtime/state";
import { AimBar } from "./AimBar";
import { AttachButton } from "./files/AttachButton";
import { type Aim, useHands } from "./hands";
import { useComposing } from "./useComposing";
import type { Talk } from "./talk";

const Holder = styled("div")(({ theme }) => ({
  flex: "none",
  width: "100%",
  maxWidth: 760,
  margin: "0 auto",
  padding: "0 20px calc(16px + env(safe-area-inset-bottom))",
  [theme.breakpoints.down("sm")]: { padding: "0 8px calc(8px + env(safe-area-inset-bottom))" },
}));

const isOwnProp = (name: PropertyKey) => name === "critical";

const Box = styled("form", { shouldForwardProp: (name) => !isOwnProp(name) })<{ critical: boolean }>(
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
const Kind = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  display: "flex",
  alignItems: "flex-start",
  gap: 6,
  margin: "0 0 6px",
  padding: "0 12px",
  color: theme.palette.critical,
  "& svg": { flex: "none", marginTop: 3 },
}));

const Switch = styled(ToggleButton)(({ theme }) => ({
  width: 36,
  height: 36,
  border: 0,
  borderRadius: 10,
  color: theme.palette.text.secondary,
  "&.Mui-selected, &.Mui-selected:hover": { color: theme.palette.critical, background: theme.palette.hover },
  [theme.touch]: { width: 44, height: 44 },
}));

const Text = styled(InputBase)(({ theme }) => ({
  flex: 1,
  padding: "6px 4px 6px 10px",
  "& textarea": { outline: "none" },
  "& textarea::placeholder": { color: theme.palette.text.secondary, opacity: 1 },
  [theme.touch]: { padding: "10px 4px 10px 10px", fontSize: 16 },
}));

const Send = styled(IconButton, { shouldForwardProp: (name) => !isOwnProp(name) })<{ critical: boolean }>(({
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

const Wrong = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: "0 0 6px",
  padding: "0 12px",
  color: theme.palette.critical,
}));

const finePointer = () => window.matchMedia("(pointer: fine)").matches;

interface Props {
  talk: Talk;
  aim: Aim | null;
  onAim: (aim: Aim | null) => void;
  /** Of what one did in the timeline. */
  problem: Problem | null;
}

/** Enter sends, Shift+Enter breaks, ↑ edits the last message; on a phone Enter breaks and the button sends. */
export function Composer({ talk, aim, onAim, ...timeline }: Props) {
  const hands = useHands();
  const signingAway = useAppSelector((state) => !state.line.quantum);
  const field = useRef<HTMLTextAreaElement>(null);
  const composing = useComposing({ talk, field, aim, onAim });
  const { text, change, send, critical, setCritical, tooLong, empty } = composing;
  const edits = aim?.kind === "edit";

  useEffect(() => {
    if (finePointer()) field.current?.focus();
  }, []);

  const toggle = () => {
    setCritical(!critical);
    field.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "Escape" && (aim !== null || critical)) {
      event.stopPropagation();
      if (aim !== null) onAim(null);
      else setCritical(false);
    }
    if (event.key === "ArrowUp" && plain && text === "" && aim === null) {
      event.preventDefault();
      hands.editLast();
    }
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || !finePointer()) return;
    event.preventDefault();
    void send();
  };

  const problem = tooLong ? { code: "too_large" } : (composing.problem ?? timeline.problem);
  const verb = edits ? "Save" : critical ? "Send critical message" : "Send";
  return (
    <Holder>
      {problem !== null && <Wrong role="alert">{problemWords(problem)}</Wrong>}
      {aim !== null && <AimBar aim={aim} author={hands.nameOf(aim.message.authorId)} onClose={() => onAim(null)} />}
      {critical && (
        <Kind role="status">
          <SealIcon size={15} />
          {signingAway
            ? "Critical message. The signing service is away: it waits until that is back."
            : "Critical message: signed by this browser, and checked before it is stored."}
        </Kind>
      )}
      <Box
        critical={critical}
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <AttachButton talk={talk} />
        <Text
          multiline
          maxRows={10}
          inputRef={field}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={`${critical ? "Write a critical message" : "Write"} to ${talk.name}`}
          inputProps={{ "aria-label": `Message to ${talk.name}`, dir: "auto", "data-composer": true }}
        />
        {!edits && (
          <Tooltip title={critical ? "Ordinary message · Esc" : "Critical message"}>
            <Switch value="critical" selected={critical} onChange={toggle} aria-label="Critical message">
              <SealIcon />
            </Switch>
          </Tooltip>
        )}
        <Tooltip title={empty ? "" : `${edits ? "Save" : "Send"} · Enter`}>
          <span>
            <Send type="submit" critical={critical} aria-label={verb} disabled={empty || tooLong}>
              {edits ? <TickIcon /> : <SendIcon />}
            </Send>
          </span>
        </Tooltip>
      </Box>
    </Holder>
  );
}
