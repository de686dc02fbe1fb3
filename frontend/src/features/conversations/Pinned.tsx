import { IconButton, Tooltip, useMediaQuery, useTheme } from "@mui/material";
import { styled } from "@mui/material/styles";
import { Link } from "react-router";
import { CloseIcon } from "../../components/icons";
import { Section } from "../../components/Pane";
import { useAppSelector, useCommand, useMessenger, useNow } from "../../app/hooks";
import { selectSelf } from "../../app/selectors";
import { textWords } from "../../app/words/notices";
import { problemWords } from "../../app/words/problems";
import { paths } from "../../lib/paths";
import { firstLine } from "../../lib/text";
import { fullTime, shortWhen } from "../../lib/time";
import type { Conversation, PinnedMessage, Room } from "../../realtime/state";
import type { Talk } from "./talk";
import { useRoomTalk, useTalk } from "./useTalk";

const List = styled("ul")({ margin: "0 -8px", padding: 0, listStyle: "none" });

const Row = styled("li")({ display: "flex", alignItems: "center", gap: 4 });

const Way = styled(Link)(({ theme }) => ({
  ...theme.typography.body2,
  flex: 1,
  minWidth: 0,
  minHeight: 44,
  padding: "6px 8px",
  borderRadius: 6,
  color: "inherit",
  textDecoration: "none",
  "&:hover": { background: theme.palette.hover },
  "& div": { display: "flex", gap: 8 },
  "& b": { fontWeight: 600, overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" },
  "& time": { flex: "none", color: theme.palette.text.secondary, fontVariantNumeric: "tabular-nums" },
  "& span": {
    display: "-webkit-box",
    WebkitBoxOrient: "vertical",
    WebkitLineClamp: 2,
    overflow: "hidden",
    overflowWrap: "anywhere",
    color: theme.palette.text.secondary,
  },
}));

/** What is pinned in a conversation, beside it: the way to each, and off again for who may. */
export function PinnedIn({ conversation }: { conversation: Conversation }) {
  return <Pinned talk={useTalk(conversation)} />;
}

export function PinnedInRoom({ room }: { room: Room }) {
  return <Pinned talk={useRoomTalk(room)} />;
}

function Pinned({ talk }: { talk: Talk }) {
  const { id, pinned, mayPin, canWrite, nameOf } = talk;
  const selfId = useAppSelector(selectSelf)?.userId;
  const messenger = useMessenger();
  const unpin = useCommand((messageId: string) => messenger.pin(id, messageId, false));
  if (pinned.length === 0) return null;
  return (
    <Section aria-labelledby="pinned">
      <h2 id="pinned">Pinned</h2>
      <List>
        {pinned.map((message) => (
          <Row key={message.messageId}>
            <WayTo
              conversationId={id}
              message={message}
              author={message.authorId === selfId ? "You" : nameOf(message.authorId)}
            />
            {mayPin && canWrite && (
              <Tooltip title="Unpin">
                <IconButton
                  disabled={unpin.running}
                  onClick={() => void unpin.run(message.messageId)}
                  aria-label={`Unpin: ${firstLine(textWords(message))}`}
                >
                  <CloseIcon size={18} />
                </IconButton>
              </Tooltip>
            )}
          </Row>
        ))}
      </List>
      {unpin.problem !== null && <p role="alert">{problemWords(unpin.problem)}</p>}
    </Section>
  );
}

interface WayProps {
  conversationId: string;
  message: PinnedMessage;
  author: string;
}

function WayTo({ conversationId, message, author }: WayProps) {
  // Where both fit, the list stays.
  const beside = useMediaQuery(useTheme().breakpoints.up("md"));
  const now = useNow(60_000);
  const { messageId, at } = message;
  return (
    <Way to={beside ? paths.messageBeside(conversationId, messageId) : paths.message(conversationId, messageId)}>
      <div>
        <b>
          <bdi>{author}</bdi>
        </b>
        <time dateTime={new Date(at).toISOString()} title={fullTime(at)}>
          {shortWhen(at, now)}
        </time>
      </div>
      <span dir="auto">{firstLine(textWords(message))}</span>
    </Way>
  );
}
