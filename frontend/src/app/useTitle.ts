import { useEffect } from "react";
import { useAppSelector } from "./hooks";
import { selectUnread } from "./selectors";

/** "(3) Alice · QuantumChat": the number of unread messages stands in the tab. */
export function useTitle(page: string | null): void {
  const unread = useAppSelector(selectUnread);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ""}${page === null ? "" : `${page} · `}QuantumChat`;
  }, [page, unread]);
}
