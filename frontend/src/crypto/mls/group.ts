/**
 * The MLS group of one conversation (RFC 9420), by ts-mls: founding, committing, joining, sealing and opening messages.
 *
 * All functions are pure: they answer a new state and change nothing; whoever calls stores it. Everything that PROTOCOL.md 6
 * asks of a commit or a welcome is checked *before* the new state is handed out; a broken rule throws `RuleBroken`, a
 * certificate that is not here yet `CertificateMissing`. `processMessage()` is never used: it drops the PSKs of commits.
 */

import {
  type ClientState,
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeGroupState,
  encodeGroupState,
  type Extension,
  makePskIndex,
  type PrivateMessage,
  processPrivateMessage,
  type Proposal,
  type PskIndex,
} from "ts-mls";
import { unprotectPrivateMessage } from "ts-mls/messageProtection.js";
import { CryptoFailure, RuleBroken } from "../failures";
import { equalBytes, randomBytes } from "../primitives/bytes";
import { toBase64url } from "../primitives/encoding";
import type { Id } from "../wire";
import type { OwnKeyPackage } from "./keyPackages";
import { type CommitDetails, encodePrivate, encodeWelcome } from "./message";
import { acceptByPolicy, Authenticator, type Authority, judgeProposals, stateIn } from "./policy";
import type { RoomState } from "./roomState";
import {
  checkMembers,
  checkPathLeaf,
  checkRoster,
  type CommitContents,
  type Leaf,
  leafOf,
  leavesOf,
  rosterHash,
} from "./roster";
import { encodeSharedState, roomIn, type SharedState } from "./sharedState";
import { clientConfig, type DeviceRef, type DeviceSuite, EXTENSION } from "./suite";

export type { ClientState };

export interface Psk {
  /** The contribution's id. */
  id: Uint8Array;
  secret: Uint8Array;
}

export function saveGroup(state: ClientState): Uint8Array {
  return encodeGroupState(state);
}

/** The options are not part of the bytes: they are attached again. Credentials are judged per commit, with what is known then. */
export function loadGroup(bytes: Uint8Array): ClientState {
  const decoded = decodedState(bytes);
  if (decoded?.[1] !== bytes.length) throw new CryptoFailure("store_damaged");
  return { ...decoded[0], clientConfig: clientConfig(nobody) };
}

function decodedState(bytes: Uint8Array): ReturnType<typeof decodeGroupState> {
  try {
    return decodeGroupState(bytes, 0);
  } catch (error) {
    throw new CryptoFailure("store_damaged", error);
  }
}

/** Refuses everybody: whoever processes something attaches the conversation's own authenticator. */
const nobody = { validateCredential: () => Promise.resolve(false) };

function withAuthority(state: ClientState, authenticator: Authenticator): ClientState {
  return { ...state, clientConfig: clientConfig(authenticator) };
}

/** A group of one, epoch 0; its leaf comes from a key package that was never uploaded (P4.1). */
export function createOwnGroup(
  suite: DeviceSuite,
  groupId: Uint8Array,
  own: OwnKeyPackage,
  context: { generation?: Uint8Array | null; state?: SharedState | null } = {},
): Promise<ClientState> {
  const { publicPackage, privatePackage } = own;
  const { generation = null, state = null } = context;
  const extensions = [
    ...(generation === null ? [] : [{ extensionType: EXTENSION.generation, extensionData: generation }]),
    ...(state === null ? [] : [stateExtension(state)]),
  ];
  return createGroup(groupId, publicPackage, privatePackage, extensions, suite.cs, clientConfig(nobody));
}

const stateExtension = (state: SharedState) => ({
  extensionType: EXTENSION.state,
  extensionData: encodeSharedState(state),
});

/** The extensions behind a change of the state: the next one, and in a later generation the hash of what began it, as before. */
function contextWith({ groupContext }: ClientState, state: SharedState): Extension[] {
  const others = groupContext.extensions.filter(({ extensionType }) => extensionType !== EXTENSION.state);
  return [...others, stateExtension(state)];
}

