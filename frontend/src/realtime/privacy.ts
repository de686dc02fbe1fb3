/** What others may see of this person, as the engine holds to it; the switches are in the pins record (crypto/people/privacy.ts). */
import type { Privacy } from "../crypto/client";
import { changes } from "./changes";
import type { Context } from "./context";

export interface PrivacyDependencies {
  /** The other browsers of the account are to know. */
  readonly keep: () => void;
  readonly changed: (before: Privacy, now: Privacy) => void;
}

export class PrivacySwitches {
  #now: Privacy = { receipts: true, typing: true, presence: true };

  constructor(
    private readonly context: Context,
    private readonly dependencies: PrivacyDependencies,
  ) {}

  get now(): Privacy {
    return this.#now;
  }

  /** Takes up what was decided, here or in another browser. */
  async load(): Promise<void> {
    const before = this.#now;
    this.#now = await this.context.crypto.privacy();
    this.context.publish(changes.privacy(this.#now));
    this.dependencies.changed(before, this.#now);
  }

  async set(change: Partial<Privacy>): Promise<void> {
    await this.context.crypto.setPrivacy(change);
    await this.load();
    this.dependencies.keep();
  }
}
