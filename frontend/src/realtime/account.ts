/** Registering, signing in, completing an account that was made outside a browser (PROTOCOL.md 2.2, 2.5). */
import type { Api } from "../api/client";
import { isApiError, isTransient } from "../api/errors";
import type { SignedIn, User } from "../api/types";
import type {
  CompletedAccount,
  CryptoApi,
  LocalAccount,
  ServedVault,
  WireRegistration,
  WireVaultCompletion,
} from "../crypto/client";
import { Device } from "./device";
import { MessengerError, type Progress } from "./messenger";
import type { Id } from "./state";

const ATTEMPTS = 3;

export interface Entered {
  readonly user: User;
  readonly local: LocalAccount;
}

/** Again a few times while the answer may have got lost; the server says the same to the same request. */
export async function persistently<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

export class Account {
  readonly device: Device;
  #unfinished: User | null = null;
  /** Made once: whoever presses again because an answer got lost sends the same keys again. */
  #completion: (CompletedAccount & { newPassword: string | null }) | null = null;

  constructor(
    private readonly api: Api,
    private readonly crypto: CryptoApi,
    /** Takes the writer's lock for the account, or rejects. */
    private readonly claim: (userId: Id) => Promise<void>,
  ) {
    this.device = new Device(api, crypto);
  }

  /** The account stands when this resolves; the device may have to wait for quantum_service (`certify`). */
  async register(input: { username: string; email: string; password: string }, progress: Progress) {
    progress("deriving");
    const config = await this.api.anonymous("get", "/api/config", {});
    const { request, recoveryCode } = await this.crypto.newAccount({ ...input, serverName: config.server_name });
    progress("registering");
    const answer = await this.#register(request);
    await this.#signedIn(answer);
    progress("making_keys");
    await this.claim(answer.user.id);
    const local = await this.crypto.open(answer.user.id);
    await this.crypto.learnConfig(config);
    return { user: answer.user, local, recoveryCode };
  }

  async signIn(identifier: string, password: string, progress: Progress): Promise<Entered | null> {
    progress("deriving");
    const username = identifier.trim().toLowerCase();
    return this.signInWith(username, await this.secret(username, password), progress);
  }

