/**
 * Keys of accounts and devices: verified, pinned, and every contradiction named (PROTOCOL.md 3.1, 3.2, 3.5).
 *
 * Promises: trust on first use for the account key, nothing on trust after it: each list is signed, follows the one before by
 * version and hash, and never forgets or revives a device; each certificate and ML-KEM key is signed and listed. What does not
 * fit is named and not taken; what was known before stays.
 */

import { type ProblemCode, RuleBroken } from "../failures";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { isTheirs, refuse } from "../refusals";
import {
  decodeCertificate,
  decodeDeviceList,
  decodeMlKemKey,
  type DeviceList,
  type ListedDevice,
  listHash,
  NO_LIST,
} from "../statements/certificates";
import { keyHashOf, knownAs, type KnownDevice, type Listing, note, type PersonRecord, problem } from "../store/person";
import type { Problem } from "../types";
import type { WireAccountKeys, WireDeviceList, WireMlKemKey } from "../wire";

/** Takes what fits into `person` and answers what does not. */
export async function learn(person: PersonRecord, keys: WireAccountKeys, serverName: string): Promise<Problem[]> {
  const visit = new Visit(person, serverName);
  visit.username(keys.username);
  if (await visit.accountKey(keys.identity_public_key)) {
    await visit.lists(keys.lists);
    for (const device of keys.devices) await visit.device(device);
  }
  return visit.found;
}

class Visit {
  readonly found: Problem[] = [];
  #publicKey: Uint8Array = new Uint8Array();

  constructor(
    private readonly person: PersonRecord,
    private readonly serverName: string,
  ) {}

