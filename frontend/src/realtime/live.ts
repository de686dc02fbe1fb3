/** Everything that runs while an account is signed in and this tab writes for it: the parts, wired. */
import type { Api } from "../api/client";
import { isApiError } from "../api/errors";
import type { Contact, CryptoApi, LocalAccount, Privacy, Problem } from "../crypto/client";
import { changes, type Publish } from "./changes";
import { Commits } from "./commits";
import type { Context } from "./context";
import { Conversations } from "./conversations";
import { Details } from "./details";
import { Device } from "./device";
import { Directory } from "./directory";
import type { Environment } from "./environment";
import { Events } from "./events";
import { Fading } from "./fading";
import { Deletions } from "./files/deletions";
import { Downloads } from "./files/downloads";
import { Uploads } from "./files/uploads";
import { findingsOf } from "./findings";
import type { ServerFrame } from "./frames";
import { Jobs, type Verdict } from "./jobs";
import { Joins } from "./joins";
import { Log } from "./log";
import { Outbox } from "./outbox";
import { People } from "./people";
import { Pins } from "./pins";
import { PolledSocket } from "./polled";
import { PrivacySwitches } from "./privacy";
import { Sessions } from "./sessions";
import { Socket, type SocketState } from "./socket";
import type { Finding, Id } from "./state";
import { Transport } from "./transport";
import { Typing } from "./typing";
import { Ways } from "./ways";

const HOUR_MS = 3_600_000;
/** So often a line that polls looks for a WebSocket. */
const BETTER_WAY_MS = 300_000;

export interface LiveDependencies {
  readonly environment: Environment;
  readonly api: Api;
  readonly crypto: CryptoApi;
  readonly publish: Publish;
  /** An error that nobody waits for. */
  readonly failed: (error: unknown) => void;
  /** Another tab of this browser connected. */
  readonly replaced: () => void;
  readonly signedOut: (because: string | null) => void;
}

export class Live {
  readonly context: Context;
  readonly people: People;
  readonly directory: Directory;
  readonly pins: Pins;
  readonly conversations: Conversations;
  readonly details: Details;
  readonly log: Log;
  readonly commits: Commits;
  readonly sessions: Sessions;
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly privacy: PrivacySwitches;
  readonly typing: Typing;
  readonly joins: Joins;
  readonly device: Device;
  readonly #ways: Ways;
  readonly #socket: Socket;
  readonly #events: Events;
  readonly #transport: Transport;
  readonly #jobs: Jobs[] = [];
  readonly #upkeep: Jobs;
  readonly #deletions: Deletions;
  readonly #fading: Fading;
  #findings: Finding[] = [];

