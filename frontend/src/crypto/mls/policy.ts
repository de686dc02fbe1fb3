/**
 * What a commit may hold (PROTOCOL.md 6.6), and who may sit on a leaf (6.9).
 *
 * The library's callback is synchronous (an async one that resolves to "reject" accepts) and sees no update path; so a commit
 * is opened and judged here before the library may apply it, and the callback judges once more.
 */

import type {
  AuthenticationService,
  Extension,
  IncomingMessageCallback,
  Proposal,
  ProposalGroupContextExtensions,
  ProposalWithSender,
} from "ts-mls";
import type { ProposalOrRef } from "ts-mls/proposalOrRefType.js";
import { RuleBroken } from "../failures";
import type { Id } from "../wire";
import type { CommitContents, Leaf } from "./roster";
import { MalformedEncoding } from "../primitives/encoding";
import { decodeSharedState, type SharedState, isRoom } from "./sharedState";
import { deviceOf, EXTENSION } from "./suite";

/**
 * Inline only: adds or removes, at most one external PSK, and at most one new state, of its own kind. Everything else is
 * refused, known or not.
 */
export function judgeProposals(proposals: readonly ProposalOrRef[], inRoom: boolean): CommitContents {
  const contents: CommitContents = { adds: [], removed: [], pskId: null, state: null };
  for (const item of proposals) {
    if (item.proposalOrRefType === "reference") throw new RuleBroken("commit_forbidden_proposal");
    if (isContext(item.proposal)) collectState(contents, item.proposal, inRoom);
    else collect(contents, item.proposal);
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

function isContext(proposal: Proposal): proposal is ProposalGroupContextExtensions {
  return proposal.proposalType === "group_context_extensions";
}

function collectState(
  contents: CommitContents,
  { groupContextExtensions }: ProposalGroupContextExtensions,
  inRoom: boolean,
): void {
  const state = stateIn(groupContextExtensions.extensions);
  const fits = contents.state === null && state !== null && isRoom(state) === inRoom;
  if (!fits) throw new RuleBroken("commit_forbidden_proposal");
  contents.state = state;
}

/** The state in a GroupContext that holds it last, and before it at most what began its generation; null without any. */
export function stateIn(extensions: readonly Extension[]): SharedState | null {
  const [last, begun, ...more] = extensions.toReversed();
  if (last?.extensionType !== EXTENSION.state || more.length > 0) return null;
  if (begun !== undefined && begun.extensionType !== EXTENSION.generation) return null;
  try {
    return decodeSharedState(last.extensionData);
  } catch (error) {
    throw error instanceof MalformedEncoding ? new RuleBroken("bad_room_state", error) : error;
  }
}

/** Accepts a member's commit with inline proposals of the allowed kinds; nothing that stands alone, nobody from outside. */
export function acceptByPolicy(inRoom: boolean): IncomingMessageCallback {
  return (incoming) => {
    if (incoming.kind === "proposal" || incoming.senderLeafIndex === undefined) return "reject";
    try {
      judgeProposals(incoming.proposals.map(inline), inRoom);
      return "accept";
    } catch (error) {
      if (error instanceof RuleBroken) return "reject";
      throw error;
    }
  };
}

const inline = ({ proposal }: ProposalWithSender): ProposalOrRef => ({ proposalOrRefType: "proposal", proposal });

/** What the directory says of a device's key. `unknown`: its certificate is missing, which refuses nothing (P6.9). */
export type Certified = "certified" | "unknown" | "refused";

/** What all members share about people: the accounts of the conversation, and which keys they have certified. */
export interface Authority {
  /** Null: the room's own rules say who may be in it. */
  accounts: ReadonlySet<Id> | null;
  certified(userId: Id, deviceId: Id, publicKey: Uint8Array): Certified;
}

/** A leaf, as far as a certificate speaks of it. */
type Holder = Pick<Leaf, "userId" | "deviceId" | "publicKey">;

/** Missing certificates: the row waits until the accounts' keys have been fetched. */
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
    const { accounts } = this.authority;
    if (device === null || accounts?.has(device.userId) === false) return Promise.resolve(false);
    const verdict = this.authority.certified(device.userId, device.deviceId, publicKey);
    if (verdict === "unknown") this.missing.add(device.userId);
    return Promise.resolve(verdict === "certified");
  };

  /**
   * Throws `CertificateMissing` when that is why the library refused. It stops at the first, so this names whoever else
   * of `judged` is unknown: all are fetched at once.
   */
  throwIfMissing(judged: readonly Holder[]): void {
    if (this.missing.size === 0) return;
    const unknown = judged.filter(({ userId, deviceId, publicKey }) => {
      return this.authority.certified(userId, deviceId, publicKey) === "unknown";
    });
    throw new CertificateMissing([...new Set([...this.missing, ...unknown.map(({ userId }) => userId)])]);
  }
}
