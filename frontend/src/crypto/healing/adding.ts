/** A member's device adds those that asked, with the key packages that they named (PROTOCOL.md 9.2). */

import { loadConversation, roomState } from "../conversation/record";
import { healingOf } from "../conversation/requests";
import { stateOf } from "../conversation/view";
import { CryptoFailure } from "../failures";
import { checkMayCommit, plan } from "../membership/plan";
import { checkedPackage } from "../mls/keyPackages";
import { accountsOf } from "../mls/roles";
import { equalBytes, sha256 } from "../primitives/bytes";
import { fromBase64url } from "../primitives/encoding";
import type { CommitPlan, Room } from "../store/room";
import type { UnitOfWork } from "../store/storage";
import type { CommitStep } from "../types";
import type { Id, WireKeyPackages } from "../wire";

export async function beginAdding(
  room: Room,
  unit: UnitOfWork,
  id: Id,
  packages: WireKeyPackages,
): Promise<CommitStep> {
  const record = await loadConversation(unit, id);
  await checkMayCommit(room, unit, record);
  if (stateOf(record) !== "active") throw new CryptoFailure("not_active");
  const { joining } = await healingOf(room, unit, record);
  const adds: CommitPlan["adds"] = [];
  for (const { userId, deviceId, packageHash } of joining) {
    const item = packages.items.find(({ device_id }) => device_id === deviceId);
    if (item === undefined) continue;
    const keyPackage = fromBase64url(item.key_package);
    // The very one that the device signed for: another may be of a store that it no longer has.
    if (!equalBytes(await sha256(keyPackage), packageHash)) throw new CryptoFailure("bad_key_package");
    const device = (await room.person(unit, userId))?.devices[deviceId];
    if (device === undefined) throw new CryptoFailure("keys_missing");
    const publicKey = fromBase64url(device.publicKey);
    checkedPackage(keyPackage, { userId, deviceId }, publicKey);
    adds.push({ userId, deviceId, keyPackage, publicKey });
  }
  if (adds.length === 0) throw new CryptoFailure("missing_device_package");
  const back = accountsOf(adds);
  const state = roomState(record);
  const after = state && {
    ...state,
    policy: { ...state.policy, away: state.policy.away.filter((userId) => !back.has(userId)) },
  };
  return plan(room, unit, record, {
    purpose: "rotate",
    adds,
    removed: [],
    members: [...record.members, ...adds],
    state: after && { after, evidence: [], admissions: [] },
  });
}
