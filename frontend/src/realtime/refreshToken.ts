/**
 * Where the refresh token of this browser is kept (PROTOCOL.md 2.7). On the server's own origin it is a cookie, and nothing here
 * ever sees it. A page of another origin keeps it in the account's sealed store, and in memory until that is open and once it was
 * left; all tabs read the store anew, under the lock of the refresh, so the newest one counts.
 */
import type { RefreshTokens } from "../api/tokens";
import type { CryptoApi } from "../crypto/client";

export class RefreshToken implements RefreshTokens {
  readonly transport: RefreshTokens["transport"];
  #memory: string | null = null;
  #open = false;

  constructor(
    private readonly crypto: CryptoApi,
    cookies: boolean,
  ) {
    this.transport = cookies ? "cookie" : "body";
  }

  async read(): Promise<string | null> {
    return this.#open ? this.crypto.refreshToken() : this.#memory;
  }

  async keep(token: string): Promise<void> {
    if (this.#open) await this.crypto.keepRefreshToken(token);
    else this.#memory = token;
  }

  /** The store of the account that signed in is open for writing. */
  async opened(): Promise<void> {
    if (this.transport === "cookie") return;
    this.#open = true;
    const given = this.#memory;
    this.#memory = null;
    if (given !== null) await this.crypto.keepRefreshToken(given);
  }

  /** The account is left: what the server has yet to be told of it is told from memory. */
  async left(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#memory = await this.crypto.refreshToken();
    await this.crypto.keepRefreshToken(null);
  }

  forget(): void {
    this.#memory = null;
    this.#open = false;
  }
}
