import { useLayoutEffect, useRef } from "react";
import { useLocation } from "react-router";

const lost = () => {
  const active = document.activeElement;
  return active === null || active === document.body || (active instanceof HTMLElement && active.offsetParent === null);
};

const conversationOf = (path: string) => /^\/c\/([^/]+)/u.exec(path)?.[1];

/** When what had the focus is gone, it goes to where one came from, or else to the pane that came. */
export function useFocusOnMove(): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  // Together with what is drawn: a key pressed at once belongs to the new pane.
  useLayoutEffect(() => {
    const from = before.current;
    before.current = pathname;
    if (from === pathname) return;
    const closedDetails = from === `${pathname}/details`;
    const left = conversationOf(from);
    if (closedDetails) document.getElementById("details-toggle")?.focus();
    else if (lost() && pathname === "/" && left !== undefined) {
      document.querySelector<HTMLElement>(`[data-conversation="${CSS.escape(left)}"]`)?.focus();
    } else if (lost()) document.querySelector<HTMLElement>('[data-pane="main"]')?.focus();
  }, [pathname]);
}
