import { styled } from "@mui/material/styles";
import { useState, type FocusEvent, type KeyboardEvent } from "react";
import { AlertIcon, PinIcon } from "../../components/icons";
import { clock, fullTime } from "../../lib/time";
import type { MessageEntry } from "../../realtime/state";
import { CriticalDetails, CriticalMark } from "./CriticalMark";
import { FadingMark } from "./FadingMark";
import { FailedActions } from "./FailedActions";
import { FilePart } from "./files/FilePart";
import { allowed, type Hands, useHands } from "./hands";
import { MessageText } from "./MessageText";
import { MessageTools, type Opened } from "./MessageTools";
import { QuoteLink } from "./Quote";
import { Reactions } from "./Reactions";
import { ResentDetails } from "./ResentDetails";

const Holder = styled("div", { shouldForwardProp: (name) => name !== "mine" })<{ mine: boolean }>(({ mine }) => ({
  position: "relative",
  display: "flex",
  flexDirection: "column",
  alignItems: mine ? "flex-end" : "flex-start",
  width: "100%",
  minWidth: 0,
  borderRadius: 14,
}));

const Place = styled("div")({ position: "relative", maxWidth: "min(88%, 600px)", minWidth: 0 });

const OWN_PROPS = new Set<PropertyKey>(["mine", "found", "critical", "hollow"]);

const Bubble = styled("div", { shouldForwardProp: (name) => !OWN_PROPS.has(name) })<{
  mine: boolean;
  found: boolean;
  critical: boolean;
  hollow: boolean;
}>(({ theme, mine, found, critical, hollow }) => ({
  minWidth: 0,
  padding: "7px 12px",
  borderRadius: 14,
  background: mine ? theme.palette.bubble.own : theme.palette.bubble.other,
  ...(critical && {
    borderInlineStart: `3px solid ${theme.palette.critical}`,
    borderStartStartRadius: 4,
    borderEndStartRadius: 4,
  }),
  ...(hollow && {
    background: "none",
    padding: "6px 11px",
    border: `1px dashed ${theme.palette.line}`,
    color: theme.palette.text.secondary,
  }),
  outline: found ? `2px solid ${theme.palette.accent}` : undefined,
  outlineOffset: 2,
}));

const Instead = styled("div")({ display: "flex", gap: 6, alignItems: "flex-start", "& svg": { marginTop: 3 } });

const Edited = styled("button")(({ theme }) => ({
  ...theme.typography.caption,
  padding: 0,
  border: 0,
  background: "none",
  color: theme.palette.text.secondary,
  cursor: "pointer",
  borderRadius: 4,
  "&:hover": { textDecoration: "underline" },
  "@media (pointer: coarse)": { padding: "6px 0" },
}));

/** What became of it since, in one line. */
const Foot = styled("div")(({ theme }) => ({
  ...theme.typography.caption,
  display: "flex",
  alignItems: "center",
  justifyContent: "flex-end",
  gap: 10,
  color: theme.palette.text.secondary,
  "& span": { display: "flex", alignItems: "center", gap: 3 },
}));

const CHANGES = { reaction: "Reaction", edit: "Edit", delete: "Deletion", pin: "Pin" } as const;

interface Props {
  message: MessageEntry;
  mine: boolean;
  /** The first of its group has its author's name above it. */
  author: string;
  found: boolean;
  /** Tab stops at one message of the timeline. */
  tabStop: boolean;
  delivery: string | null;
  children?: React.ReactNode;
}

/** One message, with everything that hangs on it. `children`: how far it has come. */
export function Message({ message, mine, author, found, tabStop, delivery, children }: Props) {
  const hands = useHands();
  const [near, setNear] = useState(false);
  const [opened, setOpened] = useState<Opened>(null);
  const { critical, faults, deletedAt, newer, quote, pending } = message;
  const hollow = deletedAt !== null || newer;

  const left = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setNear(false);
  };
  return (
    <Holder
      mine={mine}
      data-row={message.id}
      tabIndex={tabStop ? 0 : -1}
      role="group"
      aria-label={`${mine ? "Your message" : `Message of ${author}`}, ${clock(message.at)}`}
      onPointerEnter={(event) => event.pointerType === "mouse" && setNear(true)}
      onPointerLeave={(event) => event.pointerType === "mouse" && setNear(false)}
      onFocus={() => setNear(true)}
      onBlur={left}
      onKeyDown={onKeys(message, hands, setOpened)}
    >
      <Place>
        <Bubble
          mine={mine}
          found={found}
          hollow={hollow}
          critical={!hollow && (critical !== null || faults.length > 0)}
          data-critical={critical === null ? undefined : faults.length === 0 ? "good" : "bad"}
          data-message={message.id}
          data-delivery={delivery}
          title={fullTime(message.at)}
        >
          {hollow ? (
            <Instead>
              {newer && <AlertIcon size={15} />}
              {insteadOfText(message, mine, author, hands)}
            </Instead>
          ) : (
            <>
              <CriticalMark message={message} author={mine ? null : author} />
              {quote !== null && (
                <QuoteLink
                  conversationId={hands.conversationId}
                  quote={quote}
                  author={quote.authorId === null ? null : hands.nameOf(quote.authorId)}
                />
              )}
              {message.file !== null && <FilePart conversationId={hands.conversationId} file={message.file} />}
              {message.text !== "" && <MessageText text={message.text} mentions={message.mentions} />}
              {critical !== null && <CriticalDetails critical={critical} />}
              <ResentDetails message={message} />
              <Foot>
                {message.pinned !== null && (
                  <span>
                    <PinIcon size={13} /> Pinned
                  </span>
                )}
                {message.editedAt !== null && (
                  <Edited onClick={() => setOpened("history")} aria-label="Edited: show earlier versions">
                    edited
                  </Edited>
                )}
              </Foot>
              {message.expiresAt !== null && <FadingMark expiresAt={message.expiresAt} />}
            </>
          )}
        </Bubble>
        {(near || opened !== null) && <MessageTools message={message} mine={mine} opened={opened} onOpen={setOpened} />}
      </Place>
      <Reactions message={message} />
      {delivery === "failed" && (
        <FailedActions conversationId={hands.conversationId} id={message.id} problem={message.problem} />
      )}
      {pending?.state === "failed" && (
        <FailedActions
          conversationId={hands.conversationId}
          id={pending.id}
          problem={pending.problem}
          change={CHANGES[pending.kind]}
        />
      )}
      {children}
    </Holder>
  );
}

function insteadOfText(
  { newer, critical, deletedBy }: MessageEntry,
  mine: boolean,
  author: string,
  { selfId, nameOf }: Hands,
): string {
  if (newer) return "This message needs a newer version of QuantumChat. Load the page again to get it.";
  if (deletedBy?.by === selfId) return "You removed this message.";
  if (deletedBy !== null) return `Removed by ${nameOf(deletedBy.by)} (${deletedBy.role}).`;
  const what = critical === null ? "this message" : "this critical message";
  return `${mine ? "You" : author} deleted ${what}.`;
}

/** On the message itself; inside of it keys mean what they mean there. */
const onKeys =
  (message: MessageEntry, hands: ReturnType<typeof useHands>, open: (what: Opened) => void) =>
  (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const can = allowed(hands, message);
    const key = event.key.toLowerCase();
    if (key === "r" && can.answer) hands.aim({ kind: "reply", message });
    else if (key === "e" && can.edit) hands.aim({ kind: "edit", message });
    else if (key === "+" && can.react) open("reactions");
    else if (key === "delete" && can.remove) hands.remove(message);
    else if (key === "enter") open("menu");
    else if (key === "escape") hands.toComposer();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
