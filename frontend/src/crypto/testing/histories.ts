/** MLS groups of any size without people around them: every member keeps its own state and must agree with all others. */

import {
  type CiphersuiteImpl,
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeGroupState,
  encodeGroupState,
  generateKeyPackage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  type KeyPackage,
  makePskIndex,
  type PrivateKeyPackage,
  processPrivateMessage,
  type Proposal,
} from "ts-mls";
import { expect } from "vitest";
import { acceptByPolicy } from "../mls/policy";
import { leavesOf } from "../mls/roster";
import { CAPABILITIES, clientConfig, credentialOf, deviceSuite } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";

export const everybody = { validateCredential: () => Promise.resolve(true) };
const lifetime = { notBefore: 0n, notAfter: 2n ** 62n };

export interface Candidate {
  cs: CiphersuiteImpl;
  publicPackage: KeyPackage;
  privatePackage: PrivateKeyPackage;
}

export interface Member {
  cs: CiphersuiteImpl;
  state: ClientState;
}

/** How a member comes by its suite and key package. */
export type MakeCandidate = () => Promise<Candidate>;

const quick = getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"));

/** A quick suite for what concerns the tree only. */
export const X25519: MakeCandidate = async () => {
  const cs = await quick;
  const capabilities = { ...CAPABILITIES, ciphersuites: [cs.name] };
  const credential = credentialOf({ userId: uuidv7(), deviceId: uuidv7() });
  return { cs, ...(await generateKeyPackage(credential, capabilities, lifetime, [], cs)) };
};

/** Ours: X-Wing with hybrid signatures. */
export const HYBRID: MakeCandidate = async () => {
  const pair = await hybridKeyPair(false);
  const { cs, handle, signer } = await deviceSuite(new HybridSigner(pair.publicKey, pair.secret));
  const credential = credentialOf({ userId: uuidv7(), deviceId: uuidv7() });
  const keys = { signKey: handle, publicKey: signer.publicKey };
  return { cs, ...(await generateKeyPackageWithKey(credential, CAPABILITIES, lifetime, [], keys, cs)) };
};

export class Group {
  members: Member[] = [];

  private constructor(readonly keyPackage: MakeCandidate) {}

  static async create(make: MakeCandidate): Promise<Group> {
    const group = new Group(make);
    const { cs, publicPackage, privatePackage } = await make();
    const state = await createGroup(randomBytes(20), publicPackage, privatePackage, [], cs, clientConfig(everybody));
    group.members.push({ cs, state });
    return group;
  }

  async add(by: Member, count: number): Promise<Member[]> {
    const joiners = await Promise.all(Array.from({ length: count }, () => this.keyPackage()));
    const proposals = joiners.map(({ publicPackage }): Proposal => ({
      proposalType: "add",
      add: { keyPackage: publicPackage },
    }));
    return this.#commit(by, proposals, joiners, this.members);
  }

  async remove(by: Member, gone: Member): Promise<void> {
    const removed = gone.state.privatePath.leafIndex;
    this.members = this.members.filter((member) => member !== gone);
    await this.#commit(by, [{ proposalType: "remove", remove: { removed } }], [], this.members);
  }

  async update(by: Member): Promise<void> {
    await this.#commit(by, [], [], this.members);
  }

  /** Every commit with a path and an external PSK, as ours are. */
  async #commit(by: Member, proposals: Proposal[], joiners: Candidate[], receivers: Member[]): Promise<Member[]> {
    const pskId = randomBytes(32);
    const psk = { psktype: "external" as const, pskId, pskNonce: randomBytes(by.cs.kdf.size) };
    const external = { [Buffer.from(pskId).toString("base64")]: randomBytes(32) };
    const all: Proposal[] = [...proposals, { proposalType: "psk", psk: { preSharedKeyId: psk } }];
    const made = await createCommit(
      { state: by.state, cipherSuite: by.cs, pskIndex: makePskIndex(by.state, external) },
      { extraProposals: all, ratchetTreeExtension: true, forcePath: true },
    );
    if (made.commit.wireformat !== "mls_private_message") throw new Error("not private");
    const message = made.commit.privateMessage;
    for (const member of receivers.filter((other) => other !== by)) {
      const index = makePskIndex(member.state, external);
      const result = await processPrivateMessage(member.state, message, index, member.cs, acceptByPolicy(false));
      if (result.kind !== "newState" || result.actionTaken !== "accept") throw new Error("not accepted");
      member.state = result.newState;
    }
    by.state = made.newState;
    const added: Member[] = [];
    for (const { cs, publicPackage, privatePackage } of joiners) {
      const index = makePskIndex(undefined, external);
      const options = clientConfig(everybody);
      const { welcome } = made;
      if (welcome === undefined) throw new Error("no welcome");
      const state = await joinGroup(welcome, publicPackage, privatePackage, index, cs, undefined, undefined, options);
      added.push({ cs, state });
    }
    this.members.push(...added);
    return added;
  }

  /** A state that went to disk and came back. */
  reload(member: Member): void {
    const decoded = decodeGroupState(encodeGroupState(member.state), 0);
    if (decoded === undefined) throw new Error("not readable");
    member.state = { ...decoded[0], clientConfig: clientConfig(everybody) };
  }

  async send(by: Member, text: string): Promise<void> {
    const data = new TextEncoder().encode(text);
    const made = await createApplicationMessage(by.state, data, by.cs);
    by.state = made.newState;
    for (const member of this.members.filter((other) => other !== by)) {
      const index = makePskIndex(member.state, {});
      const result = await processPrivateMessage(
        member.state,
        made.privateMessage,
        index,
        member.cs,
        acceptByPolicy(false),
      );
      if (result.kind !== "applicationMessage") throw new Error("no message");
      expect(result.message).toEqual(data);
      expect(result.senderLeafIndex).toBe(by.state.privatePath.leafIndex);
      member.state = result.newState;
    }
  }

  /** All members have the same epoch secrets and the same members. */
  async agree(): Promise<void> {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    const secrets = new Set(this.members.map(({ state }) => hex(state.keySchedule.epochAuthenticator)));
    expect(secrets.size).toBe(1);
    const rosters = new Set(
      this.members.map(({ state }) =>
        leavesOf(state.ratchetTree)
          .map(({ deviceId }) => deviceId)
          .join(),
      ),
    );
    expect(rosters.size).toBe(1);
    expect(leavesOf(this.members[0]!.state.ratchetTree)).toHaveLength(this.members.length);
    await Promise.resolve();
  }
}
