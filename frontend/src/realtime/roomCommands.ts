/** What a person does with rooms. */
import { isApiError } from "../api/errors";
import { failureCode, type RoomAct as Sealed } from "../crypto/client";
import { isOvertaken } from "./commits";
import type { Live } from "./live";
import { MessengerError } from "./messenger";
import type { Id, RoomAct } from "./state";

const ATTEMPTS = 4;

const addressOf = ({ code, fragment }: { code: string; fragment: string }) => `/join/${code}#${fragment}`;

export class RoomCommands {
  constructor(private readonly live: Live) {}

  /** A new room, and the people of whom its creator thinks at once; answers its id. */
  async create(name: string, topic: string, people: readonly Id[]): Promise<Id> {
    const { api, crypto } = this.live.context;
    const room = await api.post("/api/rooms", {});
    await this.live.conversations.learnRoom(room);
    await crypto.nameRoom(room.id, name, topic);
    await this.live.commits.found(room.id);
    await this.live.sessions.refetch(room.id);
    for (const userId of people) await this.invite(room.id, userId);
    return room.id;
  }

  async invite(id: Id, userId: Id): Promise<void> {
    const path = { room_id: id };
    await this.#act(id, async () => {
      const packages = await this.live.context.api.post("/api/rooms/{room_id}/invite", {
        path,
        body: { user_id: userId },
      });
      return { act: "invite", userId, packages };
    });
  }

  /** A new link into a room; the server keeps what only the part behind its # opens. */
  async makeLink(id: Id, limits: { expiry: number; allowed: number }): Promise<string> {
    const { api, crypto } = this.live.context;
    const { request, code, fragment } = await crypto.newLink(id, limits);
    await api.post("/api/rooms/{room_id}/links", { path: { room_id: id }, body: request });
    await this.#act(id, () => Promise.resolve({ act: "make_link", link: request.link_id }));
    return addressOf({ code, fragment });
  }

  async linkAgain(link: Id): Promise<string | null> {
    const made = await this.live.context.crypto.linkAgain(link);
    return made === null ? null : addressOf(made);
  }

  /** Lets these in, where that takes an approval. */
  admit(id: Id, userIds: readonly Id[]): Promise<void> {
    return this.#act(id, async () => {
      const { items } = await this.live.context.api.get("/api/rooms/{room_id}/requests", { path: { room_id: id } });
      return { act: "admit", requests: items.filter(({ user_id }) => userIds.includes(user_id)) };
    });
  }

  async decline(id: Id, userId: Id): Promise<void> {
    await this.live.context.api.delete("/api/rooms/{room_id}/requests/{user_id}", {
      path: { room_id: id, user_id: userId },
    });
  }

  change(id: Id, act: RoomAct): Promise<void> {
    return this.#act(id, () => Promise.resolve(act));
  }

  /** Of a room or a session. */
  async setTimer(id: Id, seconds: number): Promise<void> {
    try {
      await this.#act(id, () => Promise.resolve({ act: "timer", seconds }));
    } catch (error) {
      // A commit may be left whose answer is not known; nothing is sent before it is settled.
      this.live.sessions.consider(id);
      throw error;
    }
  }

  /** Epoch order decides: who lost a race looks again whether it still may (PROTOCOL.md 10.1). */
  async #act(id: Id, act: () => Promise<Sealed>): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#tried(id, act)) return;
      await this.live.log.catchUp(id);
    }
    throw new MessengerError({ code: "epoch_conflict" });
  }

  /** Whoever left is taken out first: the next commit has to, whatever else it was to be. */
  async #tried(id: Id, act: () => Promise<Sealed>): Promise<boolean> {
    const { commits, context } = this.live;
    if ((await context.crypto.dueCommit(id)) === "person_left") {
      await commits.rotate(id);
      return false;
    }
    try {
      return (await commits.act(id, await act())) === "accepted";
    } catch (error) {
      if (await this.#isBehind(id, error)) return false;
      throw error;
    }
  }

  /** Rows came meanwhile, or are still to come: by the log as it will be then the act may be allowed. */
  async #isBehind(id: Id, error: unknown): Promise<boolean> {
    if (isOvertaken(error)) return true;
    return failureCode(error) === "not_allowed" && (await this.live.context.crypto.dueCommit(id)) === "person_left";
  }

  async leave(id: Id): Promise<void> {
    const { api, crypto } = this.live.context;
    await this.#lastWord(id, async () => {
      const body = await crypto.leave(id);
      return api.post("/api/rooms/{room_id}/leave", { path: { room_id: id }, body });
    });
  }

  /** Ends the room for everybody; one without a group by the plain call. */
  async end(id: Id): Promise<void> {
    const { api, crypto } = this.live.context;
    await this.#lastWord(id, async () => {
      const grouped = (await crypto.conversation(id)).state === "active";
      const path = { room_id: id };
      if (!grouped) return api.delete("/api/rooms/{room_id}", { path });
      const { client_id, epoch, message } = await crypto.terminate(id);
      return api.delete("/api/rooms/{room_id}", { path, body: { client_id, epoch, message } });
    });
  }

  async #lastWord(id: Id, say: () => ReturnType<Live["context"]["api"]["get"]> | Promise<unknown>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await say();
        await this.live.sessions.refetch(id);
        await this.live.log.catchUp(id);
        return;
      } catch (error) {
        const passes = isApiError(error, "epoch_stale", "message_required") || failureCode(error) === "not_caught_up";
        if (!passes || attempt === ATTEMPTS) throw error;
        await this.live.log.catchUp(id);
      }
    }
  }
}
