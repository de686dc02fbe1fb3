/** One's public keys as a file that anybody may have (docs/crypto.md, "Public keys as a file"). */
import { fingerprintGroups } from "../../lib/fingerprint";
import type { KeysView } from "../../realtime/keys";

const fingerprint = (hash: string) => fingerprintGroups(hash).join(" ");

export function publicKeysFile(keys: KeysView, now: number): string {
  const { serverName, userId, username, account, devices, device: own } = keys;
  const content = {
    format: "QuantumChat/public-keys/v1",
    server_name: serverName,
    user_id: userId,
    username,
    made_at: new Date(now).toISOString(),
    suite: "falcon-r3-512+ecdsa-p256-sha256",
    account: { public_key: account.publicKey, sha256: account.keyHash, fingerprint: fingerprint(account.keyHash) },
    devices: devices.map(({ deviceId, publicKey, keyHash, mlKem }) => ({
      device_id: deviceId,
      this_one: deviceId === own.deviceId,
      public_key: publicKey,
      sha256: keyHash,
      fingerprint: fingerprint(keyHash),
      ml_kem:
        mlKem === null
          ? null
          : { number: mlKem.number, sha256: mlKem.keyHash, fingerprint: fingerprint(mlKem.keyHash) },
    })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
