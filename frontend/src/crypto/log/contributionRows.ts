/** The contribution that a commit's row carries: whether it is the commit's own, and for whom it was made (PROTOCOL.md 7). */

import { seedFor, usedTooLate } from "../account/mlKem";
import type { Intake } from "../conversation/intake";
import { CryptoFailure, RuleBroken } from "../failures";
import type { Psk } from "../mls/group";
import type { CommitDetails } from "../mls/message";
import { CertificateMissing } from "../mls/policy";
import { type DeviceRef, groupIdOf } from "../mls/suite";
import { equalBytes } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { type Contribution, openPart, pskOf, readContribution, type Recipient } from "../statements/contribution";
import type { PersonRecord } from "../store/person";
import type { Id, WireContribution, WireRow } from "../wire";

export async function contributionOf(intake: Intake, wire: WireContribution | null): Promise<Contribution | null> {
  if (wire === null) return null;
  const { notary } = intake.room.self;
  if (notary === null) throw new CryptoFailure("notary_unknown");
  return readContribution(wire, fromBase64url(notary.publicKey));
}

/** The row's contribution is the one that the commit names, made for this very step (P7.1, P7.3). */
export async function checkedContribution(
  intake: Intake,
  row: WireRow,
  details: Pick<CommitDetails, "contributionId"> | null,
): Promise<Contribution | null> {
  const contribution = await contributionOf(intake, row.contribution ?? null);
  if (details !== null) {
    const named = details.contributionId;
    const same = named === null ? contribution === null : contribution !== null && equalBytes(named, contribution.id);
    if (!same) throw new RuleBroken("bad_contribution");
  }
  if (contribution === null) {
    if (row.epoch === 0) throw new RuleBroken("contribution_missing");
    return null;
  }
  const { transcript } = contribution;
  const fits =
    transcript.conversation === row.conversation_id &&
    transcript.generation === row.generation &&
    transcript.epoch === row.epoch &&
    transcript.purpose === (row.epoch === 0 ? "found" : "rotate");
  if (!fits) throw new RuleBroken("bad_contribution");
  return contribution;
}

export async function pskFor({ room, unit }: Intake, { id, transcript }: Contribution): Promise<Psk> {
  const secret = await openPart(transcript, room.device.deviceId, await seedFor(room, unit, transcript));
  return { id, secret: await pskOf(secret, id, groupIdOf(transcript.conversation, transcript.generation)) };
}

/** Names a draw for a key of this device that it had replaced: whoever gets hold of that one would learn what is new (P3.5). */
export async function nameReplacedKey(intake: Intake, row: WireRow, { transcript }: Contribution): Promise<void> {
  if (await usedTooLate(intake.room, intake.unit, transcript)) intake.problem(row, "ml_kem_rollback");
}

/** Recipients are exactly the devices after the commit, each with a key that it signed (P7.1). */
export async function checkRecipients(
  intake: Intake,
  { transcript }: Contribution,
  devices: readonly DeviceRef[],
): Promise<void> {
  const holders = new Map(devices.map(({ deviceId, userId }) => [deviceId, userId]));
  const same = holders.size === transcript.recipients.length;
  if (!same || transcript.recipients.some(({ deviceId }) => !holders.has(deviceId))) {
    throw new RuleBroken("ghost_recipient");
  }
  const missing = new Set<Id>();
  for (const recipient of transcript.recipients) {
    const userId = holders.get(recipient.deviceId) ?? "";
    const verdict = keyOfRecipient(await intake.room.person(intake.unit, userId), recipient);
    if (verdict === "another") throw new RuleBroken("ghost_recipient");
    if (verdict === "unknown") missing.add(userId);
  }
  if (missing.size > 0) throw new CertificateMissing([...missing]);
}

function keyOfRecipient(person: PersonRecord | undefined, recipient: Recipient): "same" | "another" | "unknown" {
  const key = person?.devices[recipient.deviceId]?.mlKem.find(({ number }) => number === recipient.number);
  if (key === undefined) return "unknown";
  return key.keyHash === toBase64url(recipient.keyHash) ? "same" : "another";
}
