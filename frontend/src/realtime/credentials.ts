/**
 * The ways into the account, from this browser: another password, recovery with the printed code, another code, and which
 * sign-ins there are (PROTOCOL.md 2.4, 2.5). Whatever dies in the middle, one password is good: the server changes all at
 * once, and this browser's store learns of it only afterwards.
 */
import type { Api } from "../api/client";
import { isApiError } from "../api/errors";
import type { User } from "../api/types";
import { type CryptoApi, failureCode, type LocalAccount, type WireRecoveryCodeChange } from "../crypto/client";
import { type Account, type Entered, persistently } from "./account";
import { changes, type Publish } from "./changes";
import { MessengerError, type Progress } from "./messenger";
import { timeOf } from "./projection";
import type { Id } from "./state";

/** A code that was typed and is right, until the new password is there. */
interface Recovering {
  readonly identifier: string;
  readonly recovery_auth_secret: string;
  readonly token: string;
  readonly userId: Id;
  readonly username: string;
  readonly identityPublicKey: string;
}

export class Credentials {
  #recovering: Recovering | null = null;
  /** Shown to the person, and not in force yet. */
  #newCode: { request: WireRecoveryCodeChange; seen: number } | null = null;

  constructor(
    private readonly api: Api,
    private readonly crypto: CryptoApi,
    private readonly account: Account,
    private readonly publish: Publish,
  ) {}

  // ---------------------------------------------------------------- recovery

  /** The account's name, when the code is right. `wrong_recovery_code`. */
  async beginRecovery(identifier: string, code: string): Promise<string> {
    const { recovery_auth_secret } = await this.crypto.recoverySecret(code);
    this.#recovering = await this.#recoveryToken(identifier.trim().toLowerCase(), recovery_auth_secret);
    return this.#recovering.username;
  }