  /** With what was derived from the password before. Null: the account has no keys yet. */
  async signInWith(username: string, secret: { auth_secret: string }, progress: Progress): Promise<Entered | null> {
    const answer = await this.api.anonymous("post", "/api/login", {
      body: { username, ...secret, ...this.api.tokenTransport },
    });
    await this.#signedIn(answer);
    const me = await this.api.get("/api/users/me", {});
    if (!me.has_vault || me.identity_public_key === null) {
      this.#unfinished = answer.user;
      this.#completion = null;
      return null;
    }
    progress("unlocking");
    await this.claim(answer.user.id);
    return { user: answer.user, local: await this.#enter(answer.user.id, me.identity_public_key) };
  }

  /** Null code: another browser was first, and its vault counts. */
  async complete(newPassword: string | null, progress: Progress): Promise<Entered & { recoveryCode: string | null }> {
    const user = this.#unfinished;
    if (user === null) throw new MessengerError({ code: "not_authenticated" });
    progress("making_keys");
    if (this.#completion?.newPassword !== newPassword) {
      const made = await this.crypto.completeAccount({ userId: user.id, newPassword });
      this.#completion = { newPassword, ...made };
    }
    const recoveryCode = (await this.#storedFirst(this.#completion.request)) ? this.#completion.recoveryCode : null;
    this.#completion = null;
    await this.claim(user.id);
    if (recoveryCode === null) await this.crypto.unlock(await this.#servedVault(user.id));
    const local = await this.crypto.open(user.id);
    if (recoveryCode !== null) await this.#agreeToWhatWasDone();
    else await this.#takePins();
    await this.crypto.learnConfig(await this.api.anonymous("get", "/api/config", {}));
    this.#unfinished = null;
    return { user, local, recoveryCode };
  }

  /** Makes this browser a device if it is none yet. Fails while quantum_service is away: call again. */
  async certify(local: LocalAccount): Promise<LocalAccount> {
    return local.device === "bound" ? local : this.device.create(local.userId);
  }

  /** The password once more, for a signature of the account key. Rejects with `wrong_password`. */
  async unlockAgain(local: LocalAccount, password: string): Promise<ServedVault> {
    await this.secret(local.username, password);
    const served = await this.#servedVault(local.userId);
    await this.crypto.unlock(served);
    return served;
  }

  /** The password's authentication branch; the other one stays in the worker for what opens the vault. */
  async secret(username: string, password: string) {
    const parameters = await this.api.anonymous("get", "/api/login/parameters", { query: { username } });
    return this.crypto.signInSecret({ username, password, parameters });
  }

  async #servedVault(userId: Id): Promise<ServedVault> {
    const me = await this.api.get("/api/users/me", {});
    const vault = await this.api.get("/api/vault", {});
    return { userId, vault, identityPublicKey: me.identity_public_key ?? "" };
  }

  // ----------------------------------------------------------------

  /** What this person asked for and accepted outside a browser: the first pins, on trust, as there are none to compare with. */
  async #agreeToWhatWasDone(): Promise<void> {
    const connections = await this.api.get("/api/connections", {});
    const pending = await this.api.get("/api/connection/pending", {});
    const connected = connections.items.filter(({ connected_at }) => connected_at !== null);
    const asked = pending.items.filter(({ direction }) => direction === "out");
    for (const { peer } of [...connected, ...asked]) {
      await this.crypto.agree({ userId: peer.id, username: peer.username });
    }
  }

  async #register(request: WireRegistration): Promise<SignedIn> {
    let lost = false;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.api.anonymous("post", "/api/register", { body: { ...request, ...this.api.tokenTransport } });
      } catch (error) {
        if (lost && isApiError(error, "username_taken", "email_taken")) return this.#claimRegistered(request, error);
        if (!isTransient(error) || attempt === ATTEMPTS) throw error;
        lost = true;
      }
    }
  }

  /** The name may be taken because it is ours: the answer to an earlier attempt got lost. */
  async #claimRegistered({ username, auth_secret, user_id }: WireRegistration, taken: Error): Promise<SignedIn> {
    const body = { username, auth_secret, ...this.api.tokenTransport };
    const answer = await this.api.anonymous("post", "/api/login", { body }).catch(() => null);
    if (answer?.user.id !== user_id) throw taken;
    return answer;
  }

  async #signedIn(answer: SignedIn): Promise<void> {
    this.api.userId = answer.user.id;
    this.api.token.set(answer);
    await this.api.keepRefreshToken(answer);
  }

  /** False: another browser was first. When an answer got lost, the vault itself says whose it is. */
  async #storedFirst(body: WireVaultCompletion): Promise<boolean> {
    const headers = { "If-None-Match": "*" };
    try {
      await persistently(() => this.api.put("/api/vault", { headers, body }));
      return true;
    } catch (error) {
      // With a new password the proof of the old one is no longer good, once it is stored.
      if (!isApiError(error, "vault_exists", "wrong_credentials")) throw error;
      const stored = await this.api.get("/api/vault", {}).catch((none: unknown) => {
        if (isApiError(none, "no_vault")) return null;
        throw none;
      });
      if (stored?.vault === body.vault) return true;
      if (isApiError(error, "wrong_credentials")) throw error;
      return false;
    }
  }

  async #enter(userId: Id, identityPublicKey: string): Promise<LocalAccount> {
    const kept = (await this.crypto.localAccounts()).find((local) => local.userId === userId);
    if (kept?.device === "bound") {
      const local = await this.crypto.open(userId);
      try {
        await this.device.bind(userId);
        await this.crypto.lock();
        return local;
      } catch (error) {
        if (!isApiError(error, "not_found") || !(await this.#revoked(local))) throw error;
        await this.crypto.erase(userId);
      }
    }
    // It helps nobody any more: this browser starts anew, as a new device.
    if (kept?.device === "damaged") await this.crypto.erase(userId);
    const vault = await this.api.get("/api/vault", {});
    await this.crypto.unlock({ userId, vault, identityPublicKey });
    const local = await this.crypto.open(userId);
    await this.#takePins();
    await this.crypto.learnConfig(await this.api.anonymous("get", "/api/config", {}));
    return local;
  }

  /**
   * What the other browsers of this account pinned comes before anything is pinned or signed here on first sight: else a
   * server could have this one sign a device on top of an older list (PROTOCOL.md 3.2). Findings come with the next pull.
   */
  async #takePins(): Promise<void> {
    const record = await this.api.get("/api/pins", {});
    if (record !== undefined) await this.crypto.mergePins(record);
  }

  /** Whether the account's own signed list says so; the server's word alone erases nothing (PROTOCOL.md 6.8). */
  async #revoked({ userId, deviceId }: LocalAccount): Promise<boolean> {
    const keys = await this.api.get("/api/users/{user_id}/keys", { path: { user_id: userId }, query: { since: 0 } });
    const { contact } = await this.crypto.learnKeys(keys);
    return contact.devices.some((device) => device.deviceId === deviceId && device.revoked);
  }
}
