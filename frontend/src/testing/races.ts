/**
 * Several members of a room who act at once: the engine's own commands over the client's own crypto. The server in memory
 * gathers what is posted first, orders it, and judges of roles no more than that whoever left is taken out.
 */

import { ApiError } from "../api/errors";
import { decodeAuthenticatedData, decodeCommitDetails, decodePrivate } from "../crypto/mls/message";
import { roomStateOf } from "../crypto/mls/group";
import { fromBase64url, toBase64url } from "../crypto/primitives/encoding";
import { insider } from "../crypto/testing/attacker";
import type { Browser } from "../crypto/testing/browser";
import { EpochConflict, type FakeService } from "../crypto/testing/fakeService";
import type {
  Bytes,
  Id,
  WireCommit,
  WireContributionRequest,
  WireJoinRequests,
  WireKeyPackages,
  WireLastWord,
  WireLink,
  WireNewLink,
  WireRoom,
} from "../crypto/wire";
import { Commits } from "../realtime/commits";
import { ConversationCommands } from "../realtime/conversationCommands";
import type { KeysWanted } from "../realtime/directory";
import type { Live } from "../realtime/live";
import { RoomCommands } from "../realtime/roomCommands";

interface Call {
  body: unknown;
}

export class RaceRoom {
  readonly #racers = new Map<Browser, Racer>();
  readonly #links = new Map<Id, Bytes>();
  readonly #packages = new Map<Id, WireKeyPackages>();
  readonly #out = new Set<Id>();
  readonly #left = new Set<Id>();
  requests: WireJoinRequests["items"] = [];
  /** Who may go on, once everybody who races has posted something. */
  #gate: { order: Browser[]; waiting: Map<Browser, () => void> } | null = null;

  private constructor(
    readonly service: FakeService,
    readonly id: Id,
    private readonly everybody: readonly Browser[],
  ) {}

  /** The first one's, who alone is in it. */
  static async open(service: FakeService, everybody: readonly Browser[]): Promise<RaceRoom> {
    const [owner, other] = everybody;
    const { session } = await service.open(owner!.userId, other!.userId);
    const room = new RaceRoom(service, session.id, everybody);
    await room.racer(owner!).rooms.create("Harbour", "boats", []);
    return room;
  }

  racer(browser: Browser): Racer {
    const known = this.#racers.get(browser) ?? new Racer(this, browser);
    this.#racers.set(browser, known);
    return known;
  }

  /** Both begin in the same epoch; what the first one posts comes first. */
  async race(first: [Browser, () => Promise<unknown>], second: [Browser, () => Promise<unknown>]): Promise<string[]> {
    this.#gate = { order: [first[0], second[0]], waiting: new Map() };
    const told = await Promise.all([first, second].map(([, act]) => act().then(() => "done", codeOf)));
    this.#gate = null;
    await this.settle();
    return told;
  }

  /** Everybody has the whole log, and whoever left is out. */
  async settle(): Promise<void> {
    for (const browser of this.everybody) await this.sync(browser);
    for (const browser of this.everybody) {
      if ((await browser.api.dueCommit(this.id)) !== "person_left") continue;
      await this.racer(browser).conversations.rotate(this.id);
      return this.settle();
    }
  }

  /** A link of this person's, and somebody who asks to come by it. */
  async asks(inviter: Browser, joiner: Browser): Promise<Id> {
    const address = await this.racer(inviter).rooms.makeLink(this.id, { expiry: Date.now() + 3_600_000, allowed: 5 });
    const { policy } = roomStateOf((await insider(inviter, this.id)).state)!;
    const link = policy.invitations[0]!.id;
    const shown: WireLink = {
      room_id: this.id,
      link_id: link,
      generation: 0,
      public_key: toBase64url(policy.invitations[0]!.publicKey),
      sealed_key: this.#links.get(link)!,
      inviter: { id: inviter.userId, username: inviter.username },
    };
    const said = await joiner.api.askToJoin(shown, new URL(address, "http://localhost").hash.slice(1));
    this.requests = [{ user_id: joiner.userId, device_id: joiner.deviceId, ...said }];
    return link;
  }

  keepLink({ link_id, sealed_key }: WireNewLink): object {
    this.#links.set(link_id, sealed_key);
    return {};
  }

  /** One package of a person, whoever asks for it: only one of them is going to use it. */
  async packagesOf(userId: Id): Promise<WireKeyPackages> {
    const known = this.#packages.get(userId);
    if (known !== undefined) return known;
    const person = this.everybody.find((each) => each.userId === userId)!;
    const stock = () => this.service.account(userId).packages.get(person.deviceId) ?? [];
    if (stock().length === 0) await person.restock();
    const kept = { items: [{ user_id: userId, device_id: person.deviceId, key_package: stock().shift()! }] };
    this.#packages.set(userId, kept);
    return kept;
  }

