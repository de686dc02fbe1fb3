/** Accounts on this browser, the ways into them, and this browser as a device of one (PROTOCOL.md 2, 3). */

import type {
  Bytes,
  Id,
  Time,
  WireAccountKeys,
  WireLoginParameters,
  WireMlKemKey,
  WireMlKemKeyTaken,
  WireNewDevice,
  WirePasswordChange,
  WireRecoveryCodeChange,
  WireRegistration,
  WireRevocation,
  WireVault,
  WireVaultCompletion,
} from "../wire";

/** This browser's place in an account, as far as it is known without the network. */
export interface LocalAccount {
  userId: Id;
  username: string;
  serverName: string;
  deviceId: Id | null;
  /**
   * `none`: no device yet. `made`: its keys exist, the server may not know it. `bound`: registered. `damaged`: the store does
   * not open any more; only the names are known.
   */
  device: "none" | "made" | "bound" | "damaged";
  /** SHA-256 of the account key, as connection requests name it. */
  keyHash: Bytes;
}

export interface NewAccount {
  request: WireRegistration;
  /** Shown once, kept nowhere. */
  recoveryCode: string;
}

/** A code while it is typed; `wrong`: digits enough, but no code has this checksum. */
export type RecoveryCodeState = "incomplete" | "wrong" | "right";

/** The vault as the server shows it, and whose it is. */
export interface ServedVault {
  userId: Id;
  vault: WireVault;
  identityPublicKey: Bytes;
}

export interface CompletedAccount {
  /** For `PUT /api/vault` with `If-None-Match: *`; `open` after it. On 412 `vault_exists`: `GET /api/vault`, then `unlock`. */
  request: WireVaultCompletion;
  recoveryCode: string;
}

/** The key of this device that contributions are made for (PROTOCOL.md 3.5); times by this browser's clock, in ms. */
export interface OwnMlKemKey {
  number: number;
  keyHash: Bytes;
  /** Null: not known any more; it is replaced at once. */
  madeAt: number | null;
  replacedAt: number | null;
  /** The next one is made, and the server has not taken it yet. */
  waiting: boolean;
  former: { number: number; erasedAt: number }[];
}

export interface OwnKeys {
  serverName: string;
  userId: Id;
  username: string;
  /** The account key, 962 bytes. */
  account: { publicKey: Bytes; keyHash: Bytes };
  /** The key that this device signs with. */
  device: { deviceId: Id; publicKey: Bytes; keyHash: Bytes };
  mlKem: OwnMlKemKey;
  /** All devices of the account that are not revoked, this one included, by its own signed list. */
  devices: { deviceId: Id; publicKey: Bytes; keyHash: Bytes; mlKem: { number: number; keyHash: Bytes } | null }[];
}

/** Accounts and passwords. */
export interface AccountCalls {
  /** Accounts with a store on this browser, so that a reload needs no password. */
  localAccounts(): Promise<LocalAccount[]>;

  /** Everything for a registration. The new vault stays unlocked until `deviceRegistered` or `lock`. */
  newAccount(input: { username: string; email: string; password: string; serverName: string }): Promise<NewAccount>;

  /**
   * Derives the password's two branches (Argon2id, about half a second). Answers the one for `POST /api/login` and keeps
   * the other for `unlock`. `weak_parameters`, `server_name_changed`.
   */
  signInSecret(input: {
    username: string;
    password: string;
    parameters: WireLoginParameters;
  }): Promise<{ auth_secret: Bytes }>;

  /** Opens the vault with the password of the last `signInSecret`. `wrong_password`, `vault_damaged`, `vault_rollback`. */
  unlock(input: { userId: Id; vault: WireVault; identityPublicKey: Bytes }): Promise<void>;

  /**
   * Makes identity and vault for an account that was made by `curl`, after `signInSecret`. With `newPassword` (suggested,
   * since the server has seen the old one) that one opens it from then on.
   */
  completeAccount(input: { userId: Id; newPassword: string | null }): Promise<CompletedAccount>;