  async #recoveryToken(identifier: string, recovery_auth_secret: string): Promise<Recovering> {
    const body = { username: identifier, recovery_auth_secret };
    const { recovery_token, user, identity_public_key } = await this.api.anonymous("post", "/api/recover", { body });
    return {
      identifier,
      recovery_auth_secret,
      token: recovery_token,
      userId: user.id,
      username: user.username,
      identityPublicKey: identity_public_key ?? "",
    };
  }

  /** Sets the new password with the code, and signs in with it. */
  async recover(newPassword: string, progress: Progress): Promise<Entered> {
    if (this.#recovering === null) throw new MessengerError({ code: "recovery_expired" });
    progress("changing");
    const { username } = this.#recovering;
    const auth_secret = await this.#setPassword(this.#recovering, newPassword);
    const entered = await this.account.signInWith(username, { auth_secret }, progress);
    if (entered === null) throw new MessengerError({ code: "not_authenticated" });
    // Not before: who presses again because something broke off sets the same password once more.
    this.#recovering = null;
    return entered;
  }

  /** Once more from the start when the token ran out meanwhile, or another browser wrote the vault. */
  async #setPassword(recovering: Recovering, newPassword: string): Promise<string> {
    try {
      return await this.#setPasswordBy(recovering, newPassword);
    } catch (error) {
      if (!isApiError(error, "recovery_expired", "vault_changed")) throw error;
      this.#recovering = await this.#recoveryToken(recovering.identifier, recovering.recovery_auth_secret);
      return this.#setPasswordBy(this.#recovering, newPassword);
    }
  }

  async #setPasswordBy({ token, userId, username, identityPublicKey }: Recovering, newPassword: string) {
    const headers = { Authorization: `Bearer ${token}` };
    const vault = await this.api.anonymous("get", "/api/vault", { headers });
    const { server_name } = await this.api.anonymous("get", "/api/config", {});
    const served = { userId, vault, identityPublicKey };
    const body = await this.crypto.recover({ ...served, username, serverName: server_name, newPassword });
    const options = { headers: { ...headers, ...ifMatch(vault.version) }, body };
    await persistently(() => this.api.anonymous("put", "/api/users/me/password", options));
    return body.new_auth_secret;
  }

  // ---------------------------------------------------------------- password and code

  /** All other sign-ins end. `wrong_credentials` for a wrong present password. */
  async changePassword(local: LocalAccount, password: string, newPassword: string, progress: Progress): Promise<void> {
    progress("deriving");
    await this.#locking(async () => {
      const served = await this.account.unlockAgain(local, password).catch(async (error: unknown) => {
        if (failureCode(error) !== "wrong_password" || !(await this.#isDone(local, newPassword))) throw error;
        return null;
      });
      if (served === null) return;
      progress("changing");
      const body = await this.crypto.changePassword({ ...served, newPassword });
      const options = { headers: ifMatch(served.vault.version), body };
      const { vault_version } = await persistently(() => this.api.put("/api/users/me/password", options));
      await this.crypto.vaultWritten(vault_version ?? 0);
    });
  }

  /** The same change before, whose answer got lost: the new password opens the vault already. */
  async #isDone(local: LocalAccount, newPassword: string): Promise<boolean> {
    try {
      const { vault } = await this.account.unlockAgain(local, newPassword);
      await this.crypto.vaultWritten(vault.version);
      return true;
    } catch (error) {
      if (failureCode(error) !== "wrong_password") throw error;
      return false;
    }
  }

  /** A code that counts only from `useRecoveryCode` on: until then the one before it is good. */
  async makeRecoveryCode(local: LocalAccount, password: string): Promise<string> {
    return this.#locking(async () => {
      const served = await this.account.unlockAgain(local, password);
      const { request, recoveryCode } = await this.crypto.newRecoveryCode(served);
      this.#newCode = { request, seen: served.vault.version };
      return recoveryCode;
    });
  }

  async useRecoveryCode(): Promise<void> {
    const code = this.#newCode;
    if (code === null) throw new MessengerError({ code: "locked" });
    const options = { headers: ifMatch(code.seen), body: code.request };
    const { vault_version } = await persistently(() => this.api.put("/api/users/me/recovery-code", options));
    this.#newCode = null;
    await this.crypto.vaultWritten(vault_version ?? 0);
  }

  /** What the password opened is closed again, whatever comes of it. */
  async #locking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.crypto.lock();
    }
  }

  // ---------------------------------------------------------------- e-mail

  /** The account as it is then. `wrong_credentials`, `email_taken`. */
  async changeEmail(local: LocalAccount, email: string, password: string): Promise<User> {
    return this.#locking(async () => {
      const body = { email, ...(await this.account.secret(local.username, password)) };
      return persistently(() => this.api.patch("/api/users/me", { body }));
    });
  }

  // ---------------------------------------------------------------- sign-ins and other browsers

  async loadSignIns(): Promise<void> {
    const { items } = await this.api.get("/api/sign-ins", {});
    const signIns = items.map((item) => ({
      id: item.id,
      createdAt: timeOf(item.created_at),
      lastUsedAt: timeOf(item.last_used_at),
      deviceId: item.device_id,
      current: item.current,
    }));
    this.publish(changes.signIns(signIns));
  }

  async endSignIn(id: Id): Promise<void> {
    try {
      await this.api.delete("/api/sign-ins/{sign_in_id}", { path: { sign_in_id: id } });
    } catch (error) {
      // It ended by itself, which is what was wanted.
      if (!isApiError(error, "not_found")) throw error;
    }
    await this.loadSignIns();
  }

  async endOtherSignIns(): Promise<void> {
    await this.api.delete("/api/sign-ins", {});
    await this.loadSignIns();
  }

  /** Takes another browser of the account off its list, for good. */
  async removeDevice(local: LocalAccount, deviceId: Id, password: string): Promise<void> {
    await this.#locking(async () => {
      await this.account.unlockAgain(local, password);
      await this.account.device.revoke(local.userId, deviceId);
    });
    await this.loadSignIns();
  }
}

const ifMatch = (version: number) => ({ "If-Match": `"${version}"` });
