/**
 * What is kept for a while only: MLS state of groups that this device was taken out of, since the removal may not be true
 * (PROTOCOL.md 6.8), and what it takes to send rows again (9.4).
 */

import { timeToMs } from "../primitives/encoding";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { Time } from "../wire";
import { allConversations, saveConversation } from "./record";
import { forgetOldSent } from "./sentRows";

const KEPT_MS = 30 * 86_400_000;

/** `time` is the server's, like the one that the removal is counted from. History stays. */
export async function forgetOld(room: Room, unit: UnitOfWork, time: Time): Promise<void> {
  for (const record of await allConversations(room.store)) {
    await forgetOldSent(unit, record.id, time);
    if (record.status !== "removed" && record.status !== "left") continue;
    if (record.removedAt === undefined) {
      // Written by a version that did not note it.
      record.removedAt = time;
      saveConversation(unit, record);
    } else if (timeToMs(time) - timeToMs(record.removedAt) > KEPT_MS) {
      room.dropGroup(unit, record.id);
    }
  }
}
