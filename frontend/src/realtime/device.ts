/** This browser as a device of the account: making it, binding the sign-in to it, its key packages (PROTOCOL.md 3). */
import type { Api } from "../api/client";
import { isApiError } from "../api/errors";
import type { CryptoApi, LocalAccount } from "../crypto/client";
import type { Id } from "./state";

const ATTEMPTS = 5;
/** Unused key packages that the server holds for this device: refilled to `FULL` when fewer than `LOW`. */
const LOW = 10;
const FULL = 25;

export class Device {
  constructor(
    private readonly api: Api,
    private readonly crypto: CryptoApi,
  ) {}

  /** Certifies this browser's keys with the account key and binds the sign-in. The vault must be unlocked. */
  async create(userId: Id): Promise<LocalAccount> {
    for (let attempt = 1; ; attempt++) {
      try {
        const keys = await this.#ownKeys(userId);
        const { challenge } = await this.api.post("/api/devices/challenge", {});
        const body = await this.crypto.newDevice({ keys, challenge });
        this.api.token.set(await this.api.post("/api/devices", { body }));
        break;
      } catch (error) {
        if (isApiError(error, "device_exists")) {
          // It was taken, and the answer got lost.
          await this.bind(userId);
          break;
        }
        if (!isApiError(error, "device_list_changed") || attempt === ATTEMPTS) throw error;
      }
    }
    return this.crypto.deviceRegistered();
  }

  /** Binds a new sign-in to the device that this browser has had before. */
  async bind(userId: Id): Promise<void> {
    const deviceId = (await this.crypto.localAccounts()).find((local) => local.userId === userId)?.deviceId ?? "";
    const { challenge } = await this.api.post("/api/devices/challenge", {});
    const body = await this.crypto.signChallenge(challenge);
    const path = { device_id: deviceId };
    this.api.token.set(await this.api.post("/api/devices/{device_id}/bind", { path, body }));
  }

  /** Revokes this device in the account's list. The vault must be unlocked. */
  async revoke(userId: Id, deviceId: Id): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const body = await this.crypto.revokeDevice({ keys: await this.#ownKeys(userId), deviceId });
        await this.api.delete("/api/devices/{device_id}", { path: { device_id: deviceId }, body });
        return;
      } catch (error) {
        if (!isApiError(error, "device_list_changed") || attempt === ATTEMPTS) throw error;
      }
    }
  }

  async refillKeyPackages(): Promise<void> {
    const { count, has_last_resort, time } = await this.api.get("/api/devices/key-packages", {});
    await this.crypto.forgetOld(time);
    if (count >= LOW && has_last_resort) return;
    const missing = { count: Math.max(0, FULL - count), lastResort: !has_last_resort };
    const body = await this.crypto.keyPackages({ ...missing, time });
    await this.api.post("/api/devices/key-packages", { body: { ...body, replace: false } });
  }

  /** Fresh ones in the place of all that the server holds. */
  async replaceKeyPackages(): Promise<void> {
    const { time } = await this.api.get("/api/devices/key-packages", {});
    const body = await this.crypto.keyPackages({ count: FULL, lastResort: true, time });
    await this.api.post("/api/devices/key-packages", { body: { ...body, replace: true } });
  }

  /** Replaces the ML-KEM key when it is time, or was asked for; settles one whose answer got lost. Answers whether one was replaced. */
  async renewMlKemKey(userId: Id, asked = false): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      const body = await this.crypto.nextMlKemKey(asked);
      if (body === null) return false;
      try {
        await this.crypto.mlKemKeyTaken(await this.api.post("/api/devices/ml-kem-keys", { body }));
        return true;
      } catch (error) {
        if (!isApiError(error, "ml_kem_key_exists") || attempt === ATTEMPTS) throw error;
        // A copy of this browser's store went on: its key is signed by this device too.
        await this.crypto.learnKeys(await this.#ownKeys(userId));
      }
    }
  }

  #ownKeys(userId: Id) {
    return this.api.get("/api/users/{user_id}/keys", { path: { user_id: userId }, query: { since: 0 } });
  }
}
