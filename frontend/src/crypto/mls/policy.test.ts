/** PROTOCOL.md 6.3, 6.4, 6.6: what a commit may hold and what a path may change, asked of the judges themselves. */

import { type Credential, generateKeyPackageWithKey, type LeafNode, type Proposal } from "ts-mls";
import type { ProposalOrRef } from "ts-mls/proposalOrRefType.js";
import { toLeafIndex } from "ts-mls/treemath.js";
import { expect, test } from "vitest";
import { RuleBroken } from "../failures";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { makeKeyPackage } from "./keyPackages";
import { acceptByPolicy, judgeProposals } from "./policy";
import { checkMembers, checkPathLeaf, checkRoster, type CommitContents, type Leaf, leafOf } from "./roster";
import { encodeProfile, newPolicy } from "./roomState";
import { encodeSharedState, type SharedState } from "./sharedState";
import { CAPABILITIES, credentialOf, deviceSuite, EXTENSION } from "./suite";

const remove: Proposal = { proposalType: "remove", remove: { removed: 1 } };

const code = (judge: () => unknown) => {
  try {
    judge();
    return "none";
  } catch (error) {
    return error instanceof RuleBroken ? error.code : String(error);
  }
};

test("P6.6 a proposal by reference is refused", () => {
  const reference = { proposalOrRefType: "reference" as const, reference: randomBytes(64) };
  expect(code(() => judgeProposals([reference], true))).toBe("commit_forbidden_proposal");
  expect(code(() => judgeProposals([{ proposalOrRefType: "proposal", proposal: remove }], true))).toBe("none");
});

test("P10.1 P10.3 a commit holds one state at most, of a room in rooms and of a session in sessions", () => {
  const policy = newPolicy(uuidv7());
  const profile = encodeProfile({ name: "Harbour", topic: "", avatar: new Uint8Array() });
  const setting = (state: SharedState): ProposalOrRef => {
    const extensions = [{ extensionType: EXTENSION.state, extensionData: encodeSharedState(state) }];
    const proposal: Proposal = { proposalType: "group_context_extensions", groupContextExtensions: { extensions } };
    return { proposalOrRefType: "proposal", proposal };
  };
  const ofRoom = setting({ policy, profile, welcomeKeys: [] });
  const ofSession = setting({ timer: 60 });
  for (const [inRoom, own, other] of [
    [true, ofRoom, ofSession],
    [false, ofSession, ofRoom],
  ] as const) {
    expect(code(() => judgeProposals([own], inRoom))).toBe("none");
    expect(code(() => judgeProposals([other], inRoom))).toBe("commit_forbidden_proposal");
    expect(code(() => judgeProposals([own, own], inRoom))).toBe("commit_forbidden_proposal");
  }
});

test("P6.6 the callback refuses external commits, forbidden proposals, and whatever stands alone", () => {
  const member = toLeafIndex(0);
  const from = (senderLeafIndex: typeof member | undefined, ...proposals: Proposal[]) =>
    acceptByPolicy(true)({
      kind: "commit",
      senderLeafIndex,
      proposals: proposals.map((proposal) => ({ proposal, senderLeafIndex })),
    });
  const extensions: Proposal = {
    proposalType: "group_context_extensions",
    groupContextExtensions: { extensions: [] },
  };
  expect(from(member, remove)).toBe("accept");
  expect(from(member)).toBe("accept");
  expect(from(undefined, remove)).toBe("reject");
  expect(from(member, extensions)).toBe("reject");
  expect(acceptByPolicy(true)({ kind: "proposal", proposal: { proposal: remove, senderLeafIndex: member } })).toBe(
    "reject",
  );
});

test("P6.4 devices and signature keys are unique, and everybody belongs to the conversation (P4.1)", async () => {
  const userId = uuidv7();
  const leaf = async () => {
    const pair = await hybridKeyPair(false);
    const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
    return leafOf((await makeKeyPackage(suite, { userId, deviceId: uuidv7() })).publicPackage.leafNode, 0);
  };
  const [first, other] = [await leaf(), await leaf()];
  const accounts = new Set([userId]);
  expect(code(() => checkMembers([first, other], accounts))).toBe("none");
  expect(code(() => checkMembers([first, { ...other, deviceId: first.deviceId }], accounts))).toBe(
    "roster_doubled_key",
  );
  expect(code(() => checkMembers([first, { ...other, publicKey: first.publicKey }], accounts))).toBe(
    "roster_doubled_key",
  );
  expect(code(() => checkMembers([first, { ...other, userId: uuidv7() }], accounts))).toBe("roster_outsider");
});