  #note(code: ProblemCode): void {
    const noticed = problem(code, this.person.userId);
    if (note(this.person.problems, noticed)) this.found.push(noticed);
  }

  username(served: string): void {
    if (!knownAs(this.person, served)) this.#note("username_changed");
  }

  /** Whether the served key is the pinned one; the first ever seen is pinned. */
  async accountKey(served: string | null): Promise<boolean> {
    const { person } = this;
    if (served === null) {
      if (person.keyHash !== null) this.#note("account_key_changed");
      return false;
    }
    this.#publicKey = fromBase64url(served);
    const hash = await keyHashOf(this.#publicKey);
    person.keyHash ??= hash;
    if (person.keyHash !== hash) {
      if (person.changed !== hash) {
        person.changed = hash;
        person.problems = person.problems.filter(({ code }) => code !== "account_key_changed");
      }
      this.#note("account_key_changed");
      return false;
    }
    person.changed = null;
    person.publicKey = served;
    return true;
  }

  async lists(served: readonly WireDeviceList[]): Promise<void> {
    const { person } = this;
    for (const list of served) {
      const code = await this.#list(list).then(
        () => null,
        (error: unknown) => refusal(error, "bad_device_list"),
      );
      if (code !== null) {
        this.#note(code);
        return;
      }
    }
    const pinned = person.pinnedList;
    const known = Math.max(person.listVersion, pinned?.version ?? 0);
    const whole = served[0]?.version === 1 || person.listVersion === 0;
    if (whole && (served.at(-1)?.version ?? 0) < known) this.#note("list_rollback");
    const hash = pinned === null ? undefined : person.listHashes[pinned.version];
    if (hash !== undefined && hash !== pinned?.hash) this.#note("list_fork");
  }

  async #list(wire: WireDeviceList): Promise<void> {
    const { person } = this;
    const statement = fromBase64url(wire.statement);
    await verifyHybrid(this.#publicKey, LABEL.deviceList, statement, fromBase64url(wire.signature));
    const list = decodeDeviceList(statement);
    const hash = toBase64url(await listHash(statement));
    this.#scope(list);
    if (list.version !== wire.version) throw new RuleBroken("bad_device_list");
    const known = person.listHashes[list.version];
    if (known !== undefined && known !== hash) throw new RuleBroken("list_fork");
    if (list.version <= person.listVersion) return;
    this.#follows(list);
    person.listed = Object.fromEntries(list.devices.map(listing));
    person.listVersion = list.version;
    person.listHashes[list.version] = hash;
  }

  #scope({ serverName, userId }: { serverName: string; userId: string }): void {
    if (serverName !== this.serverName || userId !== this.person.userId) throw new RuleBroken("bad_device_list");
  }

  /** Version n+1 on top of n, by hash; no device forgotten, changed or revived. */
  #follows(list: DeviceList): void {
    const { person } = this;
    if (list.version !== person.listVersion + 1) throw new RuleBroken("bad_device_list");
    const before = person.listHashes[person.listVersion];
    const expected = before === undefined ? NO_LIST : fromBase64url(before);
    if (!equalBytes(list.previous, expected)) throw new RuleBroken("list_fork");
    const now = new Map(list.devices.map(listing));
    for (const [deviceId, old] of Object.entries(person.listed)) {
      const device = now.get(deviceId);
      const kept =
        device?.keyHash === old.keyHash &&
        device.added === old.added &&
        (old.revoked === 0 ? device.revoked === 0 || device.revoked === list.version : device.revoked === old.revoked);
      if (!kept) throw new RuleBroken("bad_device_list");
      now.delete(deviceId);
    }
    const newOnes = [...now.values()].every(({ added, revoked }) => added === list.version && revoked === 0);
    if (!newOnes) throw new RuleBroken("bad_device_list");
  }

  async device(served: WireAccountKeys["devices"][number]): Promise<void> {
    try {
      const device = await this.#certificate(served);
      for (const replaced of served.replaced_ml_kem) await this.#mlKem(served.id, device, replaced, "replaced");
      if (served.ml_kem !== null) await this.#mlKem(served.id, device, served.ml_kem, "newest");
      this.person.devices[served.id] = device;
    } catch (error) {
      this.#note(refusal(error, "bad_certificate"));
    }
  }

  async #certificate(served: WireAccountKeys["devices"][number]): Promise<KnownDevice> {
    const { person } = this;
    const statement = fromBase64url(served.certificate);
    const signature = fromBase64url(served.certificate_signature);
    await verifyHybrid(this.#publicKey, LABEL.deviceCertificate, statement, signature);
    const certificate = decodeCertificate(statement);
    const listed = person.listed[served.id];
    if (listed === undefined) throw new RuleBroken("device_unlisted");
    const keyHash = await keyHashOf(certificate.publicKey);
    const fits =
      certificate.serverName === this.serverName &&
      certificate.userId === person.userId &&
      certificate.deviceId === served.id &&
      certificate.listVersion === listed.added &&
      keyHash === listed.keyHash;
    if (!fits) throw new RuleBroken("bad_certificate");
    const known = person.devices[served.id];
    return {
      publicKey: toBase64url(certificate.publicKey),
      keyHash,
      certifiedBy: person.keyHash ?? "",
      mlKem: known?.mlKem ?? [],
    };
  }

  /** Signed by the device, one key for each number, the newest never an older one than before (P3.5). */
  async #mlKem(deviceId: string, device: KnownDevice, wire: WireMlKemKey, as: "newest" | "replaced"): Promise<void> {
    const statement = fromBase64url(wire.statement);
    const publicKey = fromBase64url(device.publicKey);
    await verifyHybrid(publicKey, LABEL.mlKemKey, statement, fromBase64url(wire.signature)).catch((error: unknown) =>
      refuse("bad_ml_kem_key", error),
    );
    const key = decodeMlKemKey(statement);
    const keyHash = await keyHashOf(key.key);
    const known = device.mlKem.find(({ number }) => number === key.number);
    const fits =
      key.serverName === this.serverName &&
      key.userId === this.person.userId &&
      key.deviceId === deviceId &&
      key.number === wire.number &&
      key.number >= 1 &&
      (known === undefined || known.keyHash === keyHash);
    if (!fits) throw new RuleBroken("bad_ml_kem_key");
    if (as === "newest" && key.number < (device.mlKem.at(-1)?.number ?? 0)) throw new RuleBroken("ml_kem_rollback");
    if (known !== undefined) return;
    device.mlKem = [...device.mlKem, { number: key.number, keyHash }].sort((a, b) => a.number - b.number);
  }
}

/** The name of what was wrong with bytes that came from outside; anything else is a defect and goes on. */
function refusal(error: unknown, otherwise: ProblemCode): ProblemCode {
  if (error instanceof RuleBroken) return error.code;
  if (isTheirs(error)) return otherwise;
  throw error;
}

function listing({ deviceId, keyHash, added, revoked }: ListedDevice): [string, Listing] {
  return [deviceId, { keyHash: toBase64url(keyHash), added, revoked }];
}
