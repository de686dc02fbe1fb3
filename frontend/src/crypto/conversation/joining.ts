/** People who ask to come into a room by a link, as a member sees them (PROTOCOL.md 10.2). */

import { RuleBroken } from "../failures";
import type { Admission, Policy } from "../mls/roomState";
import { groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, LABEL, MalformedEncoding } from "../primitives/encoding";
import { BadSignature, verifyHybrid } from "../primitives/hybrid";
import { decodeRoomJoin, type RoomJoin } from "../statements/roomJoin";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { ConversationRecord } from "./record";

/** What somebody asks, signed with the key of a link of this room, for its present group. `forged_join` for all else. */
export async function checkAdmission(
  { self }: Room,
  { id, generation }: ConversationRecord,
  { invitations }: Policy,
  { statement, signature }: Admission,
): Promise<RoomJoin> {
  try {
    const asks = decodeRoomJoin(statement);
    const link = invitations.find((each) => each.id === asks.link);
    if (link === undefined) throw new RuleBroken("forged_join");
    await verifyHybrid(link.publicKey, LABEL.roomJoin, statement, signature);
    const fits = asks.serverName === self.serverName && equalBytes(asks.groupId, groupIdOf(id, generation));
    if (!fits) throw new RuleBroken("forged_join");
    return asks;
  } catch (error) {
    const malformed = error instanceof BadSignature || error instanceof MalformedEncoding;
    throw malformed ? new RuleBroken("forged_join", error) : error;
  }
}

/** Whether the account key that they signed for is one that this browser knows to be theirs. */
export async function knowsKey(room: Room, from: UnitOfWork | Store, asks: RoomJoin): Promise<boolean> {
  const person = await room.person(from, asks.userId);
  const known = [person?.keyHash ?? null, ...(person?.previous ?? [])];
  return known.some((hash) => hash !== null && equalBytes(fromBase64url(hash), asks.accountHash));
}
