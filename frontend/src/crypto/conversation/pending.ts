/**
 * Commits of this device on their way (PROTOCOL.md 6.2): one that waits for its answer, and those that the server refused in
 * the same epoch. A refusal is the server's word only: a commit that the log shows all the same is adopted. They are dropped
 * when a commit holds their epoch.
 */

import { CryptoFailure } from "../failures";
import { type ClientState, loadGroup, saveGroup } from "../mls/group";
import type { DeviceRef } from "../mls/suite";
import type { Store, UnitOfWork } from "../store/storage";
import type { Bytes, Id, WireCommit, WireOpening } from "../wire";

export interface PendingCommit {
  request: WireCommit;
  opening: WireOpening | null;
  bodyHash: Bytes;
  added: DeviceRef[];
  removed: DeviceRef[];
  refused: boolean;
}

/** A server that refuses everything must not fill the disk. */
const MAX_KEPT = 8;

const listName = (id: Id) => `pending/${id}`;
const groupName = (id: Id, { request }: PendingCommit) => `pending-mls/${id}/${request.client_id}`;

async function allPending(from: UnitOfWork | Store, id: Id): Promise<PendingCommit[]> {
  return (await from.get<PendingCommit[]>(listName(id))) ?? [];
}

/** The one that waits for its answer; nothing is encrypted or committed before that. */
export async function waitingCommit(from: UnitOfWork | Store, id: Id): Promise<PendingCommit | null> {
  return (await allPending(from, id)).find(({ refused }) => !refused) ?? null;
}

export async function putPending(unit: UnitOfWork, id: Id, pending: PendingCommit, group: ClientState): Promise<void> {
  const all = [...(await allPending(unit, id)), pending];
  for (const old of all.splice(0, all.length - MAX_KEPT)) unit.delete(groupName(id, old));
  unit.put(listName(id), all);
  unit.putBytes(groupName(id, pending), () => saveGroup(group));
}

/** Whether this device sent the statement with this id, and the commit behind it. */
export async function opensWith(unit: UnitOfWork, id: Id, clientId: Id): Promise<boolean> {
  return (await allPending(unit, id)).some(({ opening }) => opening?.client_id === clientId);
}

export async function refusePending(unit: UnitOfWork, id: Id): Promise<void> {
  const all = await allPending(unit, id);
  if (all.length > 0)
    unit.put(
      listName(id),
      all.map((pending) => ({ ...pending, refused: true })),
    );
}

/** The commit with this body, if this device sent it, and the group after it. */
export async function sentCommit(
  unit: UnitOfWork,
  id: Id,
  bodyHash: Bytes,
): Promise<{ pending: PendingCommit; group: ClientState } | null> {
  const pending = (await allPending(unit, id)).find((candidate) => candidate.bodyHash === bodyHash);
  if (pending === undefined) return null;
  const bytes = await unit.bytes(groupName(id, pending));
  if (bytes === undefined) throw new CryptoFailure("store_damaged");
  return { pending, group: loadGroup(bytes) };
}

export async function dropPending(unit: UnitOfWork, id: Id): Promise<void> {
  for (const pending of await allPending(unit, id)) unit.delete(groupName(id, pending));
  unit.delete(listName(id));
}
