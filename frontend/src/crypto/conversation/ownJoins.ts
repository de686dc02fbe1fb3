/** Rooms that this account asked to come into by a link, until it is in them (PROTOCOL.md 10.2). */

import { packageName } from "../mls/keyPackages";
import type { Store, UnitOfWork } from "../store/storage";
import type { Bytes, Id } from "../wire";

/** What is needed to know the room: of the link's seed only the key of its proofs is kept. */
export interface OwnJoin {
  link: Id;
  inviter: Id;
  /** Of the account key that the link names. */
  inviterHash: Bytes;
  welcomeKey: Bytes;
  /** Reference of the key package that this device offered. */
  package: string;
}

const joinName = (roomId: Id) => `join/${roomId}`;

export async function ownJoin(from: UnitOfWork | Store, roomId: Id): Promise<OwnJoin | null> {
  return (await from.get<OwnJoin>(joinName(roomId))) ?? null;
}

export function keepOwnJoin(unit: UnitOfWork, roomId: Id, join: OwnJoin): void {
  unit.put(joinName(roomId), join);
}

/** It came to its end: neither link nor package is used again. */
export function dropOwnJoin(unit: UnitOfWork, roomId: Id, join: OwnJoin): void {
  unit.delete(joinName(roomId));
  unit.delete(packageName(join.package));
}