  async #turn(browser: Browser): Promise<void> {
    const gate = this.#gate;
    if (gate?.order.includes(browser) !== true) return;
    const posted = new Promise<void>((go) => gate.waiting.set(browser, go));
    if (gate.waiting.size === gate.order.length) gate.waiting.get(gate.order[0]!)!();
    await posted;
  }

  /** What the first one posted is answered: the next one's turn. */
  #next(browser: Browser): void {
    const gate = this.#gate;
    if (gate?.order.includes(browser) !== true) return;
    gate.order = gate.order.filter((each) => each !== browser);
    gate.waiting.get(gate.order[0]!)?.();
  }

  async inTurn<T>(browser: Browser, work: () => Promise<T>): Promise<T> {
    await this.#turn(browser);
    try {
      return await work();
    } finally {
      this.#next(browser);
    }
  }

  async commit(browser: Browser, request: WireCommit) {
    const { details } = decodeAuthenticatedData(decodePrivate(fromBase64url(request.commit)).authenticatedData);
    const { added, removed } = decodeCommitDetails(details);
    const gone = new Set(removed.map(({ deviceId }) => deviceId));
    const { members, epoch } = this.service.conversation(this.id);
    const staying = [...members].filter(([deviceId]) => !this.#out.has(deviceId) && !gone.has(deviceId));
    if (request.epoch === epoch && staying.some(([, { userId }]) => this.#left.has(userId))) {
      throw new ApiError("not_allowed", "", 403, null, { missing: "left" });
    }
    try {
      const ack = await this.service.commit(this.id, browser.sender, request, { added });
      for (const { userId, deviceId } of removed) {
        this.#out.add(deviceId);
        this.#left.delete(userId);
      }
      return ack;
    } catch (error) {
      if (!(error instanceof EpochConflict)) throw error;
      const { verifiedSeq } = await browser.api.conversation(this.id);
      const missed = this.service.rowsFor(this.id, browser.sender, verifiedSeq);
      throw new ApiError("epoch_conflict", "", 409, null, { missed });
    }
  }

  async leave(browser: Browser, { client_id, epoch, message }: WireLastWord): Promise<void> {
    if (epoch !== this.service.conversation(this.id).epoch) throw new ApiError("epoch_stale", "", 409);
    this.#left.add(browser.userId);
    await this.service.append(this.id, browser.sender, "leave", client_id, fromBase64url(message));
  }

  async sync(reader: Browser): Promise<void> {
    await reader.api.learnRoom(this.#view(reader));
    const { needs } = await reader.pull(this.id);
    if (needs.length === 0) return;
    for (const need of needs) if (need.kind === "account_keys") await reader.learn(need.userId, true);
    await reader.pull(this.id);
  }

  #view(reader: Browser): WireRoom {
    const { service, id, everybody } = this;
    const { user1_id, ...log } = service.sessionFor(id, reader.userId);
    const members = log.members.filter(({ device_id }) => !this.#out.has(device_id));
    const known = everybody.map(({ userId, username }) => ({ id: userId, username }));
    const joining = this.requests.map(({ user_id }) => ({ user_id, username: "", created_at: log.created_at }));
    return { ...log, members, creator_id: user1_id, people: known, joining, left: this.#left.has(reader.userId) };
  }
}

const codeOf = (error: unknown) => (error instanceof ApiError ? error.code : (error as Error).message);

/** A member's engine, as far as rooms need it. */
export class Racer {
  readonly rooms: RoomCommands;
  readonly conversations: ConversationCommands;

  constructor(
    private readonly room: RaceRoom,
    private readonly browser: Browser,
  ) {
    const context = {
      api: { post: (path: string, call: Call) => this.#post(path, call), get: () => ({ items: room.requests }) },
      crypto: browser.api,
      environment: { clock: { after: () => () => undefined } },
      jobs: () => ({ kick: () => undefined }),
    } as unknown as Live["context"];
    const sync = () => room.sync(browser);
    const commits = new Commits(context, {
      directory: { learnMany: (wanted: KeysWanted[]) => this.#learn(wanted) } as unknown as Live["directory"],
      took: () => Promise.resolve(),
      refused: () => Promise.resolve(),
      behind: () => undefined,
    });
    const sessions = { refetch: sync, consider: () => undefined };
    const live = { context, commits, sessions, log: { catchUp: sync }, conversations: { learnRoom: sync } };
    this.rooms = new RoomCommands(live as unknown as Live);
    this.conversations = new ConversationCommands(live as unknown as Live);
  }

  async #learn(wanted: readonly KeysWanted[]): Promise<void> {
    for (const { userId } of wanted) await this.browser.learn(userId);
  }

  async #post(path: string, { body }: Call): Promise<unknown> {
    const { room, browser } = this;
    if (path.endsWith("/contributions")) return room.service.establish(room.id, body as WireContributionRequest);
    if (path.endsWith("/commits")) return room.inTurn(browser, () => room.commit(browser, body as WireCommit));
    if (path.endsWith("/leave")) return room.inTurn(browser, () => room.leave(browser, body as WireLastWord));
    if (path === "/api/rooms") return { id: room.id };
    if (path.endsWith("/key-packages")) return { items: [] };
    if (path.endsWith("/links")) return room.keepLink(body as WireNewLink);
    if (path.endsWith("/invite")) return room.packagesOf((body as { user_id: Id }).user_id);
    throw new Error(path);
  }
}
