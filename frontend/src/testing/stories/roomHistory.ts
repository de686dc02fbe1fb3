/** A room in which anybody may do anything at any time: what people do, by a seed, and what was said in it. */
import { MessengerError } from "../../realtime/messenger";
import { type Id, type Room, type RoomAct } from "../../realtime/state";
import type { TestPerson } from "./person";
import type { Services } from "./services";

/** What somebody wrote into the room; `sure` once their browser said that it keeps it. */
export interface Said {
  author: TestPerson;
  text: string;
  sure: boolean;
  /** Known once they change it: a deleted one has no text any more. */
  clientId: Id | null;
  edits: { text: string; sure: boolean }[];
  /** Null: they never deleted it. */
  deleted: { sure: boolean } | null;
}

/** Most pauses are much shorter. */
const LONGEST_PAUSE_MS = 400;
const AT_ONCE = 0.3;
/** What a person may be told in a room where others act too, or without a line. */
const EXPECTED = new Set([
  ...[
    "not_allowed",
    "epoch_conflict",
    "epoch_stale",
    "not_active",
    "already_member",
    "link_unknown",
    "link_over",
    "link_used_up",
  ],
  ...["nobody_waits", "not_changeable", "not_found", "server_unreachable", "offline"],
]);

type Deed = (actor: TestPerson) => Promise<unknown>;

