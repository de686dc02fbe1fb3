import { InputBase } from "@mui/material";
import { styled } from "@mui/material/styles";
import { memo, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { SearchIcon } from "../../../components/icons";
import type { Emoji, Section } from "./emoji";

const COLUMNS = 7;

const Search = styled("div")(({ theme }) => ({
  flex: "none",
  display: "flex",
  alignItems: "center",
  gap: 8,
  padding: "4px 12px",
  color: theme.palette.text.secondary,
  borderBottom: `1px solid ${theme.palette.line}`,
  "& input": { height: 28, color: theme.palette.text.primary },
  [theme.touch]: { "& input": { height: 36, fontSize: 16 } },
}));

const Scroller = styled("div")({ flex: 1, overflowY: "auto", overscrollBehavior: "contain", padding: "0 6px 8px" });

const Group = styled("div")(({ theme }) => ({
  display: "grid",
  gridTemplateColumns: `repeat(${COLUMNS}, 1fr)`,
  contentVisibility: "auto",
  containIntrinsicSize: "auto 600px",
  "& h3": {
    ...theme.typography.caption,
    gridColumn: "1 / -1",
    margin: 0,
    padding: "8px 6px 4px",
    color: theme.palette.text.secondary,
  },
  "& button": {
    height: 40,
    padding: 0,
    border: 0,
    borderRadius: 8,
    background: "none",
    font: "inherit",
    fontSize: 22,
    lineHeight: "40px",
    color: theme.palette.text.primary,
    cursor: "pointer",
  },
  "& button:hover": { background: theme.palette.hover },
  [theme.touch]: { "& button": { height: 44 } },
}));

const Nothing = styled("p")(({ theme }) => ({
  ...theme.typography.body2,
  margin: 0,
  padding: 16,
  textAlign: "center",
  color: theme.palette.text.secondary,
}));

interface Props {
  data: { sections: Section[]; known: (list: readonly string[]) => Emoji[]; find: (typed: string) => Emoji[] };
  recent: readonly string[];
  onPick: (emoji: string) => void;
}

export function EmojiGrid({ data, recent, onPick }: Props) {
  const [typed, setTyped] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const searching = typed.trim() !== "";
  const shown = useMemo<Section[]>(() => {
    if (searching) return [{ title: "Found", emoji: data.find(typed) }];
    const before = data.known(recent);
    return before.length === 0 ? data.sections : [{ title: "Recent", emoji: before }, ...data.sections];
  }, [data, recent, searching, typed]);
  const first = shown[0]?.emoji[0];

  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      buttonsOf(scroller.current)[0]?.focus();
    } else if (event.key === "Enter" && searching && first !== undefined && !event.nativeEvent.isComposing) {
      event.preventDefault();
      onPick(first.emoji);
    }
  };
  return (
    <>
      <Search>
        <SearchIcon size={16} />
        <InputBase
          autoFocus
          fullWidth
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onSearchKey}
          placeholder="Search"
          inputProps={{ "aria-label": "Search emoji", type: "search", enterKeyHint: "done" }}
        />
      </Search>
      <Scroller
        ref={scroller}
        onKeyDown={(event) => walk(event, shown)}
        onClick={({ target }) => {
          const { emoji } = (target as HTMLElement).closest<HTMLElement>("[data-emoji]")?.dataset ?? {};
          if (emoji !== undefined) onPick(emoji);
        }}
      >
        {shown.map((section, index) => (
          <SectionOf key={section.title} section={section} stop={index === 0} />
        ))}
        {first === undefined && <Nothing role="status">No emoji is called that.</Nothing>}
      </Scroller>
    </>
  );
}

/** Drawn once: there are two thousand, and none of them changes. */
const SectionOf = memo(function SectionOf({ section: { title, emoji }, stop }: { section: Section; stop: boolean }) {
  return (
    <Group role="group" aria-label={title}>
      {emoji.length > 0 && <h3 aria-hidden>{title}</h3>}
      {emoji.map((one, index) => (
        <button
          key={one.emoji}
          type="button"
          data-emoji={one.emoji}
          aria-label={one.name}
          title={one.name}
          // Tab stops once; arrows go on from there.
          tabIndex={stop && index === 0 ? 0 : -1}
        >
          {one.emoji}
        </button>
      ))}
    </Group>
  );
});

const buttonsOf = (element: HTMLElement | null) => [...(element?.querySelectorAll<HTMLElement>("[data-emoji]") ?? [])];

function walk(event: KeyboardEvent<HTMLElement>, shown: readonly Section[]): void {
  const buttons = buttonsOf(event.currentTarget);
  const at = buttons.indexOf(event.target as HTMLElement);
  const next = at < 0 ? null : stepFrom(at, event.key, shown);
  if (next === null) return;
  event.preventDefault();
  buttons[next]?.focus();
}

/** Where a key leads; rows end with their section. */
function stepFrom(at: number, key: string, shown: readonly Section[]): number | null {
  if (key === "ArrowLeft") return at - 1;
  if (key === "ArrowRight") return at + 1;
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  let start = 0;
  const rows = shown.flatMap(({ emoji }) => {
    const all = Array.from({ length: Math.ceil(emoji.length / COLUMNS) }, (_, row) => ({
      start: start + row * COLUMNS,
      length: Math.min(COLUMNS, emoji.length - row * COLUMNS),
    }));
    start += emoji.length;
    return all;
  });
  const row = rows.findIndex((one) => at < one.start + one.length);
  const to = rows[row + (key === "ArrowDown" ? 1 : -1)];
  if (to === undefined) return at;
  return to.start + Math.min(at - (rows[row]?.start ?? 0), to.length - 1);
}
