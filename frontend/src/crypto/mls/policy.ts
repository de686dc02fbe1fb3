/**
 * What a commit may hold (PROTOCOL.md 6.6), and who may sit on a leaf (6.9).
 *
 * The library's callback is synchronous (an async one that resolves to "reject" accepts) and sees no update path; so a commit
 * is opened and judged here before the library may apply it, and the callback judges once more.
 */

import type { AuthenticationService, IncomingMessageCallback, Proposal, ProposalWithSender } from "ts-mls";
import type { ProposalOrRef } from "ts-mls/proposalOrRefType.js";
import { RuleBroken } from "../failures";
import type { Id } from "../wire";
import type { CommitContents } from "./roster";
import { deviceOf } from "./suite";

/** Inline only: adds or removes, and at most one external PSK. Everything else is refused, known or not. */
export function judgeProposals(proposals: readonly ProposalOrRef[]): CommitContents {
  const contents: CommitContents = { adds: [], removed: [], pskId: null };
  for (const item of proposals) {
    if (item.proposalOrRefType === "reference") throw new RuleBroken("commit_forbidden_proposal");
    collect(contents, item.proposal);
  }
  if (contents.adds.length > 0 && contents.removed.length > 0) throw new RuleBroken("commit_mixed");
  return contents;
}

function collect(contents: CommitContents, proposal: Proposal): void {
  if (proposal.proposalType === "add" && "add" in proposal) {
    contents.adds.push(proposal.add.keyPackage);
  } else if (proposal.proposalType === "remove" && "remove" in proposal) {
    contents.removed.push(proposal.remove.removed);
  } else if (proposal.proposalType === "psk" && "psk" in proposal) {
    const id = proposal.psk.preSharedKeyId;
    if (id.psktype !== "external" || contents.pskId !== null) throw new RuleBroken("commit_forbidden_proposal");
    contents.pskId = id.pskId;
  } else {
    throw new RuleBroken("commit_forbidden_proposal");
  }
}

/** Accepts a member's commit with inline proposals of the allowed kinds; nothing that stands alone, nobody from outside. */
export const acceptByPolicy: IncomingMessageCallback = (incoming) => {
  if (incoming.kind === "proposal" || incoming.senderLeafIndex === undefined) return "reject";
  try {
    judgeProposals(incoming.proposals.map(inline));
    return "accept";
  } catch (error) {
    if (error instanceof RuleBroken) return "reject";
    throw error;
  }
};

const inline = ({ proposal }: ProposalWithSender): ProposalOrRef => ({ proposalOrRefType: "proposal", proposal });

/** What the directory says of a device's key. `unknown`: its certificate is missing, which refuses nothing (P6.9). */
export type Certified = "certified" | "unknown" | "refused";

/** What all members share about people: the accounts of the conversation, and which keys they have certified. */
export interface Authority {
  accounts: ReadonlySet<Id>;
  certified(userId: Id, deviceId: Id, publicKey: Uint8Array): Certified;
}

/** A missing certificate: the row waits until the account's keys have been fetched. */
export class CertificateMissing extends Error {
  override name = "CertificateMissing";

  constructor(readonly userIds: Id[]) {
    super("a certificate is missing");
  }
}

/** The library's question "is this leaf who it says?", answered from the directory; collects what is unknown. */
export class Authenticator implements AuthenticationService {
  readonly missing = new Set<Id>();

  constructor(private readonly authority: Authority) {}

  validateCredential: AuthenticationService["validateCredential"] = (credential, publicKey) => {
    const device = deviceOf(credential);
    if (device === null || !this.authority.accounts.has(device.userId)) return Promise.resolve(false);
    const verdict = this.authority.certified(device.userId, device.deviceId, publicKey);
    if (verdict === "unknown") this.missing.add(device.userId);
    return Promise.resolve(verdict === "certified");
  };

  /** Throws `CertificateMissing` when that is why the library refused. */
  throwIfMissing(): void {
    if (this.missing.size > 0) throw new CertificateMissing([...this.missing]);
  }
}