/** What its members agreed beside the keys; null: a session in which nobody set anything yet. */
export function sharedStateOf({ groupContext }: ClientState): SharedState | null {
  return stateIn(groupContext.extensions);
}

/** The state of the room whose group this is; null: a session's. */
export const roomStateOf = (group: ClientState): RoomState | null => roomIn(sharedStateOf(group));

export interface CommitOrder {
  contents: Pick<CommitContents, "adds" | "removed"> & { state?: SharedState | null };
  psk: Psk | null;
  authenticatedData: Uint8Array;
  /** For those who join: fields(seq, chain). */
  anchor: Uint8Array;
  /** For those who come by a link: fields([user id, proof], …). */
  proofs: Uint8Array;
}

/** Always with an update path (P6.3). The old state stays good until the commit is accepted. */
export async function makeCommit(
  suite: DeviceSuite,
  state: ClientState,
  order: CommitOrder,
  authority: Authority,
): Promise<{ newState: ClientState; commit: Uint8Array; welcome: Uint8Array | null }> {
  const authenticator = new Authenticator(authority);
  const result = await createCommit(
    { state: withAuthority(state, authenticator), cipherSuite: suite.cs, pskIndex: pskIndex(state, order.psk) },
    {
      extraProposals: proposals(state, order),
      ratchetTreeExtension: true,
      groupInfoExtensions: groupInfo(order),
      authenticatedData: order.authenticatedData,
      forcePath: true,
    },
  ).catch((error: unknown) => {
    authenticator.throwIfMissing(addedLeaves(order.contents));
    throw new CryptoFailure("bad_key_package", error);
  });
  if (result.commit.wireformat !== "mls_private_message") throw new CryptoFailure("internal_error");
  return {
    newState: withAuthority(result.newState, new Authenticator(authority)),
    commit: encodePrivate(result.commit.privateMessage),
    welcome: result.welcome === undefined ? null : encodeWelcome(result.welcome),
  };
}

function groupInfo({ anchor, proofs }: CommitOrder): Extension[] {
  const forAll = { extensionType: EXTENSION.logAnchor, extensionData: anchor };
  return proofs.length === 0 ? [forAll] : [forAll, { extensionType: EXTENSION.welcomeProofs, extensionData: proofs }];
}

function proposals(state: ClientState, { contents, psk }: CommitOrder): Proposal[] {
  const adds = contents.adds.map((keyPackage): Proposal => ({ proposalType: "add", add: { keyPackage } }));
  const removes = contents.removed.map((removed): Proposal => ({ proposalType: "remove", remove: { removed } }));
  const next = contents.state ?? null;
  const states = next === null ? [] : [stateProposal(contextWith(state, next))];
  if (psk === null) return [...adds, ...removes, ...states];
  const preSharedKeyId = { psktype: "external" as const, pskId: psk.id, pskNonce: randomBytes(64) };
  return [...adds, ...removes, ...states, { proposalType: "psk", psk: { preSharedKeyId } }];
}

function stateProposal(extensions: Extension[]): Proposal {
  return { proposalType: "group_context_extensions", groupContextExtensions: { extensions } };
}

function pskIndex(state: ClientState | undefined, psk: Psk | null): PskIndex {
  const known = psk === null ? {} : { [libraryBase64(psk.id)]: psk.secret };
  return makePskIndex(state, known);
}

/** The library's key into its PSK index: standard base64. */
function libraryBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** A commit that has been opened, but changed nothing yet. */
export interface OpenedCommit {
  committer: Leaf;
  contents: CommitContents;
}

