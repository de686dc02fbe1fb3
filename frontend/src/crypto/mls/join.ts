/**
 * Joining by a welcome (RFC 9420 section 12.4.3.1, PROTOCOL.md 4.1, 5.3, 6.4, 6.7, 7.1).
 *
 * The welcome is opened twice: once to look at who signed it and what it claims, and, if that is right, by the library, which
 * verifies tree, signatures and confirmation tag.
 */

import { type Extension, type GroupInfo, joinGroupWithExtensions, type PskIndex, type Welcome } from "ts-mls";
import { accumulatePskSecret } from "ts-mls/pskIndex.js";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { decryptGroupInfo, decryptGroupSecrets } from "ts-mls/welcome.js";
import { RuleBroken } from "../failures";
import { equalBytes } from "../primitives/bytes";
import { Reader, toBase64url } from "../primitives/encoding";
import { refuse } from "../refusals";
import type { Id } from "../wire";
import type { ClientState, Psk } from "./group";
import type { OwnKeyPackage } from "./keyPackages";
import { isRoom } from "./sharedState";
import type { Echo } from "./message";
import { Authenticator, type Authority, stateIn } from "./policy";
import { checkMembers, type Leaf, leavesOf } from "./roster";
import { clientConfig, type DeviceSuite, EXTENSION } from "./suite";

export interface Joined {
  state: ClientState;
  /** Where the committer stood in the log when it made the commit. */
  anchor: Echo;
  /** That this is the room of a link, by the account that comes by it (PROTOCOL.md 10.2). */
  proofs: ReadonlyMap<Id, Uint8Array>;
  committer: Leaf;
  leaves: Leaf[];
}

export interface WelcomeTerms {
  groupId: Uint8Array;
  /** The epoch after the commit. */
  epoch: number;
  psk: Psk | null;
  authority: Authority;
  kind: "session" | "room";
  /** SHA-256 of the statement that began this generation (0xF0A3); null in the first one. */
  generation: Uint8Array | null;
}

/** Refs of the key packages that a welcome is for, as our own records name them. */
export function welcomeRefs(welcome: Welcome): string[] {
  return welcome.secrets.map(({ newMember }) => toBase64url(newMember));
}

export async function joinByWelcome(
  suite: DeviceSuite,
  welcome: Welcome,
  own: OwnKeyPackage,
  ref: Uint8Array,
  terms: WelcomeTerms,
): Promise<Joined> {
  const search = onlyPsk(terms.psk);
  const info = await openGroupInfo(suite, welcome, own, ref, search, terms);
  const { groupContext } = info;
  if (!equalBytes(groupContext.groupId, terms.groupId) || groupContext.epoch !== BigInt(terms.epoch)) {
    throw new RuleBroken("bad_welcome");
  }
  if (!isOwnContext(groupContext.extensions, terms)) throw new RuleBroken("bad_welcome");
  const state = await join(suite, welcome, own, search, info, terms.authority);
  const leaves = leavesOf(state.ratchetTree);
  checkMembers(leaves, terms.authority.accounts);
  const committer = leaves.find(({ index }) => index === info.signer);
  if (committer === undefined) throw new RuleBroken("bad_welcome");
  return { state, anchor: anchorOf(info), proofs: proofsOf(info), committer, leaves };
}

/** From the second generation on the statement's hash, then the state, which a room always has; and nothing else. */
function isOwnContext(extensions: readonly Extension[], { kind, generation }: WelcomeTerms): boolean {
  const state = stateIn(extensions);
  const length = (generation === null ? 0 : 1) + (state === null ? 0 : 1);
  const fits = state === null ? kind === "session" : isRoom(state) === (kind === "room");
  if (extensions.length !== length || !fits) return false;
  const [first] = extensions;
  if (generation === null) return true;
  return first?.extensionType === EXTENSION.generation && equalBytes(first.extensionData, generation);
}

async function openGroupInfo(
  suite: DeviceSuite,
  welcome: Welcome,
  own: OwnKeyPackage,
  ref: Uint8Array,
  search: PskIndex,
  terms: WelcomeTerms,
): Promise<GroupInfo> {
  const { cs } = suite;
  try {
    const initKey = await cs.hpke.importPrivateKey(own.privatePackage.initPrivateKey);
    const secrets = await decryptGroupSecrets(initKey, ref, welcome, cs.hpke);
    if (secrets === undefined) throw new RuleBroken("bad_welcome");
    // A contribution that is named but not used would leave the epoch without it.
    if (secrets.psks.length !== (terms.psk === null ? 0 : 1)) throw new RuleBroken("commit_psk_mismatch");
    const [psk] = await accumulatePskSecret(secrets.psks, search, cs, new Uint8Array(cs.kdf.size));
    const info = await decryptGroupInfo(welcome, secrets.joinerSecret, psk, cs);
    if (info === undefined) throw new RuleBroken("bad_welcome");
    return info;
  } catch (error) {
    throw error instanceof RuleBroken ? error : new RuleBroken("bad_welcome", error);
  }
}

async function join(
  suite: DeviceSuite,
  welcome: Welcome,
  own: OwnKeyPackage,
  search: PskIndex,
  info: GroupInfo,
  authority: Authority,
): Promise<ClientState> {
  const authenticator = new Authenticator(authority);
  try {
    const { publicPackage, privatePackage } = own;
    const options = clientConfig(authenticator);
    const [state] = await joinGroupWithExtensions(
      welcome,
      publicPackage,
      privatePackage,
      search,
      suite.cs,
      undefined,
      undefined,
      options,
    );
    return state;
  } catch (error) {
    authenticator.throwIfMissing(leavesOf(ratchetTreeFromExtension(info) ?? []));
    throw new RuleBroken("bad_welcome", error);
  }
}

/** Finds the contribution's PSK and refuses every other, resumption PSKs included. */
function onlyPsk(psk: Psk | null): PskIndex {
  return {
    findPsk: (id) => {
      const fits = psk !== null && id.psktype === "external" && equalBytes(id.pskId, psk.id);
      if (!fits) throw new RuleBroken("commit_psk_mismatch");
      return psk.secret;
    },
  };
}

/** The proofs (0xF0A4): fields([user id, proof], …). */
function proofsOf(info: GroupInfo): Map<Id, Uint8Array> {
  const extension = info.extensions.find(({ extensionType }) => extensionType === EXTENSION.welcomeProofs);
  const proofs = new Map<Id, Uint8Array>();
  try {
    const reader = new Reader(extension?.extensionData ?? new Uint8Array());
    while (reader.more) {
      const item = reader.items();
      proofs.set(item.uuid(), item.blob(32));
      item.end();
    }
    return proofs;
  } catch (error) {
    return refuse("bad_welcome", error);
  }
}

/** The log anchor (0xF0A2): fields(seq, chain). */
function anchorOf(info: GroupInfo): Echo {
  const extension = info.extensions.find(({ extensionType }) => extensionType === EXTENSION.logAnchor);
  if (extension === undefined) throw new RuleBroken("bad_welcome");
  try {
    const reader = new Reader(extension.extensionData);
    const anchor = { seq: reader.number(), chain: reader.blob(32) };
    reader.end();
    return anchor;
  } catch (error) {
    return refuse("bad_welcome", error);
  }
}
