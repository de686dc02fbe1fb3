import { useEffect } from "react";
import { useMatch, useNavigate } from "react-router";
import { paths } from "../lib/paths";
import { useAppSelector } from "./hooks";
import { selectConversationList } from "./selectors";

const editable = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/u.test(target.tagName));

const overlayOpen = () => document.querySelector('[role="dialog"], [role="menu"]') !== null;

/** The parts of the window; each is entered where one goes on working: the first of these that is there. */
const PARTS: Record<string, string[]> = {
  list: ["a.active", "a[data-conversation]", "button"],
  main: ["[data-composer]", "input", "[role=log]", "[tabindex='-1']"],
  details: ["h2[tabindex]"],
};

const visible = (element: HTMLElement) => element.offsetParent !== null;

function nextPart(back: boolean): void {
  const panes = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter(visible);
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes[(at + (back ? -1 : 1) + panes.length) % panes.length];
  if (pane === undefined) return;
  const entries = (PARTS[pane.dataset.pane ?? ""] ?? []).map((part) =>
    [...pane.querySelectorAll<HTMLElement>(part)].find(visible),
  );
  (entries.find((entry) => entry !== undefined) ?? pane).focus();
}

interface Actions {
  onFind: () => void;
  onKeys: () => void;
}

/** Keys that work wherever one is. */
export function useShortcuts({ onFind, onKeys }: Actions): void {
  const navigate = useNavigate();
  const list = useAppSelector(selectConversationList);
  const current = useMatch("/c/:conversationId/*")?.params.conversationId;
  const details = useMatch("/c/:conversationId/details") !== null;

  useEffect(() => {
    const step = (by: number) => {
      const at = list?.findIndex((conversation) => conversation.id === current) ?? -1;
      const next = list?.[at === -1 ? 0 : at + by];
      if (next !== undefined) void navigate(paths.conversation(next.id));
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k")
        onFind();
      else if (overlayOpen()) return;
      else if (event.key === "?" && !editable(event.target)) onKeys();
      else if (event.key === "F6") nextPart(event.shiftKey);
      else if (event.altKey && event.key === "ArrowUp") step(-1);
      else if (event.altKey && event.key === "ArrowDown") step(1);
      else if (event.key === "Escape" && details && current !== undefined) void navigate(paths.conversation(current));
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, [navigate, list, current, details, onFind, onKeys]);
}
