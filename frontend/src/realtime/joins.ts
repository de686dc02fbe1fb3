/** Coming into rooms by invitation links: what a link leads to, asking, and what becomes of it (PROTOCOL.md 10.2). */
import type { Join as Wire } from "../api/types";
import { changes } from "./changes";
import type { Context } from "./context";
import { MessengerError } from "./messenger";
import { timeOf } from "./projection";
import type { Id, Join, LinkTarget } from "./state";

export class Joins {
  constructor(private readonly context: Context) {}

  /** All that the account asked for, after a start or a long absence. */
  async resync(): Promise<void> {
    const { items } = await this.context.api.get("/api/rooms/join", {});
    this.context.publish(changes.joins(items.map(joinOf)));
  }

  /** Declined, withdrawn or let in: a welcome after a refusal would be nobody's. */
  async told(join: Wire): Promise<void> {
    if (join.state === "declined") await this.context.crypto.forgetJoin(join.room_id);
    this.context.publish(changes.join(joinOf(join)));
  }

  async look(code: string, fragment: string): Promise<LinkTarget> {
    const { api, crypto } = this.context;
    if (!(await crypto.isLink(fragment))) throw new MessengerError({ code: "bad_link" });
    const link = await api.get("/api/rooms/join/{code}", { path: { code } });
    return {
      roomId: link.room_id,
      inviter: link.inviter,
      expiresAt: timeOf(link.expires_at),
      approval: link.approval,
    };
  }

  async ask(code: string, fragment: string): Promise<Id> {
    const { api, crypto } = this.context;
    const link = await api.get("/api/rooms/join/{code}", { path: { code } });
    const body = await crypto.askToJoin(link, fragment);
    await this.told(await api.post("/api/rooms/join/{code}", { path: { code }, body }));
    return link.room_id;
  }

  async withdraw(roomId: Id): Promise<void> {
    const { api, crypto, userId } = this.context;
    await api.delete("/api/rooms/{room_id}/requests/{user_id}", { path: { room_id: roomId, user_id: userId } });
    await crypto.forgetJoin(roomId);
  }
}

function joinOf({ room_id, inviter, state, expires_at, created_at }: Wire): Join {
  return { roomId: room_id, inviter, state, expiresAt: timeOf(expires_at), askedAt: timeOf(created_at) };
}
