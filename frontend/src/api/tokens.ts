export interface Grant {
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

/** The part of `navigator.locks` that is used. */
export interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What holds the refresh token. */
export interface RefreshTokens {
  /** `cookie`: no script reads it. `body`: a page of another origin has none, and keeps the token itself. */
  readonly transport: "cookie" | "body";
  /** With `body`: the one to use now; null when there is none. */
  read(): Promise<string | null>;
  /** With `body`: the successor, before anything is done with the access token that came along. */
  keep(token: string): Promise<void>;
}

const EARLY_MS = 60_000;
const LOCK = "quantumchat-token-refresh";

/** The access token, in memory only. One tab at a time rotates the refresh token, and one call in this tab asks for all. */
export class AccessToken {
  #current: { value: string; renewAt: number } | null = null;
  #renewing: Promise<string> | null = null;

  constructor(
    private readonly refresh: () => Promise<Grant>,
    private readonly locks: Locks,
    private readonly now: () => number,
  ) {}

  /** When to ask for the next one; null while there is none. */
  get renewAt(): number | null {
    return this.#current?.renewAt ?? null;
  }

  set(grant: Grant): void {
    const life = grant.expires_in * 1000;
    this.#current = { value: grant.access_token, renewAt: this.now() + life - Math.min(EARLY_MS, life / 4) };
  }

  clear(): void {
    this.#current = null;
  }

  /** A token that is good for a while yet; after a reload the refresh token gives the first one. */
  async get(): Promise<string> {
    const current = this.#current;
    return current !== null && current.renewAt > this.now() ? current.value : this.renew();
  }

  renew(): Promise<string> {
    this.#renewing ??= this.locks
      .request(LOCK, async () => {
        const grant = await this.refresh();
        this.set(grant);
        return grant.access_token;
      })
      .finally(() => {
        this.#renewing = null;
      });
    return this.#renewing;
  }
}
