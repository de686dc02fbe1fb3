import { Button } from "@mui/material";
import { styled } from "@mui/material/styles";
import { memo, useState, type KeyboardEvent, type ReactNode } from "react";
import { Link, NavLink, useMatch } from "react-router";
import { Avatar } from "../../components/Avatar";
import { Empty } from "../../components/Empty";
import { PersonAddIcon } from "../../components/icons";
import { Name } from "../../components/Pane";
import { RoomDisc } from "../../components/RoomDisc";
import { Shield } from "../../components/Shield";
import { RowSkeletons } from "../../components/Skeletons";
import { VisuallyHidden } from "../../components/VisuallyHidden";
import { useAppSelector, useNow } from "../../app/hooks";
import { selectOnline, selectPerson, selectTalkList, shieldOf, type ShieldState } from "../../app/selectors";
import { previewLine } from "../../app/words/notices";
import { roomPreview } from "../../app/words/rooms";
import { paths } from "../../lib/paths";
import { firstLine, plural } from "../../lib/text";
import { shortWhen } from "../../lib/time";
import type { Conversation, Room } from "../../realtime/state";

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

/** Somebody waits for an answer: not one more to read. */
const Asks = styled(Count)(({ theme }) => ({
  display: "inline-flex",
  alignItems: "center",
  gap: 3,
  height: 20,
  background: "transparent",
  border: `1px solid ${theme.palette.accent}`,
  color: theme.palette.accent,
}));

interface RowProps {
  id: string;
  disc: ReactNode;
  name: string;
  shield: ShieldState;
  online: boolean;
  at: number;
  says: string;
  unread: number;
  mentioned: boolean;
  /** How many people wait for somebody here to let them in. */
  asking?: number;
  now: number;
  tabStop: boolean;
}

const many = (count: number) => (count > 99 ? "99+" : count);

const TalkRow = memo(function TalkRow(props: RowProps) {
  const { id, disc, name, shield, online, at, says, unread, mentioned, asking = 0, now, tabStop } = props;
  return (
    <li>
      <Row to={paths.conversation(id)} data-conversation={id} tabIndex={tabStop ? 0 : -1}>
        {disc}
        <span style={{ minWidth: 0, display: "grid" }}>
          <Line>
            <Title unread={unread > 0}>
              <Name>{name}</Name>
              <Shield state={shield} size={15} />
              {online && <VisuallyHidden>, online</VisuallyHidden>}
            </Title>
            <When dateTime={new Date(at).toISOString()}>{shortWhen(at, now)}</When>
          </Line>
          <Line>
            <Says unread={unread > 0} dir="auto">
              {firstLine(says)}
            </Says>
            {asking > 0 && (
              <Asks>
                <PersonAddIcon size={12} />
                {many(asking)}
                <VisuallyHidden> {asking === 1 ? "person asks" : "people ask"} to join</VisuallyHidden>
              </Asks>
            )}
            {mentioned && (
              <Count>
                <span aria-hidden>@</span>
                <VisuallyHidden>You are mentioned.</VisuallyHidden>
              </Count>
            )}
            {unread > 0 && (
              <Count>
                {many(unread)}
                <VisuallyHidden> {plural(unread, "unread message")}</VisuallyHidden>
              </Count>
            )}
          </Line>
        </span>
      </Row>
    </li>
  );
});

type ListedProps<T> = Pick<RowProps, "now" | "tabStop"> & { it: T };

function SessionRow({ it, ...rest }: ListedProps<Conversation>) {
  const { id, peer, unread, mentioned, lastActivityAt } = it;
  const person = useAppSelector((state) => selectPerson(state, peer.id));
  const online = useAppSelector((state) => selectOnline(state, peer.id)) === true;
  return (
    <TalkRow
      {...rest}
      id={id}
      disc={<Avatar id={peer.id} name={peer.username} online={online} />}
      name={peer.username}
      shield={shieldOf(person, it)}
      online={online}
      at={lastActivityAt}
      says={previewLine(it)}
      unread={unread}
      mentioned={mentioned > 0}
    />
  );
}

function RoomRow({ it, ...rest }: ListedProps<Room>) {
  const { id, name, unread, mentioned, lastActivityAt, findings, settings, joining } = it;
  return (
    <TalkRow
      {...rest}
      id={id}
      disc={<RoomDisc id={id} name={name} />}
      name={name === "" ? "Room" : name}
      shield={findings.length > 0 ? "misbehaved" : "none"}
      online={false}
      at={lastActivityAt}
      says={roomPreview(it)}
      unread={unread}
      mentioned={mentioned > 0}
      // Without approval they come in by themselves.
      asking={settings.approval ? joining.length : 0}
    />
  );
}

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
  const list = useAppSelector(selectTalkList);
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
  const known = (id: string | null | undefined) => list.some(({ it }) => it.id === id);
  const stop = known(focused) ? focused : known(current) ? current : list[0]?.it.id;
  return (
    <List
      onKeyDown={moveBetweenRows}
      onFocus={(event) => setFocused(event.target.dataset.conversation ?? null)}
      onBlur={() => setFocused(null)}
      aria-label="Conversations"
    >
      {list.map((talked) => {
        const { id } = talked.it;
        const shared = { now, tabStop: id === stop };
        return talked.kind === "room" ? (
          <RoomRow key={id} it={talked.it} {...shared} />
        ) : (
          <SessionRow key={id} it={talked.it} {...shared} />
        );
      })}
    </List>
  );
}
