/** Accounts on this browser: passwords, vault, stores (PROTOCOL.md 2). Holds what needs the password, for as short as possible. */

import { CryptoFailure, failureCode } from "../failures";
import { equalBytes, randomBytes, uuidv7, wipe } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { keyHashOf } from "../store/person";
import { Room, type SelfRecord } from "../store/room";
import { AccountIndex, type KnownAccount, Store } from "../store/storage";
import type { CompletedAccount, CryptoApi, LocalAccount, NewAccount, ServedVault } from "../types";
import type { Id, WireNewVault, WirePasswordChange, WireRecoveryCodeChange } from "../wire";
import {
  type Branches,
  checkedSalt,
  newRecoveryCode,
  normalisedUsername,
  passwordBranches,
  recoveryBranches,
  recoveryCodeBits,
  SALT_BYTES,
} from "./passwords";
import { type AccountScope, newVault, nextVault, openVault, type UnlockedVault, type Way } from "./vault";

interface SignIn {
  username: string;
  serverName: string;
  branches: Branches;
}

const password = ({ wrap }: Branches): Way => ({ kind: "password", key: wrap });

export class Accounts {
  readonly #index: AccountIndex;
  #signIn: SignIn | null = null;
  #recovery: Branches | null = null;
  #vault: UnlockedVault | null = null;

  constructor(private readonly prefix: string) {
    this.#index = new AccountIndex(prefix);
  }

  async local(): Promise<LocalAccount[]> {
    const rooms = await Promise.all((await this.#index.all()).map((known) => this.#peek(known)));
    return rooms.filter((account) => account !== null);
  }

  async #peek(known: KnownAccount): Promise<LocalAccount | null> {
    if (!(await Store.exists(this.prefix, known.userId))) return null;
    try {
      const store = await Store.open(this.prefix, known.userId, "read");
      const room = await Room.open(store).finally(() => store.close());
      return room?.account ?? null;
    } catch (error) {
      if (failureCode(error) !== "store_damaged") throw error;
      return { ...known, keyHash: "", deviceId: null, device: "damaged" };
    }
  }

  async newAccount(input: Parameters<CryptoApi["newAccount"]>[0]): Promise<NewAccount> {
    const username = normalisedUsername(input.username);
    const scope = { serverName: input.serverName, userId: uuidv7(), username };
    const salt = randomBytes(SALT_BYTES);
    const branches = await passwordBranches({ ...scope, password: input.password, salt });
    const { wire, recoveryCode } = await this.#makeVault(scope, branches);
    const request = {
      username,
      email: input.email,
      auth_secret: toBase64url(branches.auth),
      salt: toBase64url(salt),
      user_id: scope.userId,
      ...wire,
    };
    wipe(branches.auth, branches.wrap);
    return { request, recoveryCode };
  }

  async #makeVault(scope: AccountScope, branches: Branches): Promise<{ wire: WireNewVault; recoveryCode: string }> {
    const recovery = await newRecoveryCode();
    const recovered = await recoveryBranches(recovery.bits);
    const made = await newVault(scope, { password: branches.wrap, recovery: recovered.wrap });
    this.#vault = made.vault;
    const wire = { ...made.wire, recovery_auth_secret: toBase64url(recovered.auth) };
    wipe(recovery.bits, recovered.auth, recovered.wrap);
    return { wire, recoveryCode: recovery.code };
  }

  async signInSecret(input: Parameters<CryptoApi["signInSecret"]>[0]): Promise<{ auth_secret: string }> {
    const username = normalisedUsername(input.username);
    const salt = checkedSalt(input.parameters);
    const serverName = input.parameters.server_name;
    await this.#demandServer(username, serverName);
    const branches = await passwordBranches({ password: input.password, username, serverName, salt });
    this.#keep({ username, serverName, branches });
    return { auth_secret: toBase64url(branches.auth) };
  }

  async #demandServer(username: string, serverName: string): Promise<void> {
    // One name on two servers: a second account was made here after the first one's server went away.
    const known = (await this.#index.all()).filter((account) => account.username === username);
    if (known.length > 0 && !known.some((account) => account.serverName === serverName)) {
      throw new CryptoFailure("server_name_changed");
    }
  }

  #keep(signIn: SignIn): void {
    wipe(this.#signIn?.branches.auth, this.#signIn?.branches.wrap);
    this.#signIn = signIn;
  }

