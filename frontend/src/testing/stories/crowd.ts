/** A room that grows to so many members, each with a real account and the client's own crypto; what each step costs. */
import { MAX_ADMISSIONS, MAX_MEMBERS } from "../../crypto/mls/roomState";
import type { Id } from "../../realtime/state";
import { bytesOf, Meter } from "./meter";
import { DeviceToken, Onlooker } from "./onlooker";
import { TestPerson } from "./person";
import { ServerLog } from "./serverLog";
import { type Services, until } from "./services";

const DAY_MS = 24 * 3_600_000;

/** Of one size of the room. */
export interface Figures {
  members: number;
  rounds: Round[];
  /** One commit and one message while the others listen, beside the owner and the second member. */
  told: { listening: number; commit: Told; message: Told };
}

/** Milliseconds, and bytes. */
export interface Round {
  /** The owner adds the last member. */
  add: CommitFigures & { welcome: number };
  /** The one who is added: from the server's answer to that commit until the room is open, the longest step of it, and what it got. */
  join: { open: number; receive: number; characters: number };
  rotate: CommitFigures;
  remove: CommitFigures;
  message: { send: number; receive: number; bytes: number };
}

export interface CommitFigures {
  make: number;
  /** From the request to the answer. */
  server: number;
  /** By who made it, once it is accepted. */
  adopt: number;
  /** By another member. */
  follow: number;
  /** Of app_service, until the browsers that are open have it. */
  cpu: number;
  commit: number;
  transcript: number;
}

export interface Told {
  /** Of app_service. */
  cpu: number;
  /** From the act to the last one who was told. */
  last: number;
}

/** Somebody whose browser stays open and is measured. */
class Watched {
  readonly meter: Meter;
  /** When it had the room open. */
  openAt = 0;

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
  /** Of all others, whose browsers are closed again. */
  readonly #others: DeviceToken[] = [];
  readonly #log: ServerLog;

  private constructor(
    private readonly services: Services,
    private readonly owner: Watched,
    private readonly id: Id,
    private readonly link: [code: string, fragment: string],
  ) {
    this.#log = new ServerLog(services);
  }

  static async open(services: Services): Promise<Crowd> {
    const owner = await TestPerson.registered(services, "owner");
    const { engine } = owner.tab;
    const id = await engine.createRoom({ name: "Square", topic: "", people: [] });
    const { settings } = await owner.sees("the room", ({ rooms }) => rooms.all?.[id]);
    // Who asks waits until the owner lets them in: all at once.
    await engine.changeRoom(id, { act: "settings", settings: { ...settings, approval: true } });
    const address = await engine.makeLink(id, { expiry: Date.now() + DAY_MS, allowed: MAX_MEMBERS });
    const { pathname, hash } = new URL(address, services.app.origin);
    return new Crowd(services, new Watched(owner, id), id, [pathname.slice("/join/".length), hash.slice(1)]);
  }

  leave(): void {
    for (const each of this.#watched) each.person.leave();
    this.#log.close();
  }

  get defects(): unknown[] {
    return this.#watched.flatMap(({ person }) => person.tab.defects);
  }

  get #watched(): Watched[] {
    return this.#witness === null ? [this.owner] : [this.owner, this.#witness];
  }

