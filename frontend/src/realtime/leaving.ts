/** A sign-out, as the server is told of it: at once, later, or not at all. Its refresh token stays good until the server knows. */
import type { Api } from "../api/client";
import { isTransient } from "../api/errors";
import type { Notes } from "./environment";
import type { Verdict } from "./jobs";
import { Lanes } from "./lanes";
import type { RefreshToken } from "./refreshToken";

/** A sign-out that the server has not been told of. */
const LEAVING = "quantumchat.leaving";

export class Leaving {
  readonly #lanes = new Lanes();

  constructor(
    private readonly api: Api,
    private readonly refreshToken: RefreshToken,
    private readonly notes: Notes,
  ) {}

  /** Whether the server is to be told of one. */
  get isDue(): boolean {
    return this.notes.get(LEAVING) !== null;
  }

  /** The account is left here. `tell` false: the server knows already. */
  async begin(tell: boolean): Promise<void> {
    this.notes.set(LEAVING, tell ? "1" : null);
    // The store may be another tab's by now.
    await this.refreshToken.left().catch(() => undefined);
    if (!tell) this.#forget();
  }

  tell(): Promise<Verdict> {
    return this.#lanes.run<Verdict>("leave", async () => {
      if (!this.isDue) return "done";
      try {
        await this.api.post("/api/logout", {});
      } catch (error) {
        if (isTransient(error)) throw error;
      }
      this.notes.set(LEAVING, null);
      this.#forget();
      return "done";
    });
  }

  /** Before anybody signs in: a sign-out that is told late must not end the new sign-in. */
  async settle(): Promise<void> {
    await this.tell().catch(() => undefined);
    this.notes.set(LEAVING, null);
    this.#forget();
  }

  #forget(): void {
    this.api.token.clear();
    this.refreshToken.forget();
    this.api.userId = null;
  }
}
