import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { memo, useState, type KeyboardEvent } from "react";
import { Link, NavLink, useMatch } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Empty } from "../../components/Empty";
import { Name } from "../../components/Pane";
import { Shield } from "../../components/Shield";
import { RowSkeletons } from "../../components/Skeletons";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { useAppSelector, useNow } from "../../app/hooks";
import { selectConversationList, selectOnline, selectPerson, shieldOf } from "../../app/selectors";
import { previewLine } from "../../app/words/notices";
import { paths } from "../../lib/paths";
import { firstLine, plural } from "../../lib/text";
import { shortWhen } from "../../lib/time";
import type { Conversation } from "../../realtime/state";

const List = styled("ul")({ margin: 0, padding: "4px 8px 12px", listStyle: "none" });

const Row = styled(NavLink)(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: "36px minmax(0, 1fr)",
  alignItems: "center",
  columnGap: 12,
  height: 56,
  padding: "0 10px",
  borderRadius: 8,
  color: "inherit",
  textDecoration: "none",
  "&:hover": { background: theme.palette.hover },
  "&.active": { background: theme.palette.chosen },
  "&:focus-visible": { outlineOffset: -2 },
}));

const Line = styled("span")({ display: "flex", alignItems: "center", gap: 6, minWidth: 0 });
const Title = styled("span", { shouldForwardProp: (name) => name !== "unread" })<{ unread: boolean }>(({ unread }) => ({
  display: "flex",
  alignItems: "center",
  gap: 4,
  flex: 1,
  minWidth: 0,
  fontWeight: unread ? 650 : 500,
}));
const When = styled("time")(({ theme }) => ({
  ...theme.typography.caption,
  flex: "none",
  color: theme.palette.text.secondary,
  fontVariantNumeric: "tabular-nums",
}));
const Says = styled("span", { shouldForwardProp: (name) => name !== "unread" })<{ unread: boolean }>(
  ({ theme, unread }) => ({
    ...theme.typography.body2,
    flex: 1,
    minWidth: 0,
    textAlign: "left",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    color: unread ? theme.palette.text.primary : theme.palette.text.secondary,
  }),
);
const Count = styled("span")(({ theme }) => ({
  flex: "none",
  minWidth: 20,
  padding: "0 6px",
  borderRadius: 10,
  textAlign: "center",
  fontSize: 12,
  lineHeight: "20px",
  fontWeight: 600,
  fontVariantNumeric: "tabular-nums",
  background: theme.palette.accent,
  color: theme.palette.primary.contrastText,
}));

const ConversationRow = memo(function ConversationRow({
  conversation,
  now,
  tabStop,
}: {
  conversation: Conversation;
  now: number;
  tabStop: boolean;
}) {
  const { id, peer, unread } = conversation;
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const online = useAppSelector((state) => selectOnline(state, peer.id)) === true;
  return (
    <li>
      <Row to={paths.conversation(id)} data-conversation={id} tabIndex={tabStop ? 0 : -1}>
        <Avatar id={peer.id} name={peer.username} online={online} />
        <span style={{ minWidth: 0, display: "grid" }}>
          <Line>
            <Title unread={unread > 0}>
              <Name>{peer.username}</Name>
              <Shield state={shieldOf(person, conversation)} size={15} />
              {online && <VisuallyHidden>, online</VisuallyHidden>}
            </Title>
            <When dateTime={new Date(conversation.lastActivityAt).toISOString()}>
              {shortWhen(conversation.lastActivityAt, now)}
            </When>
          </Line>
          <Line>
            <Says unread={unread > 0} dir="auto">
              {firstLine(previewLine(conversation))}
            </Says>
            {unread > 0 && (
              <Count>
                {unread > 99 ? "99+" : unread}
                <VisuallyHidden> {plural(unread, "unread message")}</VisuallyHidden>
              </Count>
            )}
          </Line>
        </span>
      </Row>
    </li>
  );
});

/** Up and down go through the rows; Tab, which stops at one of them only, leaves. */
function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("a[data-conversation]")];
  const next = rows[rows.indexOf(document.activeElement as HTMLElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

export function ConversationList() {
  const list = useAppSelector(selectConversationList);
  const now = useNow(60_000);
  const current = useMatch("/c/:conversationId/*")?.params.conversationId;
  const [focused, setFocused] = useState<string | null>(null);
  if (list === null) return <RowSkeletons count={6} label="Loading conversations" />;
  if (list.length === 0) {
    return (
      <Empty
        action={
          <Button component={Link} to={paths.people}>
            Find people
          </Button>
        }
      >
        No conversations yet.
      </Empty>
    );
  }
  const known = (id: string | null | undefined) => list.some((conversation) => conversation.id === id);
  const stop = known(focused) ? focused : known(current) ? current : list[0]?.id;
  return (
    <List
      onKeyDown={moveBetweenRows}
      onFocus={(event) => setFocused(event.target.dataset.conversation ?? null)}
      onBlur={() => setFocused(null)}
      aria-label="Conversations"
    >
      {list.map((conversation) => (
        <ConversationRow
          key={conversation.id}
          conversation={conversation}
          now={now}
          tabStop={conversation.id === stop}
        />
      ))}
    </List>
  );
}
