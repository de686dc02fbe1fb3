/** Brings the rows of every conversation to crypto/, in order, fetches what it asks for, and says what arrived. */
import type { Row } from "../api/types";
import type { Need, Received, TimelineEntry } from "../crypto/client";
import type { Context } from "./context";
import type { Conversations } from "./conversations";
import type { Directory } from "./directory";
import type { Jobs, Verdict } from "./jobs";
import { Lanes } from "./lanes";
import type { Pins } from "./pins";
import type { Id } from "./state";

const PAGE = 200;
/** Receipts of rows that arrive close together go out as one. */
const GROUP_MS = 40;

export interface LogDependencies {
  readonly conversations: Conversations;
  readonly directory: Directory;
  readonly pins: Pins;
  /** Says "stored up to here"; false while there is no line. */
  readonly acknowledge: (conversationId: Id, seq: number) => boolean;
  /** New rows may have unblocked sending, or made a commit due. */
  readonly advanced: (conversationId: Id) => void;
  /** A message of this account is deleted, by whomever. */
  readonly deleted: () => void;
  /** Fetches what the server says about itself. */
  readonly config: () => Promise<void>;
}

export class Log {
  readonly #lanes = new Lanes();
  readonly #pulls: Jobs;
  readonly #acks: Jobs;
  /** What the server was told over this socket, or should have been told before: the last words of a socket may be lost. */
  readonly #told = new Map<Id, number>();
  /** What was fetched last without being enough. */
  readonly #asked = new Map<Id, string>();
  /** Rows that came and lack something, so that they need not come again with it. */
  readonly #held = new Map<Id, { rows: Row[]; headSeq: number; needs: readonly Need[] }>();

  constructor(
    private readonly context: Context,
    private readonly dependencies: LogDependencies,
  ) {
    this.#pulls = context.jobs((id) => this.#pull(id));
    this.#acks = context.jobs((id) => this.#acknowledge(id));
  }

  /** Rows that the socket brought. */
  async received(id: Id, rows: Row[], headSeq: number): Promise<void> {
    const received = await this.#lanes.run(id, () => this.context.crypto.receive(id, rows, headSeq, false));
    const { needs } = received;
    if (needs.some(({ kind }) => kind !== "rows")) this.#held.set(id, { rows, headSeq, needs });
    await this.took(received);
  }

  /** Shows, confirms, and fetches what is missing. */
  async took(received: Received): Promise<void> {
    await this.#shown(received);
    if (received.needs.length > 0) this.pull(received.conversation.id);
  }

  pull(id: Id): void {
    this.#pulls.kick(id);
  }

  /** The server tells where the log ends: nothing to fetch if this browser has it all. */
  async headAt(id: Id, seq: number, known: Received): Promise<void> {
    if (known.needs.length > 0 || seq !== known.conversation.verifiedSeq) this.pull(id);
    else await this.took(await this.#lanes.run(id, () => this.context.crypto.receive(id, [], seq, true)));
  }

  /** Resolves when what the server has was asked for once; the rest goes on by itself. */
  async catchUp(id: Id): Promise<void> {
    const { received } = await this.#page(id);
    if (received.needs.length > 0) this.pull(id);
  }

  confirm(id: Id): void {
    this.#acks.kick(id, GROUP_MS);
  }

  /** On a new socket. */
  reconnected(): void {
    const told = [...this.#told.keys()];
    this.#told.clear();
    for (const id of told) this.confirm(id);
  }

  async #pull(id: Id): Promise<Verdict> {
    await this.#completed(id);
    const { before, rows, head, received } = await this.#page(id);
    const { conversation, needs } = received;
    if (needs.length > 0) {
      this.#held.set(id, { rows, headSeq: head, needs });
      const asked = JSON.stringify([conversation.verifiedSeq, needs]);
      // What did not help once may help later: the other side has to act first.
      if (this.#asked.get(id) === asked) return "retry";
      this.#asked.set(id, asked);
      return { again: 0 };
    }
    this.#asked.delete(id);
    const { verifiedSeq } = conversation;
    return head > verifiedSeq && verifiedSeq > before ? { again: 0 } : "done";
  }

  /** Fetches what rows lacked, and takes them as they came: a commit of a large room is long. */
  async #completed(id: Id): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    await this.#fetch(held.needs);
    const { rows, headSeq } = held;
    await this.#shown(await this.#lanes.run(id, () => this.context.crypto.receive(id, rows, headSeq, false)));
  }

  async #page(id: Id): Promise<{ before: number; rows: Row[]; head: number; received: Received }> {
    const page = await this.#lanes.run(id, async () => {
      const { verifiedSeq: before, loggedSeq } = await this.context.crypto.conversation(id);
      const query = { conversation_id: id, after: before, limit: PAGE };
      const { items, head } = await this.context.api.get("/api/messages", { query });
      const received = await this.context.crypto.receive(id, items, head.seq, true, loggedSeq);
      return { before, rows: items, head: head.seq, received };
    });
    await this.#shown(page.received);
    return page;
  }

  async #shown(received: Received): Promise<void> {
    const { id } = received.conversation;
    await this.dependencies.conversations.took(received);
    this.confirm(id);
    const gone = (entry: TimelineEntry) => entry.kind === "message" && entry.own && entry.deletedAt !== null;
    if (received.entries.some(gone)) this.dependencies.deleted();
    this.dependencies.advanced(id);
  }

  async #fetch(needs: readonly Need[]): Promise<void> {
    const unknown = needs.filter((need) => need.kind === "account_keys");
    if (unknown.length > 0) await this.dependencies.directory.learnMany(unknown, true);
    for (const need of needs) {
      if (need.kind === "agreement") await this.dependencies.pins.pull();
      if (need.kind === "config") await this.dependencies.config();
    }
  }

  async #acknowledge(id: Id): Promise<Verdict> {
    const { verifiedSeq } = await this.context.crypto.conversation(id);
    const told = this.#told.get(id) ?? 0;
    if (verifiedSeq > told) this.#told.set(id, this.dependencies.acknowledge(id, verifiedSeq) ? verifiedSeq : told);
    return "done";
  }
}
