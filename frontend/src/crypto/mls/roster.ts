/**
 * Who sits in the group, and whether a commit changed only what it says (PROTOCOL.md 6.4, 6.5).
 *
 * The library accepts an update path that puts another certified person's credential on the committer's leaf, and one that
 * doubles a signature key: no callback sees either. So the trees before and after are compared leaf by leaf.
 */

import type { KeyPackage, LeafNode, RatchetTree } from "ts-mls";
import { encodeCapabilities } from "ts-mls/capabilities.js";
import { encodeLeafNode } from "ts-mls/leafNode.js";
import { RuleBroken } from "../failures";
import { compareBytes, equalBytes, sha256 } from "../primitives/bytes";
import { fields, LABEL, toBase64url, uuidBytes } from "../primitives/encoding";
import type { Id } from "../wire";
import type { SharedState } from "./sharedState";
import { deviceOf, type DeviceRef } from "./suite";

export interface Leaf extends DeviceRef {
  index: number;
  /** 962 bytes. */
  publicKey: Uint8Array;
  node: LeafNode;
}

/** Every member, in leaf order. A credential that is not ours is an outsider. */
export function leavesOf(tree: RatchetTree): Leaf[] {
  return tree.flatMap((node, at) => (node?.nodeType === "leaf" ? [leafOf(node.leaf, at / 2)] : []));
}

export function leafOf(node: LeafNode, index: number): Leaf {
  const device = deviceOf(node.credential);
  if (device === null) throw new RuleBroken("roster_outsider");
  return { ...device, index, publicKey: node.signaturePublicKey, node };
}

export interface RosterEntry extends DeviceRef {
  publicKey: Uint8Array;
}

/** SHA-256(fields(roster/v1, [[user id, device id, key hash], …])), sorted by device id: known before the commit is made. */
export async function rosterHash(entries: readonly RosterEntry[]): Promise<Uint8Array> {
  const sorted = [...entries].sort((a, b) => compareBytes(uuidBytes(a.deviceId), uuidBytes(b.deviceId)));
  const rows = await Promise.all(
    sorted.map(async ({ userId, deviceId, publicKey }) => [
      uuidBytes(userId),
      uuidBytes(deviceId),
      await sha256(publicKey),
    ]),
  );
  return sha256(fields(LABEL.roster, rows));
}

export interface CommitContents {
  adds: KeyPackage[];
  /** Leaf indices. */
  removed: number[];
  /** The external PSK's id; null without one. */
  pskId: Uint8Array | null;
  /** The next state of room or session; null: it stays. */
  state: SharedState | null;
}

/** Device ids and signature keys are unique, and everybody belongs to the conversation's accounts, if those are given. */
export function checkMembers(leaves: readonly Leaf[], accounts: ReadonlySet<Id> | null): void {
  const devices = new Set(leaves.map(({ deviceId }) => deviceId));
  const keys = new Set(leaves.map(({ publicKey }) => toBase64url(publicKey)));
  if (devices.size !== leaves.length || keys.size !== leaves.length) throw new RuleBroken("roster_doubled_key");
  if (accounts !== null && leaves.some(({ userId }) => !accounts.has(userId))) throw new RuleBroken("roster_outsider");
}

/** Every difference comes from an Add or a Remove; the path changes the committer's HPKE key and nothing else. */
export function checkRoster(
  before: readonly Leaf[],
  after: readonly Leaf[],
  contents: CommitContents,
  committer: number,
): void {
  const now = new Map(after.map((leaf) => [leaf.index, leaf]));
  for (const old of before) {
    const leaf = now.get(old.index);
    now.delete(old.index);
    if (contents.removed.includes(old.index)) {
      if (leaf !== undefined) throw new RuleBroken("roster_leaf_swapped");
      continue;
    }
    if (leaf === undefined || !sameHolder(old, leaf)) throw new RuleBroken("roster_leaf_swapped");
    if (old.index === committer) checkPathLeaf(old.node, leaf.node);
    else if (!equalBytes(encodeLeafNode(old.node), encodeLeafNode(leaf.node))) {
      throw new RuleBroken("roster_leaf_swapped");
    }
  }
  const added = [...now.values()].map(({ node }) => toBase64url(encodeLeafNode(node))).sort();
  const announced = contents.adds.map(({ leafNode }) => toBase64url(encodeLeafNode(leafNode))).sort();
  if (added.length !== announced.length || added.some((leaf, at) => leaf !== announced[at])) {
    throw new RuleBroken("roster_leaf_swapped");
  }
}

/** The leaf of an update path: same holder, new HPKE key (P6.3), nothing else new. */
export function checkPathLeaf(old: LeafNode, path: LeafNode): void {
  const before = deviceOf(old.credential);
  const after = deviceOf(path.credential);
  const same =
    before !== null &&
    after !== null &&
    before.userId === after.userId &&
    before.deviceId === after.deviceId &&
    equalBytes(old.signaturePublicKey, path.signaturePublicKey);
  if (!same) throw new RuleBroken("roster_leaf_swapped");
  if (equalBytes(old.hpkePublicKey, path.hpkePublicKey)) throw new RuleBroken("commit_without_path");
  // A leaf that can do less would make every later join fail.
  const kept = equalBytes(encodeCapabilities(old.capabilities), encodeCapabilities(path.capabilities));
  if (!kept || path.extensions.length !== 0) throw new RuleBroken("roster_leaf_swapped");
}

function sameHolder(a: Leaf, b: Leaf): boolean {
  return a.userId === b.userId && a.deviceId === b.deviceId && equalBytes(a.publicKey, b.publicKey);
}
