/** What a commit makes of a session: the time after which its messages disappear. Either person may set it (PROTOCOL.md 10.3). */

import { type ConversationRecord, timerOf } from "../conversation/record";
import { RuleBroken } from "../failures";
import { type SharedState, timerIn } from "../mls/sharedState";
import type { CommitDetails } from "../mls/message";
import type { RoomEvent } from "./roomRows";

/** Throws `commit_details_mismatch` unless the commit says the time that it sets, and only if it is another one. */
export function judgeSession(
  before: SharedState | null,
  next: SharedState | null,
  { room, session }: Pick<CommitDetails, "room" | "session">,
): void {
  const [was, is] = [timerIn(before), timerIn(next ?? before)];
  if (room !== null || (session?.timer ?? was) !== is || (session !== null && was === is)) {
    throw new RuleBroken("commit_details_mismatch");
  }
}

/** Keeps the time of the epoch that begins; answers what people see of it. */
export function keepSession(record: ConversationRecord, state: SharedState | null): RoomEvent[] {
  if (record.room !== null) return [];
  const was = timerOf(record);
  record.timer = timerIn(state);
  return was === record.timer ? [] : [{ event: "timer_changed", people: [], text: String(record.timer) }];
}