  #scope(userId: Id): AccountScope & { branches: Branches } {
    if (this.#signIn === null) throw new CryptoFailure("locked");
    return { userId, ...this.#signIn };
  }

  async unlock(input: Parameters<CryptoApi["unlock"]>[0]): Promise<void> {
    const { branches, ...scope } = this.#scope(input.userId);
    this.#vault = await openVault(scope, input.vault, input.identityPublicKey, password(branches));
  }

  async changePassword({ newPassword, ...served }: ServedVault & { newPassword: string }): Promise<WirePasswordChange> {
    const { branches, ...scope } = this.#scope(served.userId);
    const auth_secret = toBase64url(branches.auth);
    return { auth_secret, ...(await this.#rewrapped(scope, served, password(branches), newPassword)) };
  }

  /** From here on the new password is the one that was typed. */
  async #rewrapped(scope: AccountScope, served: ServedVault, by: Way, newPassword: string) {
    const salt = randomBytes(SALT_BYTES);
    const fresh = await passwordBranches({ ...scope, password: newPassword, salt });
    const next = await nextVault(scope, served.vault, served.identityPublicKey, by, password(fresh));
    this.#keep({ username: scope.username, serverName: scope.serverName, branches: fresh });
    return { salt: toBase64url(salt), new_auth_secret: toBase64url(fresh.auth), ...next };
  }

  async recoverySecret(typed: string): Promise<{ recovery_auth_secret: string }> {
    const bits = await recoveryCodeBits(typed);
    if (bits === null) throw new CryptoFailure("wrong_recovery_code");
    wipe(this.#recovery?.auth, this.#recovery?.wrap);
    this.#recovery = await recoveryBranches(bits);
    wipe(bits);
    return { recovery_auth_secret: toBase64url(this.#recovery.auth) };
  }

  async recover(input: Parameters<CryptoApi["recover"]>[0]): Promise<WirePasswordChange> {
    const { username, serverName, newPassword, ...served } = input;
    if (this.#recovery === null) throw new CryptoFailure("locked");
    await this.#demandServer(username, serverName);
    const scope = { username, serverName, userId: served.userId };
    return this.#rewrapped(scope, served, { kind: "recovery", key: this.#recovery.wrap }, newPassword);
  }

  async newRecoveryCode(served: ServedVault): Promise<{ request: WireRecoveryCodeChange; recoveryCode: string }> {
    const { branches, ...scope } = this.#scope(served.userId);
    const { bits, code } = await newRecoveryCode();
    const { auth, wrap } = await recoveryBranches(bits);
    const to: Way = { kind: "recovery", key: wrap };
    const next = await nextVault(scope, served.vault, served.identityPublicKey, password(branches), to);
    const secrets = { auth_secret: toBase64url(branches.auth), recovery_auth_secret: toBase64url(auth) };
    wipe(bits, auth, wrap);
    return { request: { ...secrets, ...next }, recoveryCode: code };
  }

  async complete({ userId, newPassword }: { userId: Id; newPassword: string | null }): Promise<CompletedAccount> {
    const { branches, ...scope } = this.#scope(userId);
    const proof = { auth_secret: toBase64url(branches.auth) };
    if (newPassword === null) {
      const { wire, recoveryCode } = await this.#makeVault(scope, branches);
      return { request: { ...proof, ...wire }, recoveryCode };
    }
    const salt = randomBytes(SALT_BYTES);
    const fresh = await passwordBranches({ ...scope, password: newPassword, salt });
    const { wire, recoveryCode } = await this.#makeVault(scope, fresh);
    const secrets = { salt: toBase64url(salt), new_auth_secret: toBase64url(fresh.auth) };
    wipe(fresh.auth, fresh.wrap);
    return { request: { ...proof, ...secrets, ...wire }, recoveryCode };
  }

  lock(): void {
    wipe(this.#signIn?.branches.auth, this.#signIn?.branches.wrap, this.#recovery?.auth, this.#recovery?.wrap);
    this.#signIn = null;
    this.#recovery = null;
    this.#vault = null;
  }

  vault(userId: Id): UnlockedVault {
    if (this.#vault?.scope.userId !== userId) throw new CryptoFailure("locked");
    return this.#vault;
  }

  async open(userId: Id): Promise<Room> {
    const store = await Store.open(this.prefix, userId, "write");
    try {
      const room = (await Room.open(store)) ?? (await this.#create(store, userId));
      await this.#take(room);
      return room;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  async #create(store: Store, userId: Id): Promise<Room> {
    const { scope, version, identityPublicKey } = this.vault(userId);
    const record: SelfRecord = {
      ...scope,
      identityPublicKey: toBase64url(identityPublicKey),
      keyHash: await keyHashOf(identityPublicKey),
      vaultVersion: version,
      device: null,
      notary: null,
      receiptNotary: null,
    };
    const room = await Room.create(store, record);
    const known: KnownAccount = { userId, username: scope.username, serverName: scope.serverName };
    await this.#index.put(known);
    return room;
  }

  /** With an unlocked vault at hand: the same identity, no older version, and the pins key for later. */
  async #take(room: Room): Promise<void> {
    const { self, store } = room;
    if (this.#vault?.scope.userId !== self.userId) return;
    const vault = this.#vault;
    if (!equalBytes(fromBase64url(self.identityPublicKey), vault.identityPublicKey)) {
      throw new CryptoFailure("account_key_changed");
    }
    if (vault.version < self.vaultVersion) throw new CryptoFailure("vault_rollback");
    await store.putCryptoKey("pins", await vault.pinsKey());
    const unit = store.begin();
    room.updateSelf(unit, { vaultVersion: vault.version });
    await unit.commit();
  }

  async erase(userId: Id): Promise<void> {
    await Store.erase(this.prefix, userId);
    await this.#index.remove(userId);
  }
}