  /**
   * Body of `PUT /api/users/me/password` on top of this vault, opened with the password of the last `signInSecret`; from
   * then on the new password is the one for `unlock`. `wrong_password`, `vault_damaged`.
   */
  changePassword(input: ServedVault & { newPassword: string }): Promise<WirePasswordChange>;

  /** The server took the next version: an older one is a rollback from now on. Only ever after its answer. */
  vaultWritten(version: number): Promise<void>;

  recoveryCodeState(typed: string): Promise<RecoveryCodeState>;

  /** Answers the code's branch for `POST /api/recover` and keeps the other for `recover`. `wrong_recovery_code`. */
  recoverySecret(typed: string): Promise<{ recovery_auth_secret: Bytes }>;

  /**
   * The same as `changePassword`, opened with the code of the last `recoverySecret`. `wrong_recovery_code`,
   * `vault_damaged`, `server_name_changed`.
   */
  recover(
    input: ServedVault & { username: string; serverName: string; newPassword: string },
  ): Promise<WirePasswordChange>;

  /** Another recovery code, and the body of `PUT /api/users/me/recovery-code` that makes it count. After `signInSecret`. */
  newRecoveryCode(input: ServedVault): Promise<{ request: WireRecoveryCodeChange; recoveryCode: string }>;

  /** Forgets everything that needs the password or the recovery code. */
  lock(): Promise<void>;

  /**
   * Opens this browser's store of the account for writing; makes it after `newAccount`, `unlock` or `completeAccount`.
   * Only the tab that holds the lock may call it; an older writer then gets `superseded`. After a reload it needs no password.
   */
  open(userId: Id): Promise<LocalAccount>;

  /** Rejects with `superseded` when another tab has opened the store for writing since. */
  checkWriter(): Promise<void>;

  /** The refresh token in the open store, where no cookie can hold it (a page of another origin than the server's). */
  refreshToken(): Promise<string | null>;
  keepRefreshToken(token: string | null): Promise<void>;

  /** Forgets the open store and everything that needs the password. */
  close(): Promise<void>;

  /** Deletes this browser's store of the account: keys, history, outbox. */
  erase(userId: Id): Promise<void>;
}

/** This browser as a device of the open account. */
export interface DeviceCalls {
  /**
   * Body of `POST /api/devices`, signed by the account key (the vault must be unlocked). Repeat after 409
   * `device_list_changed` with the newer list: the device's keys stay the same.
   */
  newDevice(input: { keys: WireAccountKeys; challenge: string }): Promise<WireNewDevice>;

  /** The server took the device. Forgets the unlocked vault. */
  deviceRegistered(): Promise<LocalAccount>;

  /** For `POST /api/devices/{deviceId}/bind`. */
  signChallenge(challenge: string): Promise<{ challenge: string; challenge_signature: Bytes }>;

  /**
   * Fresh key packages, and a last resort when asked for, whose lifetimes count from `time`: the server's, since this
   * browser's clock may be wrong. Their private halves are stored before this resolves.
   */
  keyPackages(input: {
    count: number;
    lastResort: boolean;
    time: Time;
  }): Promise<{ key_packages: Bytes[]; last_resort: Bytes | null }>;

  /**
   * Body of `POST /api/devices/ml-kem-keys` when it is time for another key, the same one until the server took it; else null.
   * `asked`: now in any case. Erases the private halves that nothing on its way can be for any more.
   */
  nextMlKemKey(asked: boolean): Promise<WireMlKemKey | null>;

  /** The server took it: nothing new is made for the one before. */
  mlKemKeyTaken(taken: WireMlKemKeyTaken): Promise<void>;

  /** What this browser holds for its account, as the person may see it. */
  ownKeys(): Promise<OwnKeys>;

  /**
   * Deletes what is kept only for a time: private halves of packages that no welcome can be for any more, and keys of groups
   * that this device was taken out of 30 days ago (PROTOCOL.md 6.8).
   */
  forgetOld(time: Time): Promise<void>;

  /** Body of `DELETE /api/devices/{deviceId}`; the vault must be unlocked (`signInSecret`, `unlock`). */
  revokeDevice(input: { keys: WireAccountKeys; deviceId: Id }): Promise<WireRevocation>;
}
