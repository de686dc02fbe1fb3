/** Keeps the account's pins record in step with its other browsers (PROTOCOL.md 3.2). */
import { isApiError } from "../api/errors";
import type { Problem } from "../crypto/client";
import type { Context } from "./context";
import type { Jobs } from "./jobs";
import { Lanes } from "./lanes";

const ATTEMPTS = 5;

export class Pins {
  /** The newest version that this browser has read or written since it is open. */
  #version = 0;
  readonly #lane = new Lanes();
  readonly #job: Jobs;

  constructor(
    private readonly context: Context,
    private readonly broken: (problems: readonly Problem[]) => void,
    /** Another browser's record was taken over. */
    private readonly merged: () => Promise<void>,
  ) {
    this.#job = context.jobs(async () => {
      await this.store();
      return "done";
    });
  }

  /** Stores soon, and goes on trying. */
  kick(): void {
    this.#job.kick("pins");
  }

  /** Takes over what this account's other browsers have agreed to and seen. */
  pull(): Promise<void> {
    return this.#lane.run("pins", () => this.#pull());
  }

  /** Somebody wrote this version: another browser, if it is news. */
  written(version: number): Promise<void> {
    return this.#lane.run("pins", async () => {
      if (version > this.#version) await this.#pull();
    });
  }

  /** Resolves when the server has everything. */
  store(): Promise<void> {
    return this.#lane.run("pins", async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const next = await this.context.crypto.pinsToStore();
        if (next === null) return;
        const headers = next.ifMatch === null ? { "If-None-Match": "*" } : { "If-Match": `"${next.ifMatch}"` };
        try {
          await this.context.api.put("/api/pins", { headers, body: next.record });
          await this.context.crypto.pinsStored(next.record.version);
          this.#version = next.record.version;
          return;
        } catch (error) {
          if (!isApiError(error, "pins_changed") || attempt === ATTEMPTS - 1) throw error;
          await this.#pull();
        }
      }
    });
  }

  async #pull(): Promise<void> {
    const record = await this.context.api.get("/api/pins", {});
    if (record === undefined) return;
    this.broken(await this.context.crypto.mergePins(record));
    this.#version = Math.max(this.#version, record.version);
    await this.merged();
  }
}
