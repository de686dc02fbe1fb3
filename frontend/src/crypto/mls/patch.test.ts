/** The patch of ts-mls 1.6.4 is in (`npm run patch`): without it valid trees are refused and attacks go unseen. */

import { readFileSync } from "node:fs";
import { createCommit, joinGroup, makePskIndex, type Proposal } from "ts-mls";
import { validateRatchetTree } from "ts-mls/clientState.js";
import { expect, test } from "vitest";
import { randomBytes } from "../primitives/bytes";
import { everybody, Group, X25519 } from "../testing/histories";
import { clientConfig } from "./suite";

const library = (file: string) =>
  readFileSync(new URL(`../../../node_modules/ts-mls/${file}`, import.meta.url), "utf8");

test("the library is the pinned version, with every part of the patch", () => {
  expect((JSON.parse(library("package.json")) as { version: string }).version).toBe("1.6.4");
  expect(library("dist/src/createCommit.js")).toContain("forcePath === true");
  expect(library("dist/src/createCommit.js")).toContain("state.signaturePrivateKey, cipherSuite, excludeNodes)");
  expect(library("dist/src/processMessages.js")).toContain("...senderOf(result.content, state.ratchetTree)");
  expect(library("dist/src/clientState.js")).toContain("Unmerged leaf out of range");
  expect(library("dist/src/clientState.js")).toContain("RFC 9420 12.4.3.1: every non-blank node");
  expect(library("dist/src/parentHash.js")).toContain("a leaf from a key package vouches for no parent");
});

test("RFC 9420 12.4.3.1: the tree that the unpatched library refuses can be joined", async () => {
  const group = await Group.create(X25519);
  const u0 = group.members[0]!;
  const [u1, u2] = await group.add(u0, 2);
  const [u3] = await group.add(u2!, 2);
  await group.remove(u0, u1!);
  await group.add(u3!, 3);
  expect(group.members).toHaveLength(7);
  await group.agree();
});

test("an unmerged leaf out of range is refused, and kills nothing", async () => {
  const group = await Group.create(X25519);
  await group.add(group.members[0]!, 3);
  const { state } = group.members[1]!;
  const cs = group.members[1]!.cs;
  const validate = (tree: typeof state.ratchetTree) => {
    const { lifetimeConfig, authService } = clientConfig(everybody);
    return validateRatchetTree(tree, state.groupContext, lifetimeConfig, authService, state.groupContext.treeHash, cs);
  };
  expect(await validate(state.ratchetTree)).toBeUndefined();
  for (const bad of [99, 1_000_000]) {
    const tree = state.ratchetTree.map((node) =>
      node?.nodeType === "parent" ? { ...node, parent: { ...node.parent, unmergedLeaves: [bad] } } : node,
    );
    expect(await validate(tree)).toBeInstanceOf(Error);
  }
});

test("a joiner hashes the tree a few times, not anew for everybody in it", async () => {
  const group = await Group.create(X25519);
  await group.add(group.members[0]!, 15);
  const { state, cs } = group.members[1]!;
  let digests = 0;
  const digest = (data: Uint8Array) => {
    digests += 1;
    return cs.hash.digest(data);
  };
  const counting = { ...cs, hash: { ...cs.hash, digest } };
  const { lifetimeConfig, authService } = clientConfig(everybody);
  const { ratchetTree, groupContext } = state;
  const { treeHash } = groupContext;
  const found = await validateRatchetTree(ratchetTree, groupContext, lifetimeConfig, authService, treeHash, counting);
  expect(found).toBeUndefined();
  expect(digests).toBeGreaterThanOrEqual(ratchetTree.length);
  expect(digests).toBeLessThan(3 * ratchetTree.length);
});

test("a joiner refuses a tampered tree", async () => {
  const group = await Group.create(X25519);
  await group.add(group.members[0]!, 3);
  const joiner = await group.keyPackage();
  const founder = group.members[0]!;
  const proposals: Proposal[] = [{ proposalType: "add", add: { keyPackage: joiner.publicPackage } }];
  const context = { state: founder.state, cipherSuite: founder.cs, pskIndex: makePskIndex(founder.state, {}) };
  const { welcome, newState } = await createCommit(context, { extraProposals: proposals, forcePath: true });
  const join = (tree: typeof newState.ratchetTree) =>
    joinGroup(
      welcome!,
      joiner.publicPackage,
      joiner.privatePackage,
      makePskIndex(undefined, {}),
      joiner.cs,
      tree,
      undefined,
      clientConfig(everybody),
    );
  await join(newState.ratchetTree);
  const leaf = newState.ratchetTree.findIndex((node, at) => at > 0 && node?.nodeType === "leaf");
  const parent = newState.ratchetTree.findIndex((node) => node?.nodeType === "parent");
  const changed = (at: number, change: (node: NonNullable<(typeof newState.ratchetTree)[number]>) => unknown) =>
    newState.ratchetTree.map((node, index) =>
      index === at && node !== undefined ? change(node) : node,
    ) as typeof newState.ratchetTree;
  const trees = [
    changed(leaf, () => undefined),
    changed(parent, () => undefined),
    changed(
      leaf,
      (node) => node.nodeType === "leaf" && { ...node, leaf: { ...node.leaf, hpkePublicKey: randomBytes(32) } },
    ),
    changed(
      parent,
      (node) => node.nodeType === "parent" && { ...node, parent: { ...node.parent, hpkePublicKey: randomBytes(32) } },
    ),
    changed(
      parent,
      (node) => node.nodeType === "parent" && { ...node, parent: { ...node.parent, parentHash: randomBytes(64) } },
    ),
    changed(
      parent,
      (node) => node.nodeType === "parent" && { ...node, parent: { ...node.parent, unmergedLeaves: [0] } },
    ),
  ];
  for (const tree of trees) await expect(join(tree)).rejects.toThrow();
});
