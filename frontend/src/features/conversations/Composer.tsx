import { IconButton, InputBase, Tooltip } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { SendIcon } from "../../components/icons";
import { problemOf, useMessenger } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Conversation, Problem } from "../../realtime/state";
import { useDraft } from "./useDraft";

/** What the largest padded message holds, with room for what stands around the text. */
const MAX_BYTES = 65_000;

const Holder = styled("div")(({ theme }) => ({
  flex: "none",
  width: "100%",
  maxWidth: 760,
  margin: "0 auto",
  padding: "0 20px calc(16px + env(safe-area-inset-bottom))",
  [theme.breakpoints.down("sm")]: { padding: "0 8px calc(8px + env(safe-area-inset-bottom))" },
}));

const Box = styled("form")(({ theme }) => ({
  display: "flex",
  alignItems: "flex-end",
  gap: 4,
  padding: 4,
  border: `1px solid ${theme.palette.line}`,
  borderRadius: 14,
  background: theme.palette.surface,
  transition: "border-color 140ms",
  "&:focus-within": { borderColor: theme.palette.accent, boxShadow: `0 0 0 1px ${theme.palette.accent}` },
}));

const Text = styled(InputBase)(({ theme }) => ({
  flex: 1,
  padding: "6px 4px 6px 10px",
  "& textarea": { outline: "none" },
  "& textarea::placeholder": { color: theme.palette.text.secondary, opacity: 1 },
  "@media (pointer: coarse)": { padding: "10px 4px 10px 10px", fontSize: 16 },
}));

const Send = styled(IconButton)(({ theme }) => ({
  borderRadius: 10,
  color: theme.palette.primary.contrastText,
  background: theme.palette.accent,
  "&:hover": { background: theme.palette.accent, color: theme.palette.primary.contrastText, opacity: 0.9 },
  "&.Mui-disabled": { background: "transparent", color: theme.palette.text.secondary },
}));

const Wrong = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: "0 0 6px",
  padding: "0 12px",
  color: theme.palette.critical,
}));

const bytesOf = (text: string) => new TextEncoder().encode(JSON.stringify({ text })).length;

const finePointer = () => window.matchMedia("(pointer: fine)").matches;

/** Enter sends, Shift+Enter breaks; on a phone Enter breaks and the button sends. */
export function Composer({ conversation }: { conversation: Conversation }) {
  const messenger = useMessenger();
  const { text, change } = useDraft(conversation.id, conversation.draft);
  const [problem, setProblem] = useState<Problem | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const tooLong = text.length > MAX_BYTES / 6 && bytesOf(text) > MAX_BYTES;
  const empty = text.trim() === "";

  useEffect(() => {
    if (finePointer()) field.current?.focus();
  }, []);

  const send = async () => {
    if (empty || tooLong) return;
    const sent = text.trim();
    change("");
    setProblem(null);
    field.current?.focus();
    try {
      await messenger.send(conversation.id, sent);
    } catch (error) {
      setProblem(problemOf(error));
      // What has been typed meanwhile stays behind what could not be sent.
      const since = field.current?.value ?? "";
      change(since === "" ? sent : `${sent}\n${since}`);
    }
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || !finePointer()) return;
    event.preventDefault();
    void send();
  };

  const wrong = tooLong ? problemWords({ code: "too_large" }) : problem === null ? null : problemWords(problem);
  return (
    <Holder>
      {wrong !== null && <Wrong role="alert">{wrong}</Wrong>}
      <Box
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Text
          multiline
          maxRows={10}
          inputRef={field}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          placeholder={`Write to ${conversation.peer.username}`}
          inputProps={{ "aria-label": `Message to ${conversation.peer.username}`, dir: "auto", "data-composer": true }}
        />
        <Tooltip title={empty ? "" : "Send · Enter"}>
          <span>
            <Send type="submit" aria-label="Send" disabled={empty || tooLong}>
              <SendIcon />
            </Send>
          </span>
        </Tooltip>
      </Box>
    </Holder>
  );
}
