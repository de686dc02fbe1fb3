/** One commit lets in all who wait at the door of a room (PROTOCOL.md 10.2). */

import { checkAdmission, knowsKey } from "../conversation/joining";
import { addProblem, type ConversationRecord, saveConversation } from "../conversation/record";
import { CryptoFailure, RuleBroken } from "../failures";
import { checkedPackage } from "../mls/keyPackages";
import { counted, linkWorks, mayAdmit, membersOf } from "../mls/roles";
import { type Admission, MAX_ADMISSIONS, MAX_MEMBERS, type RoomState } from "../mls/roomState";
import { equalBytes, sha256 } from "../primitives/bytes";
import { fromBase64url, MalformedEncoding } from "../primitives/encoding";
import { decodeRoomJoin, type RoomJoin } from "../statements/roomJoin";
import { isActive } from "../store/person";
import type { CommitPlan, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitStep } from "../types";
import type { Id, WireJoinRequests } from "../wire";

type Request = WireJoinRequests["items"][number];

interface Checked {
  asks: RoomJoin;
  admission: Admission;
  request: Request;
}

export interface Admitting {
  adds: CommitPlan["adds"];
  after: RoomState;
  admissions: Admission[];
  admitted: Map<Id, Id>;
}

/** `nobody` when none of them can be let in; who asked in a way that nobody may is named once, and not looked at again. */
export async function admitting(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  before: RoomState,
  requests: readonly Request[],
): Promise<Admitting | CommitStep> {
  if (!mayAdmit(before.policy, room.self.userId)) throw new CryptoFailure("not_allowed");
  const checked: Checked[] = [];
  for (const request of requests) {
    const found = await check(room, record, before, request);
    if (found === null) refuse(room, unit, record, request.user_id, !namesNoLink(before, request));
    else checked.push(found);
  }
  const unknown = await unknownOf(room, unit, checked);
  if (unknown.length > 0) return { step: "account_keys", needs: unknown };
  const admitted = new Map<Id, Id>();
  const adds: CommitPlan["adds"] = [];
  const admissions: Admission[] = [];
  for (const each of checked) {
    const add = await addOf(room, unit, each);
    const fits = add !== null && hasPlace(record, before, admitted, each.asks);
    if (!fits) refuse(room, unit, record, each.asks.userId, add === null);
    if (!fits || admissions.length === MAX_ADMISSIONS) continue;
    admitted.set(each.asks.userId, each.asks.link);
    admissions.push(each.admission);
    adds.push(add);
  }
  saveConversation(unit, record);
  if (adds.length === 0) return { step: "nobody" };
  const policy = { ...before.policy, invitations: counted(before.policy, admitted) };
  return { adds, admissions, admitted, after: { ...before, policy } };
}

/** By a link that the room does not have, or no longer: whoever asked before it was revoked has forged nothing. */
function namesNoLink({ policy }: RoomState, { statement }: Request): boolean {
  try {
    const { link } = decodeRoomJoin(fromBase64url(statement));
    return !policy.invitations.some(({ id }) => id === link);
  } catch (error) {
    if (error instanceof MalformedEncoding) return false;
    throw error;
  }
}

/** Signed by who holds a link, for the device and package that the server shows. */
async function check(
  room: Room,
  record: ConversationRecord,
  { policy }: RoomState,
  request: Request,
): Promise<Checked | null> {
  const admission = { statement: fromBase64url(request.statement), signature: fromBase64url(request.signature) };
  try {
    const asks = await checkAdmission(room, record, policy, admission);
    const hash = await sha256(fromBase64url(request.key_package));
    const same = asks.userId === request.user_id && asks.deviceId === request.device_id;
    return same && equalBytes(hash, asks.packageHash) ? { asks, admission, request } : null;
  } catch (error) {
    if (error instanceof RuleBroken) return null;
    throw error;
  }
}

/** Whose keys are to be fetched first, each once. */
async function unknownOf(room: Room, unit: UnitOfWork, checked: readonly Checked[]) {
  const needs: { userId: Id; since: number }[] = [];
  for (const { asks } of checked) {
    const person = await room.person(unit, asks.userId);
    const known = person?.devices[asks.deviceId] !== undefined || (room.learned.get(asks.userId) ?? 0) > 0;
    if (!known) needs.push({ userId: asks.userId, since: person?.listVersion ?? 0 });
  }
  return needs;
}

/** Null: the server shows another account key or device than the joiner signed for. */
async function addOf(
  room: Room,
  unit: UnitOfWork,
  { asks, request }: Checked,
): Promise<CommitPlan["adds"][number] | null> {
  const person = await room.person(unit, asks.userId);
  const device = person?.devices[asks.deviceId];
  if (device === undefined || !isActive(person, asks.deviceId) || !(await knowsKey(room, unit, asks))) return null;
  const { userId, deviceId } = asks;
  const publicKey = fromBase64url(device.publicKey);
  const keyPackage = fromBase64url(request.key_package);
  try {
    checkedPackage(keyPackage, { userId, deviceId }, publicKey);
    return { userId, deviceId, keyPackage, publicKey };
  } catch (error) {
    if (error instanceof CryptoFailure && error.code === "bad_key_package") return null;
    throw error;
  }
}

/** Whether the rules let one more in by this link (mls/roles.ts), beside those that the commit lets in already. */
function hasPlace(
  record: ConversationRecord,
  { policy }: RoomState,
  admitted: ReadonlyMap<Id, Id>,
  { userId, link: id }: RoomJoin,
): boolean {
  const members = membersOf(policy, record.members);
  const link = counted(policy, admitted).find((each) => each.id === id);
  return (
    link !== undefined &&
    linkWorks(policy, link, members) &&
    Date.now() < link.expiry &&
    link.used < link.allowed &&
    members.size + admitted.size < MAX_MEMBERS &&
    !members.has(userId) &&
    !admitted.has(userId) &&
    !policy.banned.includes(userId)
  );
}

function refuse(room: Room, unit: UnitOfWork, record: ConversationRecord, userId: Id, forged: boolean): void {
  const away = room.turnedAway.get(record.id) ?? new Set();
  room.turnedAway.set(record.id, away.add(userId));
  const at = { seq: record.verifiedSeq, time: new Date().toISOString() };
  if (forged) addProblem(unit, record, at, "forged_join", userId);
}
