import { Tooltip, useMediaQuery } from "@mui/material";
import { useLayoutEffect, useRef, type KeyboardEvent } from "react";
import { SealIcon, SendIcon, TickIcon } from "../../components/icons";
import { useAppSelector } from "../../app/hooks";
import { problemWords } from "../../app/words/problems";
import type { Problem } from "../../realtime/state";
import { AimBar } from "./AimBar";
import { Box, Holder, Kind, Send, Switch, Text, Wrong } from "./composerParts";
import { EmojiButton } from "./emoji/EmojiButton";
import { AttachButton } from "./files/AttachButton";
import { type Aim, useHands } from "./hands";
import { MENTION_LIST, MentionList, optionId } from "./MentionList";
import { useComposing } from "./useComposing";
import { useMentioning } from "./useMentioning";
import type { Talk } from "./talk";

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
  const onePane = useMediaQuery((theme) => theme.breakpoints.down("sm"), { noSsr: true });
  const field = useRef<HTMLTextAreaElement>(null);
  const composing = useComposing({ talk, field, aim, onAim });
  const { text, change, send, critical, setCritical, tooLong, empty } = composing;
  const edits = aim?.kind === "edit";

  useLayoutEffect(() => {
    if (finePointer()) field.current?.focus();
  }, []);

  const toggle = () => {
    setCritical(!critical);
    field.current?.focus();
  };

  const mentioning = useMentioning({ field, people: talk.people, change });

  const onKeyDown = (event: KeyboardEvent) => {
    if (mentioning.onKey(event)) return;
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === "Escape" && (aim !== null || critical)) {
      event.stopPropagation();
      if (aim !== null) composing.letGo();
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

  const insert = (emoji: string) => {
    const input = field.current;
    if (input === null) return;
    input.setRangeText(emoji, input.selectionStart, input.selectionEnd, "end");
    change(input.value);
    input.focus();
  };

  const problem = tooLong ? { code: "too_large" } : (composing.problem ?? timeline.problem);
  const verb = edits ? "Save" : critical ? "Send critical message" : "Send";
  return (
    <Holder>
      {problem !== null && <Wrong role="alert">{problemWords(problem)}</Wrong>}
      {aim !== null && <AimBar aim={aim} author={hands.nameOf(aim.message.authorId)} onClose={composing.letGo} />}
      {critical && (
        <Kind role="status">
          <SealIcon size={15} />
          {signingAway
            ? "Critical message. The signing service is away: it waits until that is back."
            : "Critical message: signed by this browser, and checked before it is stored."}
        </Kind>
      )}
      {mentioning.chosen !== null && (
        <MentionList people={mentioning.offered} chosen={mentioning.chosen.id} onPick={mentioning.pick} />
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
          onChange={(event) => {
            change(event.target.value);
            mentioning.look();
          }}
          onSelect={mentioning.look}
          onBlur={mentioning.close}
          onKeyDown={onKeyDown}
          placeholder={placeholder(critical, onePane ? null : talk.name)}
          inputProps={{
            "aria-label": `Message to ${talk.name}`,
            dir: "auto",
            "data-composer": true,
            ...(mentioning.chosen !== null && {
              "aria-controls": MENTION_LIST,
              "aria-activedescendant": optionId(mentioning.chosen.id),
            }),
          }}
        />
        {!edits && (
          <Tooltip title={critical ? "Ordinary message · Esc" : "Critical message"}>
            <Switch value="critical" selected={critical} onChange={toggle} aria-label="Critical message">
              <SealIcon />
            </Switch>
          </Tooltip>
        )}
        <EmojiButton onPick={insert} />
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

/** `name`: null where a long one would take several lines. */
function placeholder(critical: boolean, name: string | null): string {
  if (name === null) return critical ? "Critical message" : "Message";
  return `${critical ? "Write a critical message" : "Write"} to ${name}`;
}