export class RoomHistory {
  readonly said: Said[] = [];
  /** For whoever has to understand a failure. */
  readonly told: string[] = [];
  /** What nobody should have been told. */
  readonly unexpected: unknown[] = [];
  readonly #begun = new Set<Promise<unknown>>();
  #killed = Promise.resolve();
  #written = 0;
  readonly #links: [code: string, fragment: string][] = [];
  readonly #deeds: [weight: number, name: string, deed: Deed][] = [
    [30, "writes", (actor) => this.#writes(actor)],
    [5, "edits", (actor) => this.#changes(actor, "edit")],
    [3, "deletes", (actor) => this.#changes(actor, "delete")],
    [6, "rotates", ({ tab }) => tab.engine.rotate(this.id)],
    [6, "invites", (actor) => this.#toOther(actor, "outside", ({ id }) => actor.tab.engine.inviteToRoom(this.id, id))],
    [4, "makes a link", (actor) => this.#makesLink(actor)],
    [8, "comes by a link", (actor) => this.#comes(actor)],
    [3, "lets in", (actor) => this.#letsIn(actor)],
    [4, "leaves", ({ tab }) => tab.engine.leaveRoom(this.id)],
    [4, "removes", (actor) => this.#acts(actor, "inside", ({ id }) => ({ act: "remove", userId: id, ban: false }))],
    [2, "bans", (actor) => this.#acts(actor, "inside", ({ id }) => ({ act: "remove", userId: id, ban: true }))],
    [4, "lifts a ban of", (actor) => this.#acts(actor, "banned", ({ id }) => ({ act: "lift_ban", userId: id }))],
    [6, "promotes", (actor) => this.#acts(actor, "inside", ({ id }) => this.#role(id, "moderator"))],
    [2, "demotes", (actor) => this.#acts(actor, "inside", ({ id }) => this.#role(id, "member"))],
    [3, "hands over to", (actor) => this.#acts(actor, "inside", ({ id }) => ({ act: "hand_over", userId: id }))],
    [3, "renames", ({ tab }) => tab.engine.changeRoom(this.id, this.#profile())],
    [3, "changes settings", (actor) => this.#settings(actor)],
    [2, "revokes a link", (actor) => this.#revokes(actor)],
    [5, "loses the line", (actor) => disconnect(actor)],
    [10, "has a line again", (actor) => reconnect(actor)],
    [4, "reloads", (actor) => actor.crashAndReload()],
    [1, "sees the server die", () => this.#kill()],
  ];

  private constructor(
    readonly id: Id,
    readonly crew: readonly TestPerson[],
    private readonly services: Services,
    private readonly random: () => number,
  ) {}

  /** A room of somebody's, with half of the others in it. */
  static async begin(services: Services, crew: readonly TestPerson[], random: () => number): Promise<RoomHistory> {
    const [owner, ...others] = crew.toSorted(() => random() - 0.5);
    const people = others.slice(0, crew.length / 2).map(({ id }) => id);
    const id = await owner!.tab.engine.createRoom({ name: "Harbour", topic: "", people });
    return new RoomHistory(id, crew, services, random);
  }

  /** One deed, or two people's at once; nobody waits for what becomes of it. */
  async step(): Promise<void> {
    this.#begin();
    if (this.random() < AT_ONCE) this.#begin();
    await new Promise((resolve) => setTimeout(resolve, this.random() ** 2 * LONGEST_PAUSE_MS));
    if (this.random() < 0.5) await this.#killed;
  }

  /** Everybody has a line again, and everything that was begun has come to its end. */
  async end(): Promise<void> {
    await this.#killed;
    await Promise.all(this.crew.map(reconnect));
    while (this.#begun.size > 0) await Promise.all(this.#begun);
  }

  #begin(): void {
    const choice = this.random();
    const somebody = this.random();
    const [name, deed] = this.#chosen(choice);
    const actor = this.#actorFor(name, somebody);
    if (actor === undefined) return;
    const at = this.told.push(`${actor.name} ${name}`) - 1;
    const doing = deed(actor);
    const { tab } = actor;
    const ended = doing.then(
      (what) => this.#tell(at, typeof what === "string" ? what : "done"),
      (error: unknown) => (tab.lives ? this.#refused(at, error) : undefined),
    );
    // What a tab began dies with it.
    const over = Promise.race([ended, tab.died]);
    this.#begun.add(over);
    void over.then(() => this.#begun.delete(over));
  }

  #chosen(choice: number): [string, Deed] {
    const all = this.#deeds.reduce((sum, [weight]) => sum + weight, 0);
    let left = choice * all;
    for (const [weight, name, deed] of this.#deeds) {
      left -= weight;
      if (left < 0) return [name, deed];
    }
    throw new Error("no deed");
  }

  /** Mostly somebody who may; now and then anybody. */
  #actorFor(name: string, somebody: number): TestPerson | undefined {
    const here = this.crew.filter(({ state }) => state.auth.account.phase === "signed_in");
    const inside = here.filter((person) => this.room(person)?.stage.kind === "open");
    const ranked = inside.filter((person) => this.room(person)?.role !== "member");
    const owner = inside.filter((person) => this.room(person)?.role === "owner");
    const online = this.crew.filter(({ browser }) => browser.network.connected);
    const outside = here.filter((person) => !inside.includes(person));
    const wanted = new Map([
      ["comes by a link", outside],
      ["hands over to", owner],
      ["promotes", owner],
      ["demotes", owner],
      ["leaves", inside.filter((person) => !owner.includes(person))],
      ...["writes", "edits", "deletes", "rotates"].map((each) => [each, inside] as const),
      ["loses the line", online],
      ["has a line again", this.crew.filter((person) => !online.includes(person))],
      ["reloads", this.crew],
    ]).get(name);
    const knowing = here.filter((person) => this.room(person) !== undefined);
    // Whoever does not know of the room, or not again yet, does nothing in it.
    const among = [somebody > 0.9 ? knowing : (wanted ?? ranked), knowing].find(({ length }) => length > 0) ?? [];
    return among[Math.floor(somebody * 1_000) % among.length];
  }

  #tell(at: number, what: string): void {
    this.told[at] = `${this.told[at]}: ${what}`;
  }

  #refused(at: number, error: unknown): void {
    const code = error instanceof MessengerError ? error.problem.code : String(error);
    this.#tell(at, code);
    if (!EXPECTED.has(code)) this.unexpected.push(error);
  }

  // ---------------------------------------------------------------- deeds

  room(person: TestPerson): Room | undefined {
    return person.state.rooms.all?.[this.id];
  }

  async #writes(actor: TestPerson): Promise<string> {
    const said: Said = {
      author: actor,
      text: `message ${this.#written++}`,
      sure: false,
      clientId: null,
      edits: [],
      deleted: null,
    };
    this.said.push(said);
    await actor.tab.engine.send(this.id, said.text, "secured").catch((error: unknown) => {
      this.said.splice(this.said.indexOf(said), 1);
      throw error;
    });
    said.sure = true;
    return said.text;
  }

  /** One of the messages that they wrote, as their browser has it. */
  async #changes(actor: TestPerson, kind: "edit" | "delete"): Promise<string> {
    if (this.room(actor) === undefined) return "nothing";
    const entries = await actor.stored(this.id);
    const own = entries.filter((entry) => entry.kind === "message" && entry.own && entry.seq !== null);
    const entry = own[Math.floor(this.random() * own.length)];
    if (entry?.kind !== "message") return "nothing";
    const said = this.said.find(
      (each) => entry.text === each.text || each.edits.some(({ text }) => text === entry.text),
    );
    if (said === undefined) return "nothing";
    said.clientId = entry.clientId;
    const id = `${entry.senderDeviceId}.${entry.clientId}`;
    if (kind === "delete") {
      said.deleted ??= { sure: false };
      await actor.tab.engine.deleteMessage(this.id, id);
      said.deleted.sure = true;
      return said.text;
    }
    const edit = { text: `${said.text}, edit ${said.edits.length}`, sure: false };
    said.edits.push(edit);
    await actor.tab.engine.editMessage(this.id, id, edit.text);
    edit.sure = true;
    return edit.text;
  }

  async #toOther(
    actor: TestPerson,
    which: "inside" | "outside" | "banned",
    deed: (other: TestPerson) => Promise<unknown>,
  ): Promise<string> {
    const { people = [], banned = [] } = this.room(actor) ?? {};
    const ids = new Set((which === "banned" ? banned : people).map(({ id }) => id));
    const others = this.crew.filter((each) => each !== actor && ids.has(each.id) !== (which === "outside"));
    const other = others[Math.floor(this.random() * others.length)];
    if (other === undefined) return "nobody";
    await deed(other);
    return other.name;
  }

  #acts(actor: TestPerson, which: "inside" | "banned", act: (other: TestPerson) => RoomAct): Promise<string> {
    return this.#toOther(actor, which, (other) => actor.tab.engine.changeRoom(this.id, act(other)));
  }

  #role(userId: Id, role: "moderator" | "member"): RoomAct {
    return { act: "role", userId, role };
  }

  #profile(): RoomAct {
    return { act: "profile", name: `Name ${Math.floor(this.random() * 1_000)}` };
  }

  async #settings(actor: TestPerson): Promise<void> {
    const now = this.room(actor)?.settings;
    if (now === undefined) return;
    const settings =
      this.random() < 0.5 ? { approval: !now.approval } : ({ invite: now.invite === 0 ? 1 : 0 } as const);
    await actor.tab.engine.changeRoom(this.id, { act: "settings", settings });
  }

  async #makesLink(actor: TestPerson): Promise<void> {
    const address = await actor.tab.engine.makeLink(this.id, { expiry: Date.now() + 3_600_000, allowed: 3 });
    const { pathname, hash } = new URL(address, "http://localhost");
    this.#links.push([pathname.slice("/join/".length), hash.slice(1)]);
  }

  async #comes(actor: TestPerson): Promise<string> {
    const link = this.#links[Math.floor(this.random() * this.#links.length)];
    if (link === undefined) return "there is none";
    await actor.tab.engine.askToJoin(...link);
    return "asks";
  }

  async #letsIn(actor: TestPerson): Promise<string> {
    const waiting = (this.room(actor)?.joining ?? []).map(({ id }) => id);
    if (waiting.length === 0) return "nobody";
    await actor.tab.engine.admit(this.id, waiting);
    return String(waiting.length);
  }

  async #revokes(actor: TestPerson): Promise<string> {
    const links = this.room(actor)?.links ?? [];
    const link = links[Math.floor(this.random() * links.length)];
    if (link === undefined) return "there is none";
    await actor.tab.engine.changeRoom(this.id, { act: "revoke_link", link: link.id });
    return "one";
  }

  #kill(): Promise<void> {
    const killed = this.#killed.then(async () => {
      await this.services.app.end("SIGKILL");
      await this.services.app.start();
    });
    this.#killed = killed;
    return killed;
  }
}

function disconnect({ browser }: TestPerson): Promise<void> {
  browser.network.disconnect();
  return Promise.resolve();
}

function reconnect({ browser, tab }: TestPerson): Promise<void> {
  browser.network.reconnect();
  tab.engine.reconnectNow();
  return Promise.resolve();
}
