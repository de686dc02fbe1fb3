/** The real server with a liar before it: what it tells one browser of one conversation. */
import { fromBase64url, toBase64url } from "../../crypto/primitives/encoding";
import { nextChain } from "../../crypto/statements/chain";
import type { Id, WireAccountKeys, WireRow } from "../../crypto/wire";
import type { Exchange, Tampering } from "./network";
import type { TestPerson } from "./person";

type Rows = WireRow[];
interface Page {
  items: Rows;
  head: { seq: number };
}

/** Changes what it says of a room, wherever it says it. */
export function ofRoom(id: Id, change: (view: Record<string, unknown>) => Record<string, unknown>): Tampering {
  const told = (said: unknown): unknown => {
    const view = said as Record<string, unknown>;
    if (view.id === id) return change(view);
    return Array.isArray(view.items) ? { ...view, items: view.items.map(told) } : said;
  };
  return {
    answer: ({ path, answer }) => (path.startsWith("/api/rooms") ? told(answer) : answer),
    frame: (frame) => ("room" in frame ? { ...frame, room: told(frame.room) } : frame),
  };
}

/** Changes rows on every way to a browser; null leaves one out. */
export function ofRows(edit: (row: WireRow) => WireRow | null): Tampering {
  const edited = (rows: Rows) => rows.map(edit).filter((row) => row !== null);
  return {
    frame: (frame) => ("rows" in frame ? { ...frame, rows: edited(frame.rows as Rows) } : frame),
    answer: ({ path, answer }) =>
      path === "/api/messages" ? { ...(answer as Page), items: edited((answer as Page).items) } : answer,
  };
}

/** Serves another's keys than theirs, alone and among those of many. */
export const lyingAbout = (userId: Id, lie: (keys: WireAccountKeys) => WireAccountKeys) => ({
  answer: ({ path, answer }: Exchange) => {
    if (path === `/api/users/${userId}/keys`) return lie(answer as WireAccountKeys);
    if (path !== "/api/users/keys") return answer;
    const { items } = answer as { items: WireAccountKeys[] };
    return { items: items.map((keys) => (keys.user_id === userId ? lie(keys) : keys)) };
  },
});

/** Numbers and chains rows anew from where `first` stands, as a server does that rewrites its log behind what was verified. */
async function rechained(rows: Rows, first: WireRow): Promise<Rows> {
  let { seq, previous_chain: previous } = first;
  const forged: Rows = [];
  for (const row of rows) {
    const chain = await nextChain(fromBase64url(previous), {
      ...row,
      seq,
      senderTag: fromBase64url(row.sender_tag),
      clientId: row.client_id,
      timeMs: Date.parse(row.timestamp),
      bodyHash: fromBase64url(row.body_hash),
    });
    forged.push({ ...row, seq: seq++, previous_chain: previous, chain: toBase64url(chain) });
    previous = toBase64url(chain);
  }
  return forged;
}

/**
 * From now on a conversation's rows are kept from this browser, until `tell` shows it a forged history in their place: whole, and
 * without a hole in its chain. Only what others write can betray that.
 */
export function lieTo(person: TestPerson, id: Id): { tell: (forge: (rows: Rows) => Rows) => Promise<void> } {
  let forge: ((rows: Rows) => Rows) | null = null;
  let forged: Rows = [];
  person.browser.network.tampering = {
    frame: (frame) => ("rows" in frame ? null : frame),
    answer: async ({ path, query, answer }) => {
      if (path !== "/api/messages" || query.get("conversation_id") !== id) return answer;
      const { items, head } = answer as Page;
      const [first] = items;
      const after = Number(query.get("after"));
      if (forge !== null && first !== undefined && forged.length === 0) forged = await rechained(forge(items), first);
      return { items: forged.filter(({ seq }) => seq > after), head: { ...head, seq: forged.at(-1)?.seq ?? after } };
    },
  };
  return {
    tell: (how) => {
      forge = how;
      return person.crashAndReload();
    },
  };
}

/** Shows a conversation as it was up to a place, and in an earlier generation: as if nothing had followed. */
export function rolledBack(id: Id, generation: number, seq: number): Tampering {
  const view = ofRoom(id, (shown) => ({ ...shown, generation, seq }));
  return {
    frame: (frame) => ("rows" in frame ? null : view.frame!(frame)),
    answer: (exchange) => {
      const { path, query, answer } = exchange;
      if (path !== "/api/messages" || query.get("conversation_id") !== id) return view.answer!(exchange);
      const { items, head } = answer as Page;
      return { items: items.filter((row) => row.seq <= seq), head: { ...head, seq } };
    },
  };
}
