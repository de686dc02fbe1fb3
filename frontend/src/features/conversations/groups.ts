import { startOfDay } from "../../lib/time";
import type { MessageEntry, NoticeEntry, TimelineEntry } from "../../realtime/state";

/** Messages of one sender within this time of each other stand together. */
const TOGETHER_MS = 5 * 60_000;

/** Messages that disappeared unread one after another are counted in one line. */
function together(above: NoticeEntry, entry: NoticeEntry): NoticeEntry | null {
  if (above.notice.code !== "disappeared" || entry.notice.code !== "disappeared") return null;
  return { ...above, notice: { code: "disappeared", count: above.notice.count + entry.notice.count } };
}

export type Block =
  | { kind: "day"; key: string; at: number }
  | { kind: "unread"; key: string }
  | { kind: "notice"; key: string; entry: NoticeEntry }
  | { kind: "group"; key: string; authorId: string; at: number; messages: MessageEntry[] };

/**
 * What the timeline shows, top to bottom. `unreadAfter`: the line "unread from here" stands before the first message of
 * somebody else behind this seq; null for none.
 */
export function blocksOf(entries: TimelineEntry[], selfId: string, unreadAfter: number | null): Block[] {
  const blocks: Block[] = [];
  let day: number | null = null;
  let lined = unreadAfter === null;
  for (const entry of entries) {
    if (day !== startOfDay(entry.at)) {
      day = startOfDay(entry.at);
      blocks.push({ kind: "day", key: `day-${entry.id}`, at: entry.at });
    }
    if (entry.kind === "notice") {
      const above = blocks.at(-1);
      if (above?.kind === "notice" && together(above.entry, entry) !== null) {
        above.entry = together(above.entry, entry) ?? entry;
        continue;
      }
      blocks.push({ kind: "notice", key: entry.id, entry });
      continue;
    }
    if (!lined && unreadAfter !== null && entry.authorId !== selfId && entry.position > unreadAfter) {
      lined = true;
      blocks.push({ kind: "unread", key: "unread" });
    }
    const last = blocks.at(-1);
    const before = last?.kind === "group" ? last.messages.at(-1) : undefined;
    if (last?.kind === "group" && before?.authorId === entry.authorId && entry.at - before.at < TOGETHER_MS) {
      last.messages.push(entry);
    } else {
      blocks.push({ kind: "group", key: entry.id, authorId: entry.authorId, at: entry.at, messages: [entry] });
    }
  }
  return blocks;
}
