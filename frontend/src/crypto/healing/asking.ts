/** This device asks to be added to a group that it cannot follow (PROTOCOL.md 9.2). */

import { type ConversationRecord, loadConversation, type OwnRequest, saveConversation } from "../conversation/record";
import { stateOf } from "../conversation/view";
import { encodePackage, makeKeyPackage, packageName, packageRef, type StoredKeyPackage } from "../mls/keyPackages";
import { sha256 } from "../primitives/bytes";
import { fromBase64url, LABEL, toBase64url } from "../primitives/encoding";
import { encodeLostState } from "../statements/lostState";
import { isActive } from "../store/person";
import type { Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { LostReason } from "../types";
import type { Bytes, Id, WireLostState } from "../wire";

/** A removal and the adding behind it leave a request as it was; after more it is made anew. */
const GOOD_FOR_EPOCHS = 1;
/** Well within the life of its key package. */
const GOOD_FOR_MS = 30 * 86_400_000;

/** The request to be sent now; null when there is nothing to ask for, or the server has it. */
export async function askToBeAdded(room: Room, unit: UnitOfWork, id: Id): Promise<WireLostState | null> {
  const record = await loadConversation(unit, id);
  const reason = reasonToAsk(record);
  if (reason === null || !room.caughtUp.has(id) || !(await mayAsk(room, unit, record))) return null;
  const { asked } = record;
  if (asked !== null && isGood(record, asked)) return isShown(record, asked.request) ? null : asked.request;
  record.asked = await newRequest(room, unit, record, reason);
  saveConversation(unit, record);
  return record.asked.request;
}

function reasonToAsk(record: ConversationRecord): LostReason | null {
  if (record.serverState !== "active") return null;
  switch (stateOf(record)) {
    case "lost":
      return record.lost?.reason ?? "cannot_follow";
    case "removed":
      return "removed";
    case "elsewhere":
      return "no_state";
    case "active":
    case "establishing":
    case "waiting_for_devices":
    case "terminated":
    case "refused":
    case "left":
      return null;
  }
}

/** A welcome is taken only with an agreement (P6.7), and a revoked device is out for good (P6.8). */
async function mayAsk(room: Room, unit: UnitOfWork, record: ConversationRecord): Promise<boolean> {
  const { userId, device } = room.self;
  if (device?.state !== "bound" || !isActive(await room.person(unit, userId), device.deviceId)) return false;
  if (record.peerId === null) return record.room?.agreed === true;
  return (await room.person(unit, record.peerId))?.agreed === true;
}

function isGood(record: ConversationRecord, { generation, epoch, at }: OwnRequest): boolean {
  return generation === record.generation && record.epoch - epoch <= GOOD_FOR_EPOCHS && isYoung(at);
}

const isYoung = (at: number) => Math.abs(Date.now() - at) < GOOD_FOR_MS;

function isShown(record: ConversationRecord, { statement }: WireLostState): boolean {
  return record.asking.some((request) => request.open && request.statement === statement);
}

async function newRequest(
  room: Room,
  unit: UnitOfWork,
  record: ConversationRecord,
  reason: LostReason,
): Promise<OwnRequest> {
  const { ref, keyPackage } = await ownPackage(room, unit, record.asked);
  const { userId, deviceId } = room.device;
  const { generation, epoch } = record;
  const statement = encodeLostState({
    serverName: room.self.serverName,
    userId,
    deviceId,
    conversation: record.id,
    generation,
    epoch,
    seq: record.verifiedSeq,
    chain: fromBase64url(record.chain),
    reason,
    packageHash: await sha256(fromBase64url(keyPackage)),
    timeMs: Date.now(),
  });
  const { signer } = await room.suite();
  const signature = toBase64url(await signer.sign(LABEL.lostState, statement));
  const request = { statement: toBase64url(statement), signature, key_package: keyPackage };
  return { generation, epoch, at: Date.now(), package: ref, request };
}

/** The package of the request before, which somebody may be using just now, or a fresh one. */
async function ownPackage(room: Room, unit: UnitOfWork, before: OwnRequest | null) {
  if (before !== null && isYoung(before.at)) {
    const kept = await unit.get<StoredKeyPackage>(packageName(before.package));
    if (kept !== undefined) return { ref: before.package, keyPackage: kept.publicPackage };
  }
  const suite = await room.suite();
  const made = await makeKeyPackage(suite, room.device);
  const keyPackage: Bytes = toBase64url(encodePackage(made.publicPackage));
  const ref = await packageRef(made.publicPackage, suite.cs);
  const stored: StoredKeyPackage = {
    publicPackage: keyPackage,
    init: toBase64url(made.privatePackage.initPrivateKey),
    hpke: toBase64url(made.privatePackage.hpkePrivateKey),
    lastResort: false,
  };
  unit.put(packageName(ref), stored);
  return { ref, keyPackage };
}
