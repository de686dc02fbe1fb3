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

const JOIN = "join/";
const joinName = (roomId: Id) => `${JOIN}${roomId}`;

export async function ownJoin(from: UnitOfWork | Store, roomId: Id): Promise<OwnJoin | null> {
  return (await from.get<OwnJoin>(joinName(roomId))) ?? null;
}

/** The room that this browser asked to come into by such a link, while it waits. */
export async function askedBy(store: Store, by: (link: Id) => boolean): Promise<Id | null> {
  const found = (await store.all<OwnJoin>(JOIN)).find(([, { link }]) => by(link));
  return found === undefined ? null : found[0].slice(JOIN.length);
}

export function keepOwnJoin(unit: UnitOfWork, roomId: Id, join: OwnJoin): void {
  unit.put(joinName(roomId), join);
}

/** It came to its end: neither link nor package is used again. */
export function dropOwnJoin(unit: UnitOfWork, roomId: Id, join: OwnJoin): void {
  unit.delete(joinName(roomId));
  unit.delete(packageName(join.package));
}
