/** The details panel of an open conversation: who is in it, its keys, where the randomness came from. */
import type { Contact, ConversationDetails as Sealed } from "../crypto/client";
import { changes } from "./changes";
import type { Context } from "./context";
import { receiptOf } from "./entropyReceipt";
import { timeOf } from "./projection";
import type { ContributionDetails, ConversationDetails, DeviceDetails, Id } from "./state";

export class Details {
  readonly #open = new Set<Id>();

  constructor(private readonly context: Context) {}

  async load(conversationId: Id): Promise<void> {
    this.#open.add(conversationId);
    await this.refresh(conversationId);
  }

  close(conversationId: Id): void {
    this.#open.delete(conversationId);
  }

  async refresh(conversationId: Id): Promise<void> {
    if (!this.#open.has(conversationId)) return;
    const { crypto, userId, publish } = this.context;
    const sealed = await crypto.details(conversationId);
    const { peer: other } = sealed.conversation;
    const [own, peer] = await Promise.all([
      crypto.contact(userId),
      other === null ? null : crypto.contact(other.userId),
    ]);
    publish(changes.details({ conversationId, details: detailsOf(sealed, own, peer) }));
  }
}

function detailsOf(sealed: Sealed, own: Contact | null, peer: Contact | null): ConversationDetails {
  const { conversation, lastRotation } = sealed;
  return {
    safetyNumber: peer?.changedSafetyNumber ?? sealed.safetyNumber,
    ownKeyHash: own?.keyHash ?? null,
    peerKeyHash: peer?.changedKeyHash ?? peer?.keyHash ?? null,
    other: otherOf(peer),
    devices: [own, peer].flatMap((contact) => (contact === null ? [] : devicesOf(contact, sealed))),
    generation: conversation.generation,
    epoch: conversation.epoch,
    keysMadeAt: lastRotation === null ? null : timeOf(lastRotation.at),
    keysMadeBy: lastRotation?.by ?? null,
    contribution: contributionOf(sealed),
    head: { seq: conversation.verifiedSeq, chain: sealed.chain },
  };
}

function otherOf(peer: Contact | null): ConversationDetails["other"] {
  if (peer === null || peer.otherKeyHash === null || peer.otherSafetyNumber === null) return null;
  return { safetyNumber: peer.otherSafetyNumber, keyHash: peer.otherKeyHash };
}

function devicesOf(contact: Contact, { members }: Sealed): DeviceDetails[] {
  return contact.devices.map((device) => {
    const leaf = members.find((member) => member.deviceId === device.deviceId);
    return {
      id: device.deviceId,
      userId: contact.userId,
      createdAt: madeAt(device.deviceId),
      revoked: device.revoked,
      keyHash: device.keyHash,
      current: leaf?.me ?? false,
      member: leaf !== undefined,
    };
  });
}

/** A UUIDv7 begins with the time, in milliseconds, at which the device made it. */
export const madeAt = (id: Id) => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);

function contributionOf({ contribution, contributionMissing, conversation }: Sealed): ContributionDetails | null {
  if (contribution === null || contributionMissing) return null;
  const purpose = conversation.epoch <= 1 ? "found" : "rotate";
  return { id: contribution.id, purpose, at: timeOf(contribution.at), receipt: receiptOf(contribution.receipt) };
}
