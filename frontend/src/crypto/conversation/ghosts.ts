/** The server's list of a room's devices against the group's: a server adds nobody by itself (PROTOCOL.md 10.1). */

import { msToTime } from "../primitives/encoding";
import type { Intake } from "./intake";

/** Names who is in the list alone, as soon as both speak of one epoch. */
export function nameGhosts(intake: Intake): void {
  const { record } = intake;
  const shown = record.room?.shown ?? null;
  if (shown === null || record.status !== "member") return;
  if (shown.generation !== record.generation || shown.epoch !== record.epoch) return;
  for (const { userId, deviceId } of shown.members) {
    const there = record.members.some((member) => member.deviceId === deviceId);
    if (!there) intake.name({ seq: record.verifiedSeq, time: msToTime(Date.now()) }, "ghost_member", userId);
  }
}
