/** Who is connected, who asks, who is there: what the server says of people, joined with how well their keys are known. */
import { isApiError } from "../api/errors";
import type { Connection, ConnectionRequest, Peer } from "../api/types";
import type { Contact } from "../crypto/client";
import { changes } from "./changes";
import type { Context } from "./context";
import type { Directory } from "./directory";
import { personOf, requestOf, timeOf } from "./projection";
import type { Finding, Id, Person } from "./state";

export interface PeopleDependencies {
  readonly directory: Directory;
  /** Something about this person changed that their conversations show. */
  readonly changed: (userId: Id) => void;
  readonly broken: (finding: Finding) => void;
}

export class People {
  #connections: Map<Id, Connection> | null = null;
  readonly #requests = new Map<Id, ConnectionRequest>();
  #online = new Set<Id>();

  constructor(
    private readonly context: Context,
    private readonly dependencies: PeopleDependencies,
  ) {}

  /** From the local store alone, until the server can be asked. */
  async showKnown(): Promise<void> {
    await this.#publishAll();
  }

  async resync(): Promise<void> {
    const [connections, pending] = await Promise.all([
      this.context.api.get("/api/connections", {}),
      this.context.api.get("/api/connection/pending", {}),
    ]);
    this.#connections = new Map(connections.items.map((item) => [item.peer.id, item]));
    this.#requests.clear();
    for (const request of pending.items) this.#requests.set(request.id, request);
    this.context.publish(changes.requests(pending.items.map(requestOf)));
    await this.#publishAll();
    for (const request of pending.items) void this.check(request).catch(this.context.failed);
  }

  get connected(): Peer[] {
    return [...(this.#connections?.values() ?? [])]
      .filter((item) => item.connected_at !== null)
      .map(({ peer }) => peer);
  }

  get asked(): Peer[] {
    return [...this.#requests.values()].filter((request) => request.direction === "out").map(({ peer }) => peer);
  }

  requestFrom(userId: Id): ConnectionRequest | null {
    const all = [...this.#requests.values()];
    return all.find(({ direction, peer }) => direction === "in" && peer.id === userId) ?? null;
  }

  request(id: Id): ConnectionRequest | null {
    return this.#requests.get(id) ?? null;
  }

  /** Null for strangers whose keys were never seen either. */
  async person(userId: Id): Promise<Person | null> {
    const contact = await this.context.crypto.contact(userId);
    const connection = this.#connectionOf(userId, contact);
    // Usernames never change: the one that was pinned is shown, whatever the server says now.
    const username = contact?.username ?? connection?.peer.username;
    if (username === undefined) return null;
    return personOf({ id: userId, username }, contact, connection, this.#online.has(userId));
  }

  async refresh(userId: Id): Promise<void> {
    const person = await this.person(userId);
    if (person === null || userId === this.context.userId) return;
    this.context.publish(changes.person(person));
    this.dependencies.changed(userId);
  }

  // ---------------------------------------------------------------- what happened

  async requested(request: ConnectionRequest): Promise<void> {
    this.#requests.set(request.id, request);
    this.context.publish(changes.request(requestOf(request)));
    await this.check(request);
  }

  /** `told`: as the event has it; an answer of one's own does not say, and the event follows. */
  async connectedTo(
    peer: Peer,
    told: (Pick<Connection, "own_key_hash" | "peer_key_hash"> & { at: string }) | null = null,
  ): Promise<void> {
    this.answered(peer.id);
    const now = new Date(this.context.environment.clock.now()).toISOString();
    const known = this.#connections?.get(peer.id);
    this.#set({
      id: known?.id ?? null,
      peer,
      connected_at: told?.at ?? known?.connected_at ?? now,
      blocked: known?.blocked ?? false,
      own_key_hash: (told ?? known)?.own_key_hash ?? null,
      peer_key_hash: (told ?? known)?.peer_key_hash ?? null,
    });
    await this.dependencies.directory.learn(peer.id);
    await this.compare(peer.id);
    await this.refresh(peer.id);
  }

  /** The keys that the other side of a connection named with those that this browser was shown (PROTOCOL.md 3.2). */
  async compare(userId: Id): Promise<void> {
    const connection = this.#connections?.get(userId);
    if (connection !== undefined) this.context.show(await this.context.crypto.checkConnection(connection));
  }

  /** No request with this person waits any more. */
  answered(peerId: Id): void {
    for (const [id, request] of this.#requests) {
      if (request.peer.id !== peerId) continue;
      this.#requests.delete(id);
      this.context.publish(changes.requestGone({ id }));
    }
  }

  async removed(peer: Peer): Promise<void> {
    this.answered(peer.id);
    const known = this.#connections?.get(peer.id);
    if (known?.blocked) this.#set({ ...known, connected_at: null });
    else this.#connections?.delete(peer.id);
    await this.refresh(peer.id);
  }

  async blocked(peer: Peer, blocked: boolean): Promise<void> {
    const known = this.#connections?.get(peer.id) ?? unconnected(peer);
    this.#set({ ...known, blocked });
    await this.refresh(peer.id);
  }

  presence(userId: Id, online: boolean): void {
    if (online) this.#online.add(userId);
    else this.#online.delete(userId);
    this.context.publish(changes.presence({ id: userId, online }));
  }

  presentNow(online: readonly Id[]): void {
    this.#online = new Set(online);
    this.context.publish(changes.presence({ online: [...online] }));
  }

  // ----------------------------------------------------------------

  #set(connection: Connection): void {
    this.#connections?.set(connection.peer.id, connection);
  }

  /** While the server has not been asked, an agreement of old stands for the connection. */
  #connectionOf(userId: Id, contact: Contact | null): Connection | null {
    if (this.#connections !== null) return this.#connections.get(userId) ?? null;
    if (contact === null || !contact.agreed) return null;
    const peer = { id: userId, username: contact.username };
    return { ...unconnected(peer), connected_at: new Date(0).toISOString() };
  }

  async #publishAll(): Promise<void> {
    const contacts = await this.context.crypto.contacts();
    const ids = new Set([...(this.#connections?.keys() ?? []), ...contacts.map((contact) => contact.userId)]);
    ids.delete(this.context.userId);
    const people = await Promise.all([...ids].map((id) => this.person(id)));
    this.context.publish(changes.people(people.filter((person) => person !== null)));
  }

  /** The other side names the account keys that it saw: ours must be among them, and theirs what we are served. */
  async check(request: ConnectionRequest): Promise<boolean> {
    if (request.direction !== "in") return true;
    const userId = request.peer.id;
    try {
      await this.dependencies.directory.learn(userId);
    } catch (error) {
      // Taken back meanwhile: their keys are no longer ours to see.
      if (isApiError(error, "not_found")) return true;
      throw error;
    }
    const [problem] = await this.context.crypto.checkRequest(request);
    await this.refresh(userId);
    if (problem === undefined) return true;
    const at = timeOf(problem.noticedAt);
    const kind = problem.code === "username_changed" ? "renamed" : "swapped_key";
    this.dependencies.broken({ id: `${kind}/${userId}`, kind, at, seq: null, from: null });
    return false;
  }
}

function unconnected(peer: Peer): Connection {
  return { id: null, peer, connected_at: null, blocked: false, own_key_hash: null, peer_key_hash: null };
}
