/** The keys of one's own account: looked at, and made anew when the person asks for it. */
import { isTransient } from "../api/errors";
import type { OwnKeys } from "../crypto/client";
import { madeAt } from "./details";
import type { Live } from "./live";
import { timeOf } from "./projection";
import type { Id, Time } from "./state";

export interface ConversationKeys {
  id: Id;
  epoch: number;
  /** When its newest keys were made. */
  madeAt: Time | null;
}

export interface KeysView extends OwnKeys {
  /** When this browser became a device of the account. */
  since: Time;
  /** Key packages that the server still gives out for this device; null: it cannot be asked. */
  packages: { count: number } | null;
  /** Those that this browser can read and write in. */
  conversations: ConversationKeys[];
}

export class KeyCommands {
  constructor(private readonly live: Live) {}

  async load(): Promise<KeysView> {
    const { crypto } = this.live.context;
    const [own, packages, conversations] = await Promise.all([
      crypto.ownKeys(),
      this.#packages(),
      this.#conversations(),
    ]);
    return { ...own, since: madeAt(own.device.deviceId), packages, conversations };
  }

  async renewDeviceKey(): Promise<void> {
    await this.live.device.renewMlKemKey(this.live.local.userId, true);
  }

  renewKeyPackages(): Promise<void> {
    return this.live.device.replaceKeyPackages();
  }

  async #packages(): Promise<KeysView["packages"]> {
    try {
      const { count } = await this.live.context.api.get("/api/devices/key-packages", {});
      return { count };
    } catch (error) {
      if (!isTransient(error)) throw error;
      return null;
    }
  }

  async #conversations(): Promise<ConversationKeys[]> {
    const { crypto } = this.live.context;
    const active = (await crypto.conversations()).filter(({ state }) => state === "active");
    const details = await Promise.all(active.map(({ id }) => crypto.details(id)));
    return details.map(({ conversation, lastRotation }) => ({
      id: conversation.id,
      epoch: conversation.epoch,
      madeAt: lastRotation === null ? null : timeOf(lastRotation.at),
    }));
  }
}
