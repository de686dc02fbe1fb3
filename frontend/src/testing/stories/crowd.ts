/** A room that grows to so many members, each with a real account and the client's own crypto; what each step costs. */
import { fromBase64url } from "../../crypto/primitives/encoding";
import type { Outgoing } from "../../crypto/client";
import type { WireCommit, WireOutgoing } from "../../crypto/wire";
import type { Id } from "../../realtime/state";
import { TestPerson } from "./person";
import { ServerLog } from "./serverLog";
import { type Services, until } from "./services";

/** Of one size of the room: milliseconds, and bytes. */
export interface Figures {
  members: number;
  /** The owner adds the last member: making the commit, the server's answer, and what it weighs. */
  add: CommitFigures & { welcome: number };
  /** The one who is added, from the welcome to the room. */
  join: number;
  rotate: CommitFigures;
  remove: CommitFigures;
  message: { send: number; receive: number; bytes: number };
}

export interface CommitFigures {
  make: number;
  /** From the request to the answer, the server's part of it. */
  server: number;
  /** By another member. */
  process: number;
  commit: number;
  transcript: number;
}

const PATH = /\/commits$/u;
const bytesOf = (text: string | undefined) => (text === undefined ? 0 : fromBase64url(text).length);

const TIMED = ["beginRoomAct", "beginRotation", "finishCommit", "receive", "nextOutgoing"] as const;
type Call = (...given: unknown[]) => Promise<unknown>;

/** Times what a browser's crypto does, and weighs what it sends. */
class Meter {
  readonly #times = new Map<string, number[]>();
  commit: WireCommit | null = null;
  message: WireOutgoing | null = null;
  #server = 0;

  constructor({ tab, browser }: TestPerson) {
    for (const name of TIMED) {
      const call = Reflect.get(tab.crypto, name) as Call;
      Reflect.set(tab.crypto, name, (...given: unknown[]) => this.#timed(name, () => call(...given)));
    }
    let asked = 0;
    browser.network.tampering = {
      request: (path, body) => {
        if (PATH.test(path)) [this.commit, asked] = [body as WireCommit, performance.now()];
        return body;
      },
      answer: ({ path, answer }) => {
        if (PATH.test(path)) this.#server = performance.now() - asked;
        return answer;
      },
    };
  }

  async #timed(name: string, call: () => Promise<unknown>): Promise<unknown> {
    const began = performance.now();
    const result = await call();
    this.#times.set(name, [...(this.#times.get(name) ?? []), performance.now() - began]);
    if (name === "nextOutgoing" && (result as Outgoing).kind === "message") {
      this.message = (result as Extract<Outgoing, { kind: "message" }>).message;
    }
    return result;
  }

  reset(): void {
    this.#times.clear();
    this.commit = null;
    this.message = null;
  }

  longest(name: (typeof TIMED)[number]): number {
    return Math.max(0, ...(this.#times.get(name) ?? []));
  }

  made(processed: number): CommitFigures {
    const { commit } = this;
    const make = this.longest("beginRoomAct") + this.longest("beginRotation") + this.longest("finishCommit");
    return {
      make,
      server: this.#server,
      process: processed,
      commit: bytesOf(commit?.commit),
      transcript: bytesOf(commit?.contribution?.transcript),
    };
  }
}

/** Somebody whose browser stays open and is measured. */
class Watched {
  readonly meter: Meter;

  constructor(
    readonly person: TestPerson,
    private readonly id: Id,
  ) {
    this.meter = new Meter(person);
  }

  /** How far this browser has followed the log. */
  async at(): Promise<number> {
    return (await this.person.tab.crypto.conversation(this.id)).verifiedSeq;
  }

  /** Waits until it has all that the other one has. */
  async follows(other: Watched): Promise<void> {
    await this.reaches(await other.at());
  }

  async reaches(seq: number): Promise<void> {
    await until(async () => ((await this.at()) >= seq ? null : `${this.person.name} is at ${seq}`));
  }
}

export class Crowd {
  #members = 1;
  /** The second member, who follows everything. */
  #witness: Watched | null = null;
  readonly #log: ServerLog;

  private constructor(
    private readonly services: Services,
    private readonly owner: Watched,
    readonly id: Id,
  ) {
    this.#log = new ServerLog(services);
  }

  static async open(services: Services): Promise<Crowd> {
    const owner = await TestPerson.registered(services, "owner");
    const id = await owner.tab.engine.createRoom({ name: "Square", topic: "", people: [] });
    return new Crowd(services, new Watched(owner, id), id);
  }

  leave(): void {
    for (const each of this.#watched()) each.person.leave();
    this.#log.close();
  }

  get defects(): unknown[] {
    return this.#watched().flatMap(({ person }) => person.tab.defects);
  }

  #watched(): Watched[] {
    return this.#witness === null ? [this.owner] : [this.owner, this.#witness];
  }

  /** What each step costs in a room of so many; the last one in is removed again. */
  async figures(members: number): Promise<Figures> {
    await this.#grow(members - 1);
    const newest = new Watched(await this.#stranger(), this.id);
    const all = [...this.#watched(), newest];
    const everybody = async (after: Watched) => {
      for (const each of all) await each.follows(after);
    };
    const add = await this.#measured(all, this.owner, () => this.#invite(newest));
    const welcome = bytesOf(this.owner.meter.commit?.welcomes[0]);
    const join = newest.meter.longest("receive");
    const rotate = await this.#measured(all, newest, () => newest.person.tab.engine.rotate(this.id));
    const message = await this.#message(all, newest);
    await everybody(newest);
    const gone = newest.person.id;
    const staying = this.#watched();
    const remove = await this.#measured(staying, this.owner, () =>
      this.owner.person.tab.engine.changeRoom(this.id, { act: "remove", userId: gone, ban: false }),
    );
    newest.person.leave();
    this.#members -= 1;
    return { members, add: { ...add, welcome }, join, rotate, remove, message };
  }

  async #grow(members: number): Promise<void> {
    while (this.#members < members) {
      const other = new Watched(await this.#stranger(), this.id);
      await this.#invite(other);
      if (this.#witness === null) this.#witness = other;
      else other.person.leave();
      await this.#witness.follows(this.owner);
    }
  }

  /** Somebody whom the owner may invite. */
  async #stranger(): Promise<TestPerson> {
    const owner = this.owner.person;
    const other = await TestPerson.registered(this.services, "member");
    await this.#log.introduce([owner, other]);
    return other;
  }

  async #invite(other: Watched): Promise<void> {
    await this.owner.person.tab.engine.inviteToRoom(this.id, other.person.id);
    this.#members += 1;
    await other.person.sees("the room", ({ rooms }) => rooms.all?.[this.id]?.stage.kind === "open");
  }

  /** One commit of `by`, followed by everybody. */
  async #measured(all: readonly Watched[], by: Watched, act: () => Promise<unknown>): Promise<CommitFigures> {
    for (const { meter } of all) meter.reset();
    await act();
    const others = all.filter((each) => each !== by);
    for (const each of others) await each.follows(by);
    return by.meter.made(Math.max(0, ...others.map(({ meter }) => meter.longest("receive"))));
  }

  async #message(all: readonly Watched[], by: Watched): Promise<Figures["message"]> {
    for (const { meter } of all) meter.reset();
    const before = await by.at();
    await by.person.tab.engine.send(this.id, "See you at eight?", "secured");
    await by.reaches(before + 1);
    for (const each of all) await each.follows(by);
    const receive = this.owner.meter.longest("receive");
    return { send: by.meter.longest("nextOutgoing"), receive, bytes: bytesOf(by.meter.message?.content) };
  }
}