test("P6.4 a path changes the HPKE key, and nothing else (P6.3)", async () => {
  const pair = await hybridKeyPair(false);
  const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const device = { userId: uuidv7(), deviceId: uuidv7() };
  const leaf = async (capabilities = CAPABILITIES, holder = device): Promise<LeafNode> => {
    const keys = { signKey: suite.handle, publicKey: suite.signer.publicKey };
    const lifetime = { notBefore: 0n, notAfter: 1n };
    const made = await generateKeyPackageWithKey(credentialOf(holder), capabilities, lifetime, [], keys, suite.cs);
    return made.publicPackage.leafNode;
  };
  const old = (await makeKeyPackage(suite, device)).publicPackage.leafNode;
  expect(code(() => checkPathLeaf(old, old))).toBe("commit_without_path");
  const good = await leaf();
  expect(code(() => checkPathLeaf(old, good))).toBe("none");
  const lies = [
    await leaf({ ...CAPABILITIES, credentials: [] }),
    await leaf({ ...CAPABILITIES, ciphersuites: [] }),
    await leaf({ ...CAPABILITIES, versions: [] }),
    await leaf({ ...CAPABILITIES, proposals: [7] }),
    await leaf({ ...CAPABILITIES, extensions: [] }),
    { ...good, extensions: [{ extensionType: 0xf0a1, extensionData: new Uint8Array() }] },
    await leaf(CAPABILITIES, { ...device, userId: uuidv7() }),
    await leaf(CAPABILITIES, { ...device, deviceId: uuidv7() }),
    { ...good, signaturePublicKey: randomBytes(962) },
  ];
  for (const lie of lies) expect(code(() => checkPathLeaf(old, lie))).toBe("roster_leaf_swapped");
});

test("P6.4 P4.1 a credential of another kind or length is an outsider's", async () => {
  const pair = await hybridKeyPair(false);
  const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const { leafNode } = (await makeKeyPackage(suite, { userId: uuidv7(), deviceId: uuidv7() })).publicPackage;
  const foreign: Credential[] = [
    { credentialType: "x509", certificates: [randomBytes(32)] },
    { credentialType: "basic", identity: randomBytes(31) },
    { credentialType: "basic", identity: randomBytes(33) },
  ];
  for (const credential of foreign) {
    expect(code(() => leafOf({ ...leafNode, credential }, 0))).toBe("roster_outsider");
    expect(code(() => checkPathLeaf(leafNode, { ...leafNode, credential }))).toBe("roster_leaf_swapped");
  }
});

test("P6.4 a commit changes its committer's leaf, takes those it removes, adds those it names, and touches nobody else", async () => {
  const userId = uuidv7();
  const pair = await hybridKeyPair(false);
  const suite = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const device = async (deviceId = uuidv7()) => (await makeKeyPackage(suite, { userId, deviceId })).publicPackage;
  const [one, two, three] = [await device(), await device(), await device()];
  const before = [leafOf(one.leafNode, 0), leafOf(two.leafNode, 1)];
  const [committer, other] = before as [Leaf, Leaf];
  const path = leafOf((await device(committer.deviceId)).leafNode, 0);
  const renewed = leafOf((await device(other.deviceId)).leafNode, 1);
  const added = leafOf(three.leafNode, 2);
  const judge = (after: Leaf[], contents: Partial<CommitContents> = {}) =>
    code(() =>
      checkRoster(before, after, { adds: [], removed: [], pskId: null, state: null, ...contents }, committer.index),
    );
  expect(judge([path, other])).toBe("none");
  expect(judge([path], { removed: [1] })).toBe("none");
  expect(judge([path, other, added], { adds: [three] })).toBe("none");
  const lies = [
    judge([path, other], { removed: [1] }),
    judge([path]),
    judge([path, renewed]),
    judge([path, { ...other, deviceId: uuidv7() }]),
    judge([path, other, added]),
    judge([path, other], { adds: [three] }),
    judge([path, other, added], { adds: [await device()] }),
  ];
  expect(lies).toEqual(lies.map(() => "roster_leaf_swapped"));
});
