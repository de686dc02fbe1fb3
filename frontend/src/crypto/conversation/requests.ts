/**
 * Requests of other devices to be added (again), PROTOCOL.md 9.2: which of them are true, and what is to be done about them.
 *
 * Promises: nothing is done on the server's word. A request counts only when the device itself has signed it for this group,
 * on this very log, and has not been added since.
 */

import { packageName } from "../mls/keyPackages";
import type { DeviceRef } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, LABEL } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { readOr } from "../refusals";
import { decodeLostState, type LostState } from "../statements/lostState";
import { isActive } from "../store/person";
import type { Room } from "../store/room";
import type { Store, UnitOfWork } from "../store/storage";
import type { Id, WireLog } from "../wire";
import type { Intake } from "./intake";
import { chainAt, type ConversationRecord, type ShownRequest, othersOf } from "./record";

/** So long one's own messages wait for a device that is being added, so that it can read them. */
const WAIT_MS = 30_000;

/** What the server shows; what it no longer shows stays until the log tells of the adding. */
export async function takeRequests(intake: Intake, { lost }: Pick<WireLog, "lost">): Promise<void> {
  const { record, room, unit } = intake;
  const before = record.asking;
  const shown = lost.map(({ user_id, device_id, statement, signature }): ShownRequest => {
    const known = before.find((request) => request.statement === statement && request.signature === signature);
    const fresh = { seenAt: Date.now(), verdict: "unknown" as const };
    return { ...(known ?? fresh), userId: user_id, deviceId: device_id, statement, signature, open: true };
  });
  const gone = before.filter(({ deviceId }) => !shown.some((request) => request.deviceId === deviceId));
  record.asking = [...gone.map((request) => ({ ...request, open: false })), ...shown];
  for (const request of record.asking.filter(({ verdict }) => verdict === "unknown")) {
    await judged(intake, request, await readRequest(room, unit, record, request));
  }
}

async function judged(intake: Intake, request: ShownRequest, lost: LostState | "unknown" | "false"): Promise<void> {
  const { record, unit } = intake;
  const time = new Date().toISOString();
  if (lost === "unknown") return;
  request.verdict = lost === "false" ? "false" : "true";
  if (lost === "false") intake.name({ seq: record.verifiedSeq, time }, "forged_request", request.userId);
  else if (await onAnotherLog(unit, record, lost)) intake.name({ seq: lost.seq, time }, "log_fork", null);
}

/** The statement, if the device has signed it for this group. `unknown`: its certificate is not here yet. */
async function readRequest(
  room: Room,
  from: UnitOfWork | Store,
  record: ConversationRecord,
  { userId, deviceId, statement, signature }: ShownRequest,
): Promise<LostState | "unknown" | "false"> {
  if (userId !== room.self.userId && !othersOf(record, room.self.userId).includes(userId)) return "false";
  const device = (await room.person(from, userId))?.devices[deviceId];
  if (device === undefined) return "unknown";
  return readOr("false", async () => {
    const bytes = fromBase64url(statement);
    await verifyHybrid(fromBase64url(device.publicKey), LABEL.lostState, bytes, fromBase64url(signature));
    const lost = decodeLostState(bytes);
    const fits =
      lost.serverName === room.self.serverName &&
      lost.userId === userId &&
      lost.deviceId === deviceId &&
      lost.conversation === record.id;
    return fits ? lost : "false";
  });
}

async function onAnotherLog(
  from: UnitOfWork | Store,
  record: ConversationRecord,
  { seq, chain }: LostState,
): Promise<boolean> {
  if (seq > record.verifiedSeq) return false;
  const known = await chainAt(from, record, seq);
  return known === undefined || !equalBytes(known, chain);
}

/** Who is to be removed before it can be added, and who can be added now. */
export interface Healing {
  lost: DeviceRef[];
  joining: (DeviceRef & { packageHash: Uint8Array })[];
}

export async function healingOf(
  room: Room,
  from: UnitOfWork | Store,
  record: ConversationRecord,
  since = 0,
): Promise<Healing> {
  const healing: Healing = { lost: [], joining: [] };
  for (const request of record.asking) {
    const { userId, deviceId, seenAt } = request;
    if (!request.open || seenAt < since || deviceId === room.self.device?.deviceId) continue;
    if (!isActive(await room.person(from, userId), deviceId)) continue;
    const lost = await readRequest(room, from, record, request);
    if (typeof lost === "string" || lost.generation !== record.generation || lost.seq > record.verifiedSeq) continue;
    if (await onAnotherLog(from, record, lost)) continue;
    const member = record.members.find((each) => each.deviceId === deviceId);
    if (member === undefined) healing.joining.push({ userId, deviceId, packageHash: lost.packageHash });
    // A request from before it was added is spent.
    else if (lost.seq >= member.since) healing.lost.push({ userId, deviceId });
  }
  return healing;
}

/** Whether a device is being added just now: what is sent before that it could not read. */
export async function isHealing(room: Room, from: UnitOfWork | Store, record: ConversationRecord): Promise<boolean> {
  if (!record.asking.some(({ open }) => open)) return false;
  const { lost, joining } = await healingOf(room, from, record, Date.now() - WAIT_MS);
  return lost.length + joining.length > 0;
}

/** Whether the device itself asked, as far as this browser knows. */
export function hasAsked(record: ConversationRecord, deviceId: Id): boolean {
  return record.asking.some((request) => request.deviceId === deviceId && request.verdict === "true");
}

/** These devices have been added: what they asked for is done. */
export function answered(record: ConversationRecord, added: readonly DeviceRef[]): void {
  record.asking = record.asking.filter(({ deviceId }) => !added.some((device) => device.deviceId === deviceId));
}

/** The request came to nothing, or to its end: its package is not used again (P6.7). */
export function dropRequest(unit: UnitOfWork, record: ConversationRecord): void {
  if (record.asked !== null) unit.delete(packageName(record.asked.package));
  record.asked = null;
}