  /** What each step costs in a room of so many: somebody comes in, renews the keys, writes, and is removed. */
  async figures(members: number, rounds: number): Promise<Figures> {
    await this.#grow(members - 1);
    const found: Round[] = [];
    while (found.length < rounds) found.push(await this.#round());
    return { members, rounds: found, told: await this.#told() };
  }

  /** Lets people in by batches; of all but the first only their requests are needed. */
  async #grow(members: number): Promise<void> {
    while (this.#members < members) {
      const batch: Id[] = [];
      while (batch.length < Math.min(MAX_ADMISSIONS, members - this.#members)) batch.push(await this.#asking());
      await this.owner.person.tab.engine.admit(this.id, batch);
      this.#members += batch.length;
      if (this.#witness === null) continue;
      await this.#isIn(this.#witness);
      await this.#witness.follows(this.owner);
    }
  }

  /** Somebody who asks to be let in. */
  async #asking(): Promise<Id> {
    const person = TestPerson.named(this.services, "member");
    const token = new DeviceToken(person);
    await person.register();
    await person.sees("the line", ({ line }) => line.line.status === "online");
    await person.tab.engine.askToJoin(...this.link);
    const { id } = person;
    if (this.#witness === null) {
      this.#witness = new Watched(person, this.id);
    } else {
      this.#others.push(token);
      person.leave();
    }
    return id;
  }

  async #round(): Promise<Round> {
    const newest = new Watched(await this.#stranger(), this.id);
    const all = [...this.#watched, newest];
    const add = await this.#measured(all, this.owner, () => this.#invite(newest));
    const welcome = bytesOf(this.owner.meter.commit?.welcomes[0]);
    const { openAt, meter } = newest;
    const { characters } = meter;
    const join = { open: openAt - this.owner.meter.answeredAt, receive: meter.longest("receive"), characters };
    const rotate = await this.#measured(all, newest, () => newest.person.tab.engine.rotate(this.id));
    const message = await this.#message(all, newest);
    const gone = newest.person.id;
    const remove = await this.#measured(this.#watched, this.owner, () =>
      this.owner.person.tab.engine.changeRoom(this.id, { act: "remove", userId: gone, ban: false }),
    );
    newest.person.leave();
    return { add: { ...add, welcome }, join, rotate, remove, message };
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
    await this.#isIn(other);
  }

  async #isIn(other: Watched): Promise<void> {
    await other.person.sees("the room", ({ rooms }) => rooms.all?.[this.id]?.stage.kind === "open");
    other.openAt = performance.now();
  }

  /** One commit of `by`, followed by everybody. */
  async #measured(all: readonly Watched[], by: Watched, act: () => Promise<unknown>): Promise<CommitFigures> {
    for (const { meter } of all) await meter.reset();
    const before = this.services.app.cpuMs();
    await act();
    const others = all.filter((each) => each !== by);
    for (const each of others) await each.follows(by);
    const { commit, server } = by.meter;
    const begun = by.meter.longest("beginRoomAct") + by.meter.longest("beginRotation");
    return {
      make: begun + by.meter.longest("finishCommit"),
      server,
      adopt: by.meter.longest("commitAccepted"),
      follow: Math.max(0, ...others.map(({ meter }) => meter.longest("receive"))),
      cpu: this.services.app.cpuMs() - before,
      commit: bytesOf(commit?.commit),
      transcript: bytesOf(commit?.contribution?.transcript),
    };
  }

  async #message(all: readonly Watched[], by: Watched): Promise<Round["message"]> {
    for (const { meter } of all) await meter.reset();
    await this.#written(by);
    for (const each of all) await each.follows(by);
    return {
      send: by.meter.longest("nextOutgoing"),
      receive: this.owner.meter.longest("receive"),
      bytes: bytesOf(by.meter.message?.content),
    };
  }

  async #written(by: Watched): Promise<void> {
    const seq = await by.at();
    await by.person.tab.engine.send(this.id, "See you at eight?", "secured");
    await by.reaches(seq + 1);
  }

  /** With a socket open for everybody who is in the room. */
  async #told(): Promise<Figures["told"]> {
    const { origin } = this.services.app;
    const seq = await this.owner.at();
    const listening = await Promise.all(this.#others.map((token) => Onlooker.open(origin, token, this.id, seq)));
    const commit = await this.#tells(listening, () => this.owner.person.tab.engine.rotate(this.id));
    const message = await this.#tells(listening, () => this.#written(this.owner));
    for (const each of listening) each.close();
    return { listening: listening.length, commit, message };
  }

  async #tells(listening: readonly Onlooker[], act: () => Promise<unknown>): Promise<Told> {
    for (const { meter } of this.#watched) await meter.reset();
    const before = this.services.app.cpuMs();
    const began = performance.now();
    await act();
    const seq = await this.owner.at();
    for (const each of listening) await each.reaches(seq);
    for (const each of this.#watched) await each.follows(this.owner);
    const last = Math.max(0, ...listening.map(({ at }) => at - began));
    return { cpu: this.services.app.cpuMs() - before, last };
  }
}
