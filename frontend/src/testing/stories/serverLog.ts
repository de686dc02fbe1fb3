/** The log as the server ordered it, read from its database, and who was in the group at which place of it by the commits' own words. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeAuthenticatedData, decodeCommitDetails, decodePrivate } from "../../crypto/mls/message";
import { uuidv7 } from "../../crypto/primitives/bytes";
import { toBase64url } from "../../crypto/primitives/encoding";
import type { Id } from "../../realtime/state";
import type { TestPerson } from "./person";
import { PATIENCE_MS, type Services, until } from "./services";

export interface LogRow {
  seq: number;
  kind: string;
  userId: Id;
  deviceId: Id;
  clientId: Id;
  chain: string;
  content: Uint8Array | null;
}

/** A device's time in the group: it reads what stands behind `from` and before `to`. */
export interface Stay {
  userId: Id;
  from: number;
  to: number;
}

const COLUMNS = "seq, kind, sender_id, sender_device_id, client_id, chain, content";

export class ServerLog {
  readonly #database: DatabaseSync;

  constructor({ dataDir }: Services) {
    this.#database = new DatabaseSync(join(dataDir, "quantumchat.db"), { timeout: PATIENCE_MS });
  }

  close(): void {
    this.#database.close();
  }

  rows(id: Id): LogRow[] {
    const found = this.#database
      .prepare(`SELECT ${COLUMNS} FROM log_entries WHERE conversation_id = ? ORDER BY seq`)
      .all(hex(id));
    return found.map((row) => ({
      seq: Number(row.seq),
      kind: String(row.kind),
      userId: uuid(row.sender_id),
      deviceId: uuid(row.sender_device_id),
      clientId: uuid(row.client_id),
      chain: toBase64url(row.chain as Uint8Array),
      content: row.content as Uint8Array | null,
    }));
  }

  /** Makes them contacts of each other who can be added: by themselves every two of them would make a session first. */
  async introduce(people: readonly TestPerson[]): Promise<void> {
    for (const [at, one] of people.entries()) {
      for (const other of people.slice(at + 1)) {
        this.#connect(one.id, other.id);
        await Promise.all([one.tab.engine.agree(other.id), other.tab.engine.agree(one.id)]);
      }
    }
    for (const { id, name } of people) {
      await until(() => Promise.resolve(this.#canBeAdded(id) ? null : `${name} can be added`));
    }
  }

  #connect(...both: [Id, Id]): void {
    const [low, high] = both.map(hex).toSorted();
    this.#database
      .prepare(
        "INSERT INTO connections (id, low_user_id, high_user_id, requester_id, state, created_at, answered_at)" +
          " VALUES (?, ?, ?, ?, 'connected', ?, ?)",
      )
      .run(hex(uuidv7()), low!, high!, low!, Date.now(), Date.now());
  }

  /** Whether key packages of a device of this person wait. */
  #canBeAdded(userId: Id): boolean {
    const packages = this.#database.prepare(
      "SELECT 1 FROM key_packages JOIN devices ON devices.id = device_id WHERE user_id = ?",
    );
    return packages.get(hex(userId)) !== undefined;
  }
}

const hex = (id: Id) => id.replaceAll("-", "");

function uuid(stored: unknown): Id {
  return String(stored).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, "$1-$2-$3-$4-$5");
}

/** Of each device, when it was in the group. Whoever says that they leave reads nothing behind that. */
export function staysIn(rows: readonly LogRow[]): Map<Id, Stay[]> {
  const stays = new Map<Id, Stay[]>();
  const open = (deviceId: Id) => stays.get(deviceId)?.find(({ to }) => to === Infinity);
  const begin = (userId: Id, deviceId: Id, from: number) => {
    if (open(deviceId) !== undefined) throw new Error(`a device came in twice, at ${from}`);
    stays.set(deviceId, [...(stays.get(deviceId) ?? []), { userId, from, to: Infinity }]);
  };
  const end = (deviceId: Id, to: number) => {
    const stay = open(deviceId);
    if (stay !== undefined) stay.to = to;
  };
  for (const { seq, kind, userId, deviceId, content } of rows) {
    if (kind === "leave") {
      for (const each of [...stays.keys()].filter((id) => open(id)?.userId === userId)) end(each, seq);
    }
    if (kind !== "commit" || content === null) continue;
    const { details } = decodeAuthenticatedData(decodePrivate(content).authenticatedData);
    const { added, removed } = decodeCommitDetails(details);
    if (stays.size === 0) begin(userId, deviceId, seq);
    for (const device of removed) end(device.deviceId, seq);
    for (const device of added) begin(device.userId, device.deviceId, seq);
  }
  return stays;
}
