/** A room over the server in memory, which checks no roles: what members refuse is seen to be theirs. */

import { msToTime } from "../primitives/encoding";
import type { RoomAct } from "../types";
import type { Id, WireRoom } from "../wire";
import type { Browser, World } from "./browser";

export class TestRoom {
  /** Devices that were taken out; the server goes on serving them, so that they see who did it. */
  #out = new Set<Id>();

  private constructor(
    private readonly world: World,
    readonly id: Id,
  ) {}

  /** Alice's, with bob in it, and then these. */
  static async open(world: World, ...others: Browser[]): Promise<TestRoom> {
    const { service, alice, bob } = world;
    const { session } = await service.open(alice.userId, bob.userId);
    const room = new TestRoom(world, session.id);
    await room.sync(alice);
    await alice.api.nameRoom(room.id, "Harbour", "");
    await room.#found(alice);
    for (const person of [bob, ...others]) await room.invite(alice, person);
    for (const person of [bob, ...others]) await room.sync(person);
    return room;
  }

  /** Adds somebody by a fresh package of theirs. */
  async invite(by: Browser, person: Browser): Promise<void> {
    const { userId, deviceId, api } = person;
    const { key_packages } = await api.keyPackages({ count: 1, lastResort: false, time: msToTime(Date.now()) });
    const items = key_packages.map((key_package) => ({ user_id: userId, device_id: deviceId, key_package }));
    await this.act(by, { act: "invite", userId, packages: { items } }, [person]);
  }

  /**
   * Room and browsers as they are now, as often as asked for: copies of the browsers, and the server's log as it was. Much
   * quicker than to open a room for each act.
   */
  async keep<B extends Browser[]>(...browsers: B): Promise<() => Promise<B>> {
    const { conversations } = this.world.service;
    const copies = async (of: Browser[]) => (await Promise.all(of.map((browser) => browser.copy()))) as B;
    const [log, out, kept] = [structuredClone(conversations.get(this.id)!), [...this.#out], await copies(browsers)];
    return async () => {
      conversations.set(this.id, structuredClone(log));
      this.#out = new Set(out);
      const fresh = await copies(kept);
      for (const browser of fresh) await this.sync(browser);
      return fresh;
    };
  }

  async #found(creator: Browser): Promise<void> {
    const step = await creator.api.beginFounding(this.id, { items: [] });
    if (step.step !== "contribution") throw new Error("keys are missing");
    const contribution = await this.world.service.establish(this.id, step.request);
    const { request } = await creator.api.finishCommit(this.id, contribution);
    const ack = await this.world.service.commit(this.id, creator.sender, request, { added: [] });
    await creator.api.commitAccepted(this.id, ack);
    await this.sync(creator);
  }

  async act(by: Browser, act: RoomAct, added: Browser[] = [], removed: Browser[] = []): Promise<void> {
    for (const { sender } of removed) this.#out.add(sender.deviceId);
    const step = await by.api.beginRoomAct(this.id, act);
    if (step.step !== "contribution") throw new Error("keys are missing");
    const { request } = await by.api.finishCommit(this.id, await this.world.service.establish(this.id, step.request));
    const changes = { added: added.map(({ sender }) => sender) };
    await by.api.commitAccepted(this.id, await this.world.service.commit(this.id, by.sender, request, changes));
    await this.sync(by);
  }

  /** Asks to be added, as whoever lost the group does, and shows everybody that the others did. */
  async allAsk(...browsers: Browser[]): Promise<void> {
    for (const browser of browsers) await browser.ask(this.id);
    for (const browser of browsers) await this.sync(browser);
  }

  async beginAnew(by: Browser): Promise<void> {
    const { service } = this.world;
    const step = await by.api.beginGeneration(this.id, service.claimForGeneration(this.id, by.sender));
    if (step.step !== "contribution") throw new Error("keys are missing");
    const commit = await by.api.finishCommit(this.id, await service.establish(this.id, step.request));
    await by.api.commitAccepted(this.id, await service.begin(this.id, by.sender, commit));
    await this.sync(by);
  }

  async sync(reader: Browser): Promise<void> {
    await reader.api.learnRoom(this.#view(reader));
    await reader.pull(this.id);
  }

  #view(reader: Browser): WireRoom {
    const { peer, user1_id, ...log } = this.world.service.sessionFor(this.id, reader.userId);
    const members = log.members.filter(({ device_id }) => !this.#out.has(device_id));
    return { ...log, members, creator_id: user1_id, people: [peer], joining: [], left: false };
  }
}