/** Decrypts a commit, verifies its signature, and judges proposals and path (P6.3, P6.4, P6.6). */
export async function openCommit(
  suite: DeviceSuite,
  state: ClientState,
  message: PrivateMessage,
  accounts: ReadonlySet<Id> | null,
): Promise<OpenedCommit> {
  const { content, leaf: committer } = await unprotect(suite, state, message, "commit_undecryptable");
  if (content.contentType !== "commit") throw new RuleBroken("bad_message");
  const contents = judgeProposals(content.commit.proposals, roomStateOf(state) !== null);
  if (content.commit.path === undefined) throw new RuleBroken("commit_without_path");
  const path = content.commit.path.leafNode;
  const others = leavesOf(state.ratchetTree).filter(({ index }) => index !== committer.index);
  if (others.some(({ publicKey }) => equalBytes(publicKey, path.signaturePublicKey))) {
    throw new RuleBroken("roster_doubled_key");
  }
  checkPathLeaf(committer.node, path);
  for (const add of contents.adds) checkMembers([leafOf(add.leafNode, 0)], accounts);
  return { committer, contents };
}

async function unprotect(
  suite: DeviceSuite,
  state: ClientState,
  message: PrivateMessage,
  refusal: "commit_undecryptable" | "undecryptable",
) {
  const opened = await unprotectPrivateMessage(
    state.keySchedule.senderDataSecret,
    message,
    state.secretTree,
    state.ratchetTree,
    state.groupContext,
    state.clientConfig.keyRetentionConfig,
    suite.cs,
  ).catch((error: unknown) => {
    throw new RuleBroken(refusal, error);
  });
  const { content } = opened.content;
  if (content.sender.senderType !== "member") throw new RuleBroken("bad_message");
  const sender = content.sender.leafIndex;
  const leaf = leavesOf(state.ratchetTree).find(({ index }) => index === sender);
  if (leaf === undefined) throw new RuleBroken("bad_message");
  return { content, leaf };
}

/** Whether this device itself wrote the message, as its signature proves. Then a newer copy of this store exists (P9.1). */
export async function wroteItself(suite: DeviceSuite, state: ClientState, message: PrivateMessage): Promise<boolean> {
  try {
    const { leaf } = await unprotect(suite, state, message, "undecryptable");
    return equalBytes(leaf.publicKey, suite.signer.publicKey);
  } catch (error) {
    if (error instanceof RuleBroken) return false;
    throw error;
  }
}

/** Who comes and goes by a commit. */
export interface Changes {
  added: DeviceRef[];
  removed: DeviceRef[];
  /** This device is among the removed. It cannot process what follows, so this is tentative (P6.8). */
  removesMe: boolean;
}

/** Devices that a commit adds and removes, and the roster after it, computed from what it proposes. */
export async function changesOf(before: readonly Leaf[], contents: Pick<CommitContents, "adds" | "removed">) {
  const gone = before.filter(({ index }) => contents.removed.includes(index));
  const come = addedLeaves(contents);
  const after = [...before.filter((leaf) => !gone.includes(leaf)), ...come];
  return { removed: gone.map(deviceRef), added: come.map(deviceRef), after, rosterHash: await rosterHash(after) };
}

/** Before they have a place in the tree. */
function addedLeaves({ adds }: Pick<CommitContents, "adds">): Leaf[] {
  return adds.map(({ leafNode }) => leafOf(leafNode, -1));
}

const deviceRef = ({ userId, deviceId }: DeviceRef): DeviceRef => ({ userId, deviceId });

/** What an opened commit proposes is exactly what its authenticated data says (P6.5, P6.6). */
export async function checkedChanges(
  state: ClientState,
  { contents }: OpenedCommit,
  details: CommitDetails,
  accounts: ReadonlySet<Id> | null,
): Promise<Changes> {
  const { pskId } = contents;
  const named = details.contributionId;
  const fits = pskId === null ? named === null : named !== null && equalBytes(pskId, named);
  if (!fits) throw new RuleBroken("commit_psk_mismatch");
  const { added, removed, after, rosterHash: hash } = await changesOf(leavesOf(state.ratchetTree), contents);
  checkMembers(after, accounts);
  if (!sameDevices(added, details.added) || !sameDevices(removed, details.removed)) {
    throw new RuleBroken("commit_details_mismatch");
  }
  if (!equalBytes(hash, details.rosterHash)) throw new RuleBroken("roster_mismatch");
  return { added, removed, removesMe: contents.removed.includes(state.privatePath.leafIndex) };
}