  constructor(
    private readonly dependencies: LiveDependencies,
    readonly local: LocalAccount,
  ) {
    const { environment, api, crypto, publish } = dependencies;
    const { clock, random, network, notes, openSocket } = environment;
    this.context = {
      api,
      crypto,
      environment,
      publish,
      userId: local.userId,
      jobs: (work) => this.#makeJobs(work),
      failed: dependencies.failed,
      show: (entries) => this.conversations.show(entries),
    };
    this.device = new Device(api, crypto);
    const background = (work: Promise<unknown>) => void work.catch(dependencies.failed);
    const openPolled = () => new PolledSocket(api, clock);
    this.#ways = new Ways({ api, clock, notes, openSocket, openPolled });
    this.#socket = new Socket({
      ways: this.#ways,
      clock,
      network,
      random,
      hello: (renew) => this.#hello(renew),
      onFrame: (frame) => this.#events.take(frame),
      onState: (state) => this.#line(state),
    });
    this.#transport = new Transport(clock, (frame) => this.#socket.send(frame));
    this.pins = new Pins(
      this.context,
      (problems) => this.#accountProblems(problems),
      () => this.privacy.load(),
    );
    this.privacy = new PrivacySwitches(this.context, {
      keep: () => this.pins.kick(),
      changed: (before, now) => background(this.#privacyChanged(before, now)),
    });
    this.typing = new Typing(this.context, {
      allowed: () => this.privacy.now.typing,
      send: (frame) => this.#socket.send(frame),
    });
    this.directory = new Directory(this.context, (contact, problems) => background(this.#learned(contact, problems)));
    this.people = new People(this.context, {
      directory: this.directory,
      changed: (id) => background(this.conversations.refreshWith(id)),
      broken: (finding) => this.#broken([finding]),
    });
    this.details = new Details(this.context);
    this.conversations = new Conversations(
      this.context,
      this.people,
      (id) => background(this.details.refresh(id)),
      () => this.privacy.now.receipts,
      () => this.#fading.kick(),
    );
    this.#fading = new Fading(this.context, this.conversations);
    this.log = new Log(this.context, {
      conversations: this.conversations,
      directory: this.directory,
      pins: this.pins,
      acknowledge: (conversation_id, seq) => this.#socket.send({ type: "message_ack", conversation_id, seq }),
      advanced: (id) => this.#advanced(id),
      deleted: () => this.#deletions.kick(),
      config: () => this.#config(),
    });
    this.commits = new Commits(this.context, {
      directory: this.directory,
      took: (received) => this.log.took(received),
      refused: (id, kind) => this.conversations.refused(id, kind),
      behind: (id) => this.log.pull(id),
    });
    this.sessions = new Sessions(this.context, {
      conversations: this.conversations,
      commits: this.commits,
      log: this.log,
      pins: this.pins,
      ready: (id) => this.outbox.kick(id),
      quantumBack: () => this.#quantumBack(),
    });
    this.outbox = new Outbox(this.context, {
      conversations: this.conversations,
      transport: this.#transport,
      online: () => this.#socket.state.status === "online",
      behind: (id) => this.log.pull(id),
      sent: (id) => this.sessions.consider(id),
      deleted: () => this.#deletions.kick(),
      quantum: (available) => this.sessions.quantumStatus(available),
    });
    this.downloads = new Downloads(this.context);
    this.#deletions = new Deletions(this.context);
    this.joins = new Joins(this.context);
    this.uploads = new Uploads(this.context, {
      online: () => this.#socket.state.status === "online",
      sent: (id) => {
        this.outbox.kick(id);
        background(this.conversations.refresh(id));
      },
    });
    this.#events = new Events(this.context, {
      people: this.people,
      sessions: this.sessions,
      conversations: this.conversations,
      joins: this.joins,
      directory: this.directory,
      log: this.log,
      transport: this.#transport,
      pins: this.pins,
      typing: this.typing,
      greeted: (frame) => this.#greeted(frame),
      rotate: (id) => this.sessions.rotationAsked(id),
      gap: () => this.#upkeep.kick("resync"),
    });
    this.#upkeep = this.#makeJobs((key) => this.#keepUp(key));
  }

  /** From the local store at once; the rest when the server answers. */
  async start(): Promise<void> {
    await this.people.showKnown();
    await this.privacy.load();
    await this.conversations.showAll();
    this.#fading.kick();
    await this.uploads.restore();
    await this.downloads.restore();
    this.#socket.start();
  }

  stop(): void {
    this.#socket.stop();
    this.uploads.stop();
    this.downloads.stop();
    this.typing.forget();
    for (const jobs of this.#jobs) jobs.stop();
  }

  reconnectNow(): void {
    this.#socket.reconnectNow();
  }

  #makeJobs(work: (key: string) => Promise<Verdict>): Jobs {
    const { clock, random } = this.dependencies.environment;
    const jobs = new Jobs({ clock, random, failed: this.dependencies.failed }, work);
    this.#jobs.push(jobs);
    return jobs;
  }

  // ---------------------------------------------------------------- the line

  async #hello(renew: boolean) {
    const { api, crypto } = this.context;
    try {
      // A tab that was frozen while another took over must not end that one's line.
      await crypto.checkWriter();
      const conversations = await crypto.conversations();
      const cursors = Object.fromEntries(conversations.map(({ id, verifiedSeq }) => [id, verifiedSeq]));
      const token = renew ? await api.token.renew() : await api.token.get();
      const { presence: visible } = this.privacy.now;
      return { type: "hello" as const, token, cursors, event_cursor: this.#events.cursor, visible };
    } catch (error) {
      this.dependencies.failed(error);
      throw error;
    }
  }

  #line(state: SocketState): void {
    if (state.status !== "online") {
      this.#transport.disconnected();
      this.typing.forget();
    }
    if (state.status !== "ended") this.context.publish(changes.line(state));
    else if (state.reason === "replaced") this.dependencies.replaced();
    else if (state.reason === "signed_out") this.dependencies.signedOut(state.because);
  }

  #greeted(frame: Extract<ServerFrame, { type: "hello_ok" }>): void {
    void this.#fading.learnTime(frame.time).catch(this.context.failed);
    if (frame.resync) {
      this.#events.startFrom(frame.event_cursor);
      this.#upkeep.kick("resync");
    }
    this.#upkeep.kick("greeting");
    this.#upkeep.kick("mlKemKey");
    if (this.#ways.polling) this.#upkeep.kick("betterWay", BETTER_WAY_MS);
    this.#upkeep.kick("token", this.#untilRenewal());
    for (const jobs of this.#jobs) jobs.wake();
    this.log.reconnected();
    void this.outbox.kickAll().catch(this.context.failed);
    this.uploads.kick();
    this.downloads.kick();
    this.#deletions.kick();
  }

  #untilRenewal(): number {
    const { clock } = this.context.environment;
    return Math.max(0, (this.context.api.token.renewAt ?? 0) - clock.now());
  }

  // ---------------------------------------------------------------- upkeep

  async #keepUp(task: string): Promise<Verdict> {
    switch (task) {
      case "resync":
        await this.#events.inOrder(() => this.#resync());
        return "done";
      case "greeting":
        await this.#config();
        return "done";
      case "keyPackages":
        await this.device.refillKeyPackages();
        return { again: HOUR_MS };
      case "mlKemKey":
        await this.device.renewMlKemKey(this.local.userId);
        return { again: HOUR_MS };
      case "token":
        this.#socket.send({ type: "token", token: await this.context.api.token.get() });
        return { again: this.#untilRenewal() };
      case "betterWay":
        if (!this.#ways.polling) return "done";
        if (!(await this.#ways.retry())) return { again: BETTER_WAY_MS };
        this.#socket.reopen();
    }
    return "done";
  }

  async #config(): Promise<void> {
    const config = await this.context.api.anonymous("get", "/api/config", {});
    this.#accountProblems(await this.context.crypto.learnConfig(config));
    this.sessions.quantumStatus(config.quantum_service === "ok");
  }

  /** Everything anew: the events of a long absence are not kept. */
  async #resync(): Promise<void> {
    const { api, crypto, userId } = this.context;
    await this.pins.pull();
    await this.directory.learn(userId);
    await this.people.resync();
    const { items } = await api.get("/api/sessions", {});
    for (const session of items) await this.sessions.learn(session);
    const rooms = await api.get("/api/rooms", {});
    for (const room of rooms.items) await this.sessions.learnRoom(room);
    await this.joins.resync();
    const known = new Set([...this.people.connected.map(({ id }) => id), ...items.map(({ peer }) => peer.id)]);
    for (const id of known) await this.#learnQuietly(id);
    this.pins.kick();
    this.#upkeep.kick("keyPackages");
    for (const { id } of await crypto.conversations()) this.sessions.consider(id);
  }

  async #learnQuietly(userId: Id): Promise<void> {
    try {
      await this.directory.learn(userId);
    } catch (error) {
      // Removed meanwhile: their keys are no longer ours to see.
      if (!isApiError(error, "not_found")) throw error;
    }
  }

  // ---------------------------------------------------------------- what follows from what

  async #learned(contact: Contact, problems: readonly Problem[]): Promise<void> {
    this.pins.kick();
    if (contact.userId === this.local.userId) {
      this.#accountProblems(problems);
      this.#upkeep.kick("mlKemKey");
    }
    await this.people.compare(contact.userId);
    await this.people.refresh(contact.userId);
    // Keys may have been what sending waited for, or make a commit due.
    for (const id of this.conversations.idsWith(contact.userId)) this.#advanced(id);
  }

  /** Its keys may be new, and what waited for it goes. */
  #quantumBack(): void {
    this.#upkeep.kick("greeting");
    void this.outbox.kickAll().catch(this.context.failed);
  }

  async #privacyChanged(before: Privacy, now: Privacy): Promise<void> {
    if (before.typing && !now.typing) this.typing.forget();
    // The server is told with the greeting.
    if (before.presence !== now.presence) this.#socket.reopen();
    if (before.receipts !== now.receipts) await this.conversations.showAll();
  }

  #advanced(id: Id): void {
    this.outbox.kick(id);
    this.sessions.consider(id);
  }

  /** Rules broken outside any conversation; each is told once. */
  #broken(findings: readonly Finding[]): void {
    const fresh = findings.filter(({ id }) => !this.#findings.some((known) => known.id === id));
    if (fresh.length === 0) return;
    this.#findings = [...this.#findings, ...fresh];
    this.context.publish(changes.accountFindings(this.#findings));
  }

  #accountProblems(problems: readonly Problem[]): void {
    this.#broken(findingsOf(problems));
  }
}
