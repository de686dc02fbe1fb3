import { styled } from "@mui/material/styles";
import { Link } from "react-router";
import { ClockIcon, TickIcon, TicksIcon } from "../../components/icons";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { paths } from "../../lib/paths";
import { clock, fullTime } from "../../lib/time";
import type { MessageEntry } from "../../realtime/state";
import { deliveryOf, type Delivery, type Reached } from "./delivery";
import { Message } from "./Message";

const Group = styled("div", { shouldForwardProp: (name) => name !== "mine" })<{ mine: boolean }>(({ mine }) => ({
  display: "flex",
  flexDirection: "column",
  alignItems: mine ? "flex-end" : "flex-start",
  gap: 2,
  marginTop: 12,
}));

const Head = styled("div")(({ theme }) => ({
  ...theme.typography.body2,
  display: "flex",
  gap: 8,
  alignItems: "baseline",
  maxWidth: "100%",
  padding: "0 12px 2px",
  color: theme.palette.text.secondary,
  "& bdi": {
    fontWeight: 600,
    color: theme.palette.text.primary,
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
  },
  "& a": { color: "inherit", textDecoration: "none", fontVariantNumeric: "tabular-nums", flex: "none" },
  "& a:hover": { textDecoration: "underline" },
}));

const State = styled("div", { shouldForwardProp: (name) => name !== "read" })<{ read: boolean }>(({ theme, read }) => ({
  ...theme.typography.caption,
  display: "flex",
  alignItems: "center",
  gap: 4,
  padding: "2px 12px 0",
  color: theme.palette.text.secondary,
  "& svg": read ? { color: theme.palette.accent } : {},
}));

const SIGNING_AWAY = "The signing service is away. This critical message waits; your other messages go out.";

const DELIVERY = {
  waiting: { Icon: ClockIcon, word: "Waiting" },
  sent: { Icon: TickIcon, word: "Sent" },
  delivered: { Icon: TicksIcon, word: "Delivered" },
  read: { Icon: TicksIcon, word: "Read" },
} as const;

interface Props {
  conversationId: string;
  /** Null: one's own. */
  author: string | null;
  messages: MessageEntry[];
  reached: Reached;
  inRoom: boolean;
  /** The newest own message in each state says it; all before it are as far, or further. */
  marked: Set<string>;
  waitingWord: string;
  /** The signing service is away: critical messages wait for it. */
  signingAway: boolean;
  found: string | null;
  /** The message at which Tab stops. */
  tabStop: string | null;
}

export function MessageGroup(props: Props) {
  const { conversationId, author, messages, reached, marked, found, tabStop } = props;
  const mine = author === null;
  const first = messages[0];
  if (first === undefined) return null;
  return (
    <Group mine={mine}>
      <Head>
        {mine ? <VisuallyHidden>You</VisuallyHidden> : <bdi>{author}</bdi>}
        <Link to={paths.message(conversationId, first.id)} title={fullTime(first.at)}>
          <time dateTime={new Date(first.at).toISOString()}>{clock(first.at)}</time>
        </Link>
      </Head>
      {messages.map((message) => {
        const delivery = mine ? deliveryOf(message, reached) : null;
        const waitsForSigning = message.critical !== null && delivery === "waiting";
        return (
          <Message
            key={message.id}
            message={message}
            mine={mine}
            author={author ?? "You"}
            found={message.id === found}
            tabStop={message.id === tabStop}
            delivery={delivery}
          >
            {delivery !== null && delivery !== "failed" && (marked.has(message.id) || waitsForSigning) && (
              <DeliveryMark
                delivery={delivery}
                inRoom={props.inRoom}
                waitingWord={waitsForSigning && props.signingAway ? SIGNING_AWAY : props.waitingWord}
              />
            )}
          </Message>
        );
      })}
    </Group>
  );
}

interface MarkProps {
  delivery: Exclude<Delivery, "failed">;
  inRoom: boolean;
  waitingWord: string;
}

function DeliveryMark({ delivery, inRoom, waitingWord }: MarkProps) {
  const { Icon, word } = DELIVERY[delivery];
  return (
    <State read={delivery === "read"}>
      {delivery === "waiting" ? waitingWord : word}
      {delivery === "read" && inRoom && " by everybody"}
      <Icon size={14} />
    </State>
  );
}
