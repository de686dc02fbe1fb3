/** What a person does about people: asking, answering, removing, blocking, trusting. */
import { isTransient } from "../api/errors";
import { changes } from "./changes";
import type { Live } from "./live";
import { MessengerError } from "./messenger";
import { timeOf } from "./projection";
import type { FoundPeople, Id } from "./state";

interface Named {
  readonly id: Id;
  readonly username: string;
}

export class PeopleCommands {
  readonly #names = new Map<Id, string>();

  constructor(private readonly live: Live) {}

  async search(q: string, after: string | null): Promise<FoundPeople> {
    const query = after === null ? { q } : { q, after };
    const { items, next } = await this.live.context.api.get("/api/users/available", { query });
    for (const { id, username } of items) this.#names.set(id, username);
    return { items, next };
  }

  async ask(userId: Id): Promise<void> {
    const { api, crypto } = this.live.context;
    const { people } = this.live;
    // Two requests that cross are an answer.
    const crossing = people.requestFrom(userId);
    if (crossing !== null) return this.answer(crossing.id, true);
    const username = this.#names.get(userId) ?? (await people.person(userId))?.username;
    const seen = await crypto.seenKeys(userId);
    const answer = await this.#agreeing(username === undefined ? null : { id: userId, username }, () =>
      api.post("/api/connection/request", { body: { user_id: userId, ...seen } }),
    );
    await crypto.agree({ userId, username: answer.peer.username });
    if (answer.state === "connected") return people.connectedTo(answer.peer);
    const { id, peer, created_at } = answer;
    await people.requested({ id, direction: "out", peer, created_at, ...seen });
  }

  async answer(requestId: Id, accept: boolean): Promise<void> {
    const { api, crypto } = this.live.context;
    const { people, sessions } = this.live;
    const request = people.request(requestId);
    const peer = request?.peer ?? null;
    if (accept && request !== null && !(await people.check(request))) throw new MessengerError({ code: "swapped_key" });
    const nothing = { own_key_hash: null, peer_key_hash: null };
    const seen = accept && peer !== null ? await crypto.seenKeys(peer.id) : nothing;
    const { session_id } = await this.#agreeing(accept ? peer : null, () =>
      api.post("/api/connection/respond", { body: { request_id: requestId, accept, ...seen } }),
    );
    if (peer === null) return;
    if (accept) await people.connectedTo(peer);
    else people.answered(peer.id);
    if (session_id !== null) await sessions.refetch(session_id);
  }

  async remove(userId: Id): Promise<void> {
    const { api, crypto } = this.live.context;
    const person = await this.live.people.person(userId);
    await api.delete("/api/connections/{user_id}", { path: { user_id: userId } });
    await crypto.withdraw(userId);
    this.live.pins.kick();
    await this.live.people.removed({ id: userId, username: person?.username ?? "" });
  }

  async block(userId: Id, blocked: boolean): Promise<void> {
    const { api } = this.live.context;
    const person = await this.live.people.person(userId);
    const path = { user_id: userId };
    if (blocked) await api.post("/api/connections/{user_id}/block", { path });
    else await api.delete("/api/connections/{user_id}/block", { path });
    const username = person?.username ?? this.#names.get(userId) ?? "";
    await this.live.people.blocked({ id: userId, username }, blocked);
  }

  /** Works offline too: this account's other browsers learn of it when the server can be reached. */
  async agree(userId: Id): Promise<void> {
    const { crypto } = this.live.context;
    const person = await this.live.people.person(userId);
    await crypto.agree({ userId, username: person?.username ?? "" });
    this.live.pins.kick();
    await this.live.people.refresh(userId);
    for (const id of this.live.conversations.idsWith(userId)) this.live.sessions.tryAgain(id);
  }

  async acceptKey(userId: Id, keyHash: string): Promise<void> {
    const { crypto, show } = this.live.context;
    const { entries } = await this.#deciding(userId, () => crypto.acceptAccountKey(userId, keyHash));
    show(entries);
    await this.live.directory.learn(userId, 0);
    for (const id of this.live.conversations.idsWith(userId)) this.live.log.pull(id);
  }

  async settleKeys(userId: Id, keyHash: string): Promise<void> {
    await this.acceptKey(userId, keyHash);
    await this.verify(userId, keyHash);
  }

  async verify(userId: Id, keyHash: string | null): Promise<void> {
    const { crypto } = this.live.context;
    await this.#deciding(userId, () => crypto.markVerified(userId, keyHash));
    this.live.pins.kick();
    await this.live.people.refresh(userId);
    // It may have been what sending waited for.
    for (const id of this.live.conversations.idsWith(userId)) this.live.outbox.kick(id);
  }

  /** Refused, it was about a key that is not there any more: the page shows the present one. */
  async #deciding<T>(userId: Id, decide: () => Promise<T>): Promise<T> {
    try {
      return await decide();
    } catch (error) {
      await this.live.people.refresh(userId);
      throw error;
    }
  }

  /** A new session with a connected person. */
  async startSession(userId: Id): Promise<Id> {
    const { api } = this.live.context;
    const person = await this.live.people.person(userId);
    const session = await this.#agreeing(person, () => api.post("/api/sessions", { body: { user_id: userId } }));
    await this.live.sessions.learn(session);
    return session.id;
  }

  async loadOwnDevices(): Promise<void> {
    const { items } = await this.live.context.api.get("/api/devices", {});
    const devices = items.map((device) => ({
      id: device.id,
      createdAt: timeOf(device.created_at),
      lastSeenAt: timeOf(device.last_seen_at),
      revokedAt: device.revoked_at === null ? null : timeOf(device.revoked_at),
      current: device.current,
    }));
    this.live.context.publish(changes.ownDevices(devices));
  }

  /** This account's other browsers must know of the agreement before the server shows them what comes of it. */
  async #agreeing<T>(peer: Named | null, act: () => Promise<T>): Promise<T> {
    if (peer === null) return act();
    const { crypto } = this.live.context;
    const before = (await crypto.contact(peer.id))?.agreed ?? false;
    await crypto.agree({ userId: peer.id, username: peer.username });
    try {
      await this.live.pins.store();
      return await act();
    } catch (error) {
      if (!before && !isTransient(error)) await crypto.withdraw(peer.id);
      throw error;
    } finally {
      this.live.pins.kick();
    }
  }
}
