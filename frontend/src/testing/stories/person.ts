/** Somebody at a browser, as the tests' stories tell of them: does what a person does, waits for what a person would see. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import type { RootState } from "../../app/store";
import type { TimelineEntry as StoredEntry } from "../../crypto/client";
import type { WireAccountKeys } from "../../crypto/wire";
import type { Conversation, Id, MessageEntry, MessageType, TimelineEntry } from "../../realtime/state";
import { Browser, type Tab } from "./browser";
import { PATIENCE_MS, type Services } from "./services";

const nothing = () => undefined;

export class TestPerson {
  readonly email: string;
  readonly password = "correct horse battery staple 7413";
  #id: Id | null = null;

  private constructor(
    readonly name: string,
    readonly browser: Browser,
    private readonly services: Services,
  ) {
    this.email = `${name}@example.org`;
  }

  /** A name that no other story uses. */
  static named(services: Services, name: string): TestPerson {
    const unique = `${name}-${randomBytes(4).toString("hex")}`;
    return new TestPerson(unique, new Browser(services.app.origin), services);
  }

  static async registered(services: Services, name: string): Promise<TestPerson> {
    const person = TestPerson.named(services, name);
    await person.register();
    await person.sees("the line", ({ line }) => line.line.status === "online");
    return person;
  }

  /** The account stands afterwards; this browser may still wait to become its device. */
  async register(): Promise<void> {
    await this.tab.engine.register({ username: this.name, email: this.email, password: this.password }, nothing);
  }

  /** The same person at another browser, signed in. */
  async atAnotherBrowser(): Promise<TestPerson> {
    const other = this.beforeAnotherBrowser();
    await other.signIn();
    return other;
  }

  beforeAnotherBrowser(): TestPerson {
    return new TestPerson(this.name, new Browser(this.services.app.origin), this.services);
  }

  async signIn(): Promise<void> {
    await this.tab.engine.signIn({ identifier: this.name, password: this.password }, nothing);
    await this.sees("the line", ({ line }) => line.line.status === "online");
  }

  get tab(): Tab {
    return this.browser.tab;
  }

  get state(): RootState {
    return this.tab.store.getState();
  }

  /** Known from the first sign-in on. */
  get id(): Id {
    return (this.#id ??= this.#self.userId);
  }

  get deviceId(): Id {
    const { deviceId } = this.#self;
    if (deviceId === null) throw new Error(`${this.name} has no device`);
    return deviceId;
  }

  get #self() {
    const { account } = this.state.auth;
    if (account.phase !== "signed_in") throw new Error(`${this.name} is ${account.phase}`);
    return account.self;
  }

  /** Waits until `look` finds what it looks for; the failure says in one line who waited where for what, then what is there. */
  async sees<T>(what: string, look: (state: RootState) => T): Promise<NonNullable<T>> {
    const tab = this.tab;
    return new Promise((resolve, reject) => {
      let unsubscribe: () => void = nothing;
      const timer = setTimeout(() => {
        unsubscribe();
        const where = expect.getState().currentTestName ?? "";
        reject(new Error(`${this.name} never saw ${what} in "${where}"; ${brief(tab.store.getState())}`));
      }, PATIENCE_MS);
      const check = () => {
        const seen = look(tab.store.getState());
        if (!seen) return;
        clearTimeout(timer);
        unsubscribe();
        resolve(seen);
      };
      unsubscribe = tab.store.subscribe(check);
      check();
    });
  }

  /** What the server publishes of this account, asked for as a script would. */
  async publishedKeys(): Promise<WireAccountKeys> {
    const { origin } = this.services.app;
    const login = await fetch(`${origin}/api/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ username: this.name, password: this.password }),
    });
    const { access_token } = (await login.json()) as { access_token: string };
    const keys = await fetch(`${origin}/api/users/${this.id}/keys`, {
      headers: { Authorization: `Bearer ${access_token}` },
    });
    return (await keys.json()) as WireAccountKeys;
  }

  // ---------------------------------------------------------------- people

  async connectTo(other: TestPerson): Promise<void> {
    await this.ask(other);
    await other.accept(this);
  }

  async ask(other: TestPerson): Promise<void> {
    const { items } = await this.tab.engine.searchPeople(other.name, null);
    const found = items.find((item) => item.username === other.name);
    if (found === undefined) throw new Error(`${this.name} does not find ${other.name}`);
    await this.tab.engine.requestConnection(found.id);
  }

  async accept(other: TestPerson): Promise<void> {
    const request = await this.sees(`a request of ${other.name}`, ({ connections }) =>
      Object.values(connections.requests ?? {}).find(
        ({ direction, peer }) => direction === "in" && peer.username === other.name,
      ),
    );
    await this.tab.engine.respond(request.id, true);
  }

  // ---------------------------------------------------------------- conversations

  conversation(other: TestPerson): Conversation | undefined {
    const all = Object.values(this.state.conversations.all ?? {}).filter(({ peer }) => peer.username === other.name);
    return all.toSorted((a, b) => b.createdAt - a.createdAt)[0];
  }

  async open(other: TestPerson): Promise<Id> {
    await this.sees(`an open conversation with ${other.name}`, () => this.conversation(other)?.stage.kind === "open");
    const id = this.conversation(other)!.id;
    await this.tab.engine.openConversation(id);
    return id;
  }

  async writes(other: TestPerson, text: string, type: MessageType = "secured"): Promise<void> {
    const conversation = this.conversation(other);
    if (conversation === undefined) throw new Error(`${this.name} has no conversation with ${other.name}`);
    await this.tab.engine.send(conversation.id, text, type);
  }

  async reads(other: TestPerson, text: string): Promise<MessageEntry> {
    return this.sees(`"${text}" from ${other.name}`, () =>
      this.messages(other).find((entry) => entry.text === text && entry.authorId === other.id),
    );
  }

  entries(other: TestPerson): TimelineEntry[] {
    const { timelines } = this.state.conversations;
    return timelines[this.conversation(other)?.id ?? ""]?.entries ?? [];
  }

  messages(other: TestPerson): MessageEntry[] {
    return this.entries(other).filter((entry) => entry.kind === "message");
  }

  /** The text of every message that the sealed store has, oldest first. */
  async history(other: TestPerson): Promise<string[]> {
    const entries = await this.stored(this.conversation(other)!.id);
    return entries.flatMap((entry) => (entry.kind === "message" ? [entry.text] : []));
  }

  /** All that the sealed store has of a conversation, oldest first. */
  async stored(id: Id): Promise<StoredEntry[]> {
    const entries: StoredEntry[] = [];
    let before: number | undefined;
    for (;;) {
      const page = await this.tab.crypto.timeline(id, { limit: 200, ...(before === undefined ? {} : { before }) });
      entries.unshift(...page.entries);
      const first = page.entries.find((entry) => entry.seq !== null)?.seq;
      if (!page.older || first === undefined || first === null) return entries;
      before = first;
    }
  }

  async crashAndReload(): Promise<void> {
    await this.browser.crashAndReload();
  }

  leave(): void {
    this.tab.engine.stop();
    this.tab.crash();
  }
}

/** What a person has before them, short enough for the end of a log. */
function brief({ auth, line, connections, conversations, rooms, files }: RootState): string {
  const { account } = auth;
  const reason = account.phase === "signed_out" ? ` (${account.reason})` : "";
  const talks = Object.values(conversations.all ?? {}).map(({ id, peer, stage, sendBlock, findings }) => {
    const entries = conversations.timelines[id]?.entries ?? [];
    const last = entries.slice(-5).map((entry) => (entry.kind === "message" ? entry.state : entry.notice.code));
    const kinds = findings.map(({ kind }) => kind);
    return { with: peer.username, stage, sendBlock, findings: kinds, entries: entries.length, last };
  });
  const inRooms = Object.values(rooms.all ?? {}).map(({ id, stage, people, sendBlock, findings }) => {
    const entries = conversations.timelines[id]?.entries ?? [];
    const last = entries.slice(-5).map((entry) => (entry.kind === "message" ? entry.text : entry.notice.code));
    const roles = people.map(({ role, away }) => (away ? `${role} away` : role));
    return { stage, roles, sendBlock, findings: findings.map(({ kind }) => kind), last };
  });
  const requests = Object.keys(connections.requests ?? {}).length;
  const all = {
    line,
    findings: auth.findings.map(({ kind }) => kind),
    requests,
    rooms: inRooms.slice(-2),
    talks,
    files,
  };
  return `${account.phase}${reason}: ${JSON.stringify(all).slice(0, 2_000)}`;
}

/** Two people who can write to each other, with both timelines open. */
export async function twoConnected(services: Services): Promise<[TestPerson, TestPerson]> {
  const alice = await TestPerson.registered(services, "alice");
  const bob = await TestPerson.registered(services, "bob");
  await alice.connectTo(bob);
  await Promise.all([alice.open(bob), bob.open(alice)]);
  return [alice, bob];
}
