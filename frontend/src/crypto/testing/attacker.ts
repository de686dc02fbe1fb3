/** What a modified client of a member can do: commits and messages that the rules forbid, made with the member's own state. */

import {
  type CiphersuiteImpl,
  type ClientState,
  createCommit,
  createProposal,
  encodeMlsMessage,
  makePskIndex,
  type Proposal,
  type PskIndex,
} from "ts-mls";
import { loadConversation } from "../conversation/record";
import { sealMessage } from "../mls/group";
import {
  type AuthenticatedData,
  type CommitDetails,
  encodeAuthenticatedData,
  encodeCommitDetails,
  encodePrivate,
  encodeWelcome,
  sealContent,
} from "../mls/message";
import { leavesOf, rosterHash } from "../mls/roster";
import { clientConfig, type DeviceRef, EXTENSION } from "../mls/suite";
import { randomBytes, uuidv7 } from "../primitives/bytes";
import { fields, fromBase64url, LABEL } from "../primitives/encoding";
import type { Signer } from "../primitives/hybrid";
import type { Id } from "../wire";
import type { Browser } from "./browser";

const everybody = { validateCredential: () => Promise.resolve(true) };

export interface Insider {
  state: ClientState;
  cs: CiphersuiteImpl;
  data: AuthenticatedData;
  suite: Awaited<ReturnType<Awaited<ReturnType<Browser["inside"]>>["suite"]>>;
}

/** A member's group state and an honest set of authenticated data. */
export async function insider(browser: Browser, id: Id, type = "commit"): Promise<Insider> {
  const room = await browser.inside();
  const unit = room.store.begin();
  const record = await loadConversation(unit, id);
  const group = await room.group(unit, id);
  if (group === null) throw new Error("no group");
  const suite = await room.suite();
  room.store.close();
  const data = {
    conversation: id,
    generation: record.generation,
    clientId: uuidv7(),
    type,
    expiry: 0,
    commitment: new Uint8Array(),
    echo: { seq: record.verifiedSeq, chain: fromBase64url(record.chain) },
    details: new Uint8Array(),
  };
  return { state: { ...group, clientConfig: clientConfig(everybody) }, cs: suite.cs, data, suite };
}

export interface Forgery {
  proposals?: Proposal[];
  details?: Partial<CommitDetails>;
  /** Devices after the commit, for an honest roster hash; as before when left out. */
  after?: (DeviceRef & { publicKey: Uint8Array })[];
  forcePath?: boolean;
  psks?: PskIndex;
  /** Put this on the committer's leaf. */
  leaf?: DeviceRef & { signer: Signer; identity: Uint8Array };
  publicMessage?: boolean;
  /** A confirmation tag that nobody else computes. */
  badTag?: boolean;
}

/** A commit by a member, honest but for what `forgery` says. */
export async function forgeCommit(browser: Browser, id: Id, forgery: Forgery = {}) {
  const { state, cs, data } = await insider(browser, id);
  const leaves = leavesOf(state.ratchetTree);
  const details = {
    added: [],
    removed: [],
    contributionId: null,
    rosterHash: await rosterHash(forgery.after ?? leaves),
    ...forgery.details,
  };
  data.details = encodeCommitDetails({ room: null, session: null, ...details });
  const options = {
    extraProposals: forgery.proposals ?? [],
    ratchetTreeExtension: true,
    groupInfoExtensions: [
      { extensionType: EXTENSION.logAnchor, extensionData: fields(data.echo.seq, data.echo.chain) },
    ],
    authenticatedData: encodeAuthenticatedData(data),
    forcePath: forgery.forcePath ?? true,
    wireAsPublicMessage: forgery.publicMessage ?? false,
  };
  const context = {
    state: forgery.leaf === undefined ? state : withLeaf(state, forgery.leaf),
    cipherSuite: forgedSuite(cs, forgery),
    pskIndex: forgery.psks ?? makePskIndex(state, {}),
  };
  const made = await createCommit(context, options);
  return {
    clientId: data.clientId,
    epoch: Number(state.groupContext.epoch),
    commit: encodeMlsMessage(made.commit),
    welcome: made.welcome === undefined ? null : encodeWelcome(made.welcome),
  };
}

function withLeaf(state: ClientState, leaf: NonNullable<Forgery["leaf"]>): ClientState {
  const at = 2 * state.privatePath.leafIndex;
  const tree = state.ratchetTree.map((node, index) => {
    if (index !== at || node?.nodeType !== "leaf") return node;
    const credential = { credentialType: "basic" as const, identity: leaf.identity };
    return { ...node, leaf: { ...node.leaf, credential, signaturePublicKey: leaf.signer.publicKey } };
  });
  return { ...state, ratchetTree: tree };
}

function forgedSuite(cs: CiphersuiteImpl, { leaf, badTag }: Forgery): CiphersuiteImpl {
  if (badTag === true) return { ...cs, hash: { ...cs.hash, mac: () => Promise.resolve(randomBytes(64)) } };
  return leaf === undefined ? cs : withLeafSigner(cs, leaf.signer);
}

/** Signs leaf nodes with another key and everything else with one's own. */
function withLeafSigner(cs: CiphersuiteImpl, signer: Signer): CiphersuiteImpl {
  const isLeaf = (message: Uint8Array) => Buffer.from(message.slice(0, 40)).toString("latin1").includes("LeafNodeTBS");
  const sign: CiphersuiteImpl["signature"]["sign"] = (key, message) =>
    isLeaf(message) ? signer.sign(LABEL.mls, message) : cs.signature.sign(key, message);
  return { ...cs, signature: { ...cs.signature, sign } };
}

/** Into the log, as a server would that checks nothing; the epoch moves. */
export async function postCommit(
  browser: Browser,
  id: Id,
  forged: { clientId: Id; commit: Uint8Array; epoch: number },
  contribution: { transcript: string; signature: string } | null = null,
): Promise<void> {
  const row = await browser.service.append(id, browser.sender, "commit", forged.clientId, forged.commit, forged.epoch);
  row.contribution = contribution;
  browser.service.conversation(id).epoch = forged.epoch + 1;
}

/** An application message by a member, honest but for what is given. */
export async function forgeMessage(
  browser: Browser,
  id: Id,
  forgery: {
    data?: Partial<AuthenticatedData>;
    content?: unknown;
    insideType?: "secured" | "critical" | "terminate";
    plaintext?: Uint8Array;
  } = {},
) {
  const { state, data, suite } = await insider(browser, id, "secured");
  const sealed = await sealContent(forgery.insideType ?? "secured", forgery.content ?? { text: "forged" });
  const authenticated = { ...data, commitment: sealed.commitment, ...forgery.data };
  const plaintext = forgery.plaintext ?? sealed.plaintext;
  const { message } = await sealMessage(suite, state, plaintext, encodeAuthenticatedData(authenticated));
  return { clientId: authenticated.clientId, message };
}

export async function postMessage(browser: Browser, id: Id, forged: { clientId: Id; message: Uint8Array }) {
  return browser.service.append(id, browser.sender, "message", forged.clientId, forged.message);
}

/** A proposal that stands alone. */
export async function forgeProposal(browser: Browser, id: Id, proposal: Proposal) {
  const { state, cs, data } = await insider(browser, id);
  const made = await createProposal(state, false, proposal, cs, encodeAuthenticatedData(data));
  if (made.message.wireformat !== "mls_private_message") throw new Error("public");
  return { clientId: data.clientId, message: encodePrivate(made.message.privateMessage) };
}
