import { Dialog, InputBase } from "@mui/material";
import { styled } from "@mui/material/styles";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { Avatar } from "../components/Avatar";
import { BrowserIcon, PeopleIcon, SearchIcon } from "../components/icons";
import { Name } from "../components/Pane";
import { RoomDisc } from "../components/RoomDisc";
import { VisuallyHidden } from "../components/VisuallyHidden";
import { paths } from "../lib/paths";
import { useAppSelector } from "./hooks";
import { nameOf, selectTalkList, type Talked } from "./selectors";

const Options = styled("ul")(({ theme }) => ({
  listStyle: "none",
  margin: 0,
  padding: 6,
  overflowY: "auto",
  maxHeight: "min(50dvh, 420px)",
  borderTop: `1px solid ${theme.palette.line}`,
}));

const Option = styled("li")(({ theme }) => ({
  display: "flex",
  alignItems: "center",
  gap: 12,
  minHeight: 40,
  padding: "4px 10px",
  borderRadius: 6,
  cursor: "pointer",
  "&[aria-selected=true]": { background: theme.palette.chosen },
  "& > svg": { color: theme.palette.text.secondary, margin: "0 4px" },
  "& small": { ...theme.typography.body2, marginLeft: "auto", flex: "none", color: theme.palette.text.secondary },
  [theme.touch]: { minHeight: 48 },
}));

interface Target {
  key: string;
  to: string;
  content: ReactNode;
}

const MOST = 50;

/** Names that begin with the query go before those that contain it. */
function matching(conversations: Talked[], query: string): Talked[] {
  if (query === "") return conversations.slice(0, MOST);
  const rank = (name: string) => (name.startsWith(query) ? 0 : name.includes(query) ? 1 : 2);
  return conversations
    .map((conversation) => ({ conversation, rank: rank(nameOf(conversation).toLowerCase()) }))
    .filter((it) => it.rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map((it) => it.conversation);
}

function useTargets(query: string): Target[] {
  const conversations = useAppSelector(selectTalkList) ?? [];
  const wanted = query.trim().toLowerCase();
  const pages: (Target & { words: string })[] = [
    {
      key: "people",
      to: paths.people,
      words: "people",
      content: (
        <>
          <PeopleIcon /> People
        </>
      ),
    },
    {
      key: "account",
      to: paths.account,
      words: "account browsers appearance",
      content: (
        <>
          <BrowserIcon /> Account
        </>
      ),
    },
  ];
  const found = matching(conversations, wanted).map((talked) => {
    const { id, stage } = talked.it;
    const name = nameOf(talked);
    return {
      key: id,
      to: paths.conversation(id),
      content: (
        <>
          {talked.kind === "room" ? (
            <RoomDisc id={id} name={name} size={28} />
          ) : (
            <Avatar id={talked.it.peer.id} name={name} size={28} />
          )}
          <Name>{name}</Name>
          {stage.kind === "closed" && <small>ended</small>}
        </>
      ),
    };
  });
  const search: Target[] =
    wanted === ""
      ? []
      : [
          {
            key: "search",
            to: `${paths.people}?q=${encodeURIComponent(query.trim())}`,
            content: (
              <>
                <SearchIcon /> Look for “{query.trim()}” among all people
              </>
            ),
          },
        ];
  return [...found, ...pages.filter((page) => page.words.includes(wanted)), ...search];
}

export function QuickSwitcher({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog
      open={open}
      onClose={onClose}
      fullWidth
      maxWidth="sm"
      aria-labelledby="go-to-title"
      sx={{ "& .MuiDialog-container": { alignItems: "flex-start", pt: "10vh" } }}
    >
      <VisuallyHidden id="go-to-title">Go to</VisuallyHidden>
      <Finder onClose={onClose} />
    </Dialog>
  );
}

function Finder({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const id = useId();
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(0);
  const targets = useTargets(query);
  const at = Math.min(chosen, targets.length - 1);
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const go = (target: Target | undefined) => {
    if (target === undefined) return;
    onClose();
    void navigate(target.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((at + step + targets.length) % targets.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      go(targets[at]);
    }
  };
  return (
    <>
      <InputBase
        autoFocus
        fullWidth
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
        placeholder="Name or page"
        sx={{ px: 4, py: 2.5, fontSize: 17, "& input": { outline: "none" } }}
        inputProps={{
          role: "combobox",
          "aria-label": "Go to",
          "aria-expanded": true,
          "aria-controls": `${id}-list`,
          "aria-activedescendant": targets[at] === undefined ? undefined : `${id}-${targets[at].key}`,
          "aria-autocomplete": "list",
          spellCheck: false,
          autoComplete: "off",
        }}
      />
      <Options ref={list} role="listbox" id={`${id}-list`} aria-label="Places">
        {targets.map((target, index) => (
          <Option
            key={target.key}
            id={`${id}-${target.key}`}
            role="option"
            aria-selected={index === at}
            onClick={() => go(target)}
            onMouseMove={() => setChosen(index)}
          >
            {target.content}
          </Option>
        ))}
      </Options>
    </>
  );
}
