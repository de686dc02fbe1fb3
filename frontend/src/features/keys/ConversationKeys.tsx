import { styled } from "@mui/material/styles";
import { Name, Secondary } from "../../components/Pane";
import { useAppSelector, useMessenger, useNow } from "../../app/hooks";
import { selectTalkList } from "../../app/selectors";
import { inSentence } from "../../lib/time";
import type { KeysView } from "../../realtime/keys";
import { Renew } from "./parts";

const List = styled("ul")({ margin: 0, padding: 0, listStyle: "none" });
const Line = styled("li")(({ theme }) => ({
  display: "flex",
  flexWrap: "wrap",
  justifyContent: "space-between",
  alignItems: "start",
  gap: "4px 12px",
  padding: "10px 0",
  "& + &": { borderTop: `1px solid ${theme.palette.line}` },
  "& > div:first-of-type": { display: "grid", minWidth: 0, flex: "1 1 220px" },
}));

interface Props {
  keys: KeysView;
  then: (work: Promise<void>) => Promise<void>;
}

/** What each conversation is encrypted with just now. */
export function ConversationKeys({ keys, then }: Props) {
  const messenger = useMessenger();
  const talks = useAppSelector(selectTalkList) ?? [];
  const now = useNow(60_000);
  const shown = talks.flatMap(({ kind, it }) => {
    const of = keys.conversations.find(({ id }) => id === it.id);
    return of === undefined ? [] : [{ ...of, name: kind === "session" ? it.peer.username : it.name }];
  });
  if (shown.length === 0) return <Secondary>No conversation has keys yet.</Secondary>;
  return (
    <>
      <p>They get new keys by themselves: every 500 messages, every day of use, and whenever somebody comes or goes.</p>
      <List>
        {shown.map(({ id, name, epoch, madeAt }) => (
          <Line key={id}>
            <div>
              <Name>{name}</Name>
              <Secondary>
                {madeAt === null ? "" : `New keys ${inSentence(madeAt, now)} · `}epoch {epoch}
              </Secondary>
            </div>
            <Renew
              label="Make new keys"
              spoken={`Make new keys with ${name}`}
              running="Making new keys…"
              done="New keys are in use."
              command={() => then(messenger.rotate(id))}
            />
          </Line>
        ))}
      </List>
    </>
  );
}