/** Applies an opened and checked commit, and compares the rosters before and after (P6.4). */
export async function applyCommit(
  suite: DeviceSuite,
  state: ClientState,
  message: PrivateMessage,
  opened: OpenedCommit,
  psk: Psk | null,
  authority: Authority,
): Promise<ClientState> {
  const newState = await process(suite, state, message, opened.contents, psk, authority);
  if (newState.groupActiveState.kind !== "active") throw new RuleBroken("commit_undecryptable");
  const after = leavesOf(newState.ratchetTree);
  checkMembers(after, authority.accounts);
  checkRoster(leavesOf(state.ratchetTree), after, opened.contents, opened.committer.index);
  checkContext(state, newState, opened.contents.state);
  return newState;
}

/** The GroupContext holds what the commit said, else what it held before. */
function checkContext(before: ClientState, after: ClientState, state: SharedState | null): void {
  const encoded = (extensions: ClientState["groupContext"]["extensions"]) =>
    extensions.map(({ extensionType, extensionData }) => `${extensionType} ${toBase64url(extensionData)}`).join();
  const expected = state === null ? before.groupContext.extensions : contextWith(before, state);
  if (encoded(after.groupContext.extensions) !== encoded(expected)) throw new RuleBroken("bad_room_state");
}

async function process(
  suite: DeviceSuite,
  state: ClientState,
  message: PrivateMessage,
  contents: CommitContents,
  psk: Psk | null,
  authority: Authority,
): Promise<ClientState> {
  const authenticator = new Authenticator(authority);
  const search = pskIndex(state, psk);
  const trusting = withAuthority(state, authenticator);
  const result = await processPrivateMessage(
    trusting,
    message,
    search,
    suite.cs,
    acceptByPolicy(roomStateOf(state) !== null),
  ).catch((error: unknown) => {
    authenticator.throwIfMissing(addedLeaves(contents));
    throw new RuleBroken("commit_undecryptable", error);
  });
  if (result.kind !== "newState" || result.actionTaken === "reject") throw new RuleBroken("commit_forbidden_proposal");
  return result.newState;
}

function sameDevices(a: readonly DeviceRef[], b: readonly DeviceRef[]): boolean {
  const text = (devices: readonly DeviceRef[]) => devices.map(({ userId, deviceId }) => `${userId} ${deviceId}`).sort();
  return text(a).join() === text(b).join();
}

/** Seals one application message; the new state must be on disk before the bytes leave (P9.1). */
export async function sealMessage(
  suite: DeviceSuite,
  state: ClientState,
  plaintext: Uint8Array,
  authenticatedData: Uint8Array,
): Promise<{ newState: ClientState; message: Uint8Array }> {
  const made = await createApplicationMessage(state, plaintext, suite.cs, authenticatedData);
  return { newState: made.newState, message: encodePrivate(made.privateMessage) };
}

/** Opens one application message; its author is the MLS leaf that signed it (P5.7). */
export async function openMessage(
  suite: DeviceSuite,
  state: ClientState,
  message: PrivateMessage,
): Promise<{ newState: ClientState; plaintext: Uint8Array; author: Leaf }> {
  const result = await processPrivateMessage(
    state,
    message,
    pskIndex(state, null),
    suite.cs,
    acceptByPolicy(false),
  ).catch((error: unknown) => {
    throw new RuleBroken("undecryptable", error);
  });
  if (result.kind !== "applicationMessage") throw new RuleBroken("bad_message");
  const author = leafOf(result.senderLeaf, result.senderLeafIndex);
  return { newState: result.newState, plaintext: result.message, author };
}
