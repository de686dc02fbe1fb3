/**
 * What a room is: who may do what in it, and its name (PROTOCOL.md 10.1, docs/crypto.md "Rooms").
 *
 *   state (0xF0A1 in the GroupContext): fields(room-state/v1, policy, profile, [welcome key (32) of each link, …])
 *   policy:  fields(room-policy/v1, owner, [moderator, …], [banned, …], [away, …], invite, remove, configure, post, approval,
 *            timer, [[id, public key (962), inviter, expiry, allowed, used], …])
 *   profile: fields(room-profile/v1, salt (32), name, topic, avatar)
 *   change (in the authenticated data of a commit): fields(room-change/v1, policy or empty, SHA-256(profile) or empty,
 *            [[device, statement, signature], …], [[statement, signature] of each who comes by a link, …])
 *
 * The policy is clear to the server, the profile is not: the salt keeps its hash from telling a name that can be guessed. Of
 * the links' welcome keys, with which members show a joiner that they are the room, the server is told nothing.
 */

import { CryptoFailure } from "../failures";
import { compareBytes, equalBytes, randomBytes, sha256 } from "../primitives/bytes";
import { fields, LABEL, MalformedEncoding, Reader, uuidBytes } from "../primitives/encoding";
import type { Role, RoleName, RoomSettings } from "../types";
import type { Id } from "../wire";

export type { Role, RoomSettings };

/** Also the rank: whoever removes somebody stands above them. */
export const ROLE = { member: 0, moderator: 1, owner: 2 } as const satisfies Record<RoleName, Role>;

export const MAX_MEMBERS = 200;
const MAX_BANNED = 500;
export const MAX_INVITATIONS = 20;
const MAX_EVIDENCE = 64;
export const MAX_ADMISSIONS = 64;
const KEY_BYTES = 962;
const WELCOME_KEY_BYTES = 32;
const SALT_BYTES = 32;
export const MAX_NAME = 80;
export const MAX_TOPIC = 300;
/** Seconds; what can be set is less. */
export const MAX_TIMER = 2 ** 32;

export interface Invitation {
  id: Id;
  publicKey: Uint8Array;
  inviter: Id;
  expiry: number;
  allowed: number;
  used: number;
}

export interface Policy {
  owner: Id;
  moderators: Id[];
  banned: Id[];
  /** Members without a device in the group at the moment. */
  away: Id[];
  settings: RoomSettings;
  invitations: Invitation[];
}

export interface Profile {
  name: string;
  topic: string;
  /** Empty: none. */
  avatar: Uint8Array;
}

export interface RoomState {
  policy: Policy;
  /** As encoded, salt included. */
  profile: Uint8Array;
  /** One of each link of the policy, in its order. */
  welcomeKeys: Uint8Array[];
}

/** Somebody who comes in by a link, in the words that they signed with its key (statements/roomJoin.ts). */
export interface Admission {
  statement: Uint8Array;
  signature: Uint8Array;
}

/** A device that is taken out although nobody has the right to: its own request, or its account's list that revokes it. */
export interface Evidence {
  deviceId: Id;
  statement: Uint8Array;
  signature: Uint8Array;
}

/** What a commit says that it changes; null: it stays. */
export interface RoomChange {
  policy: Policy | null;
  profileHash: Uint8Array | null;
  evidence: Evidence[];
  admissions: Admission[];
}

const EMPTY = new Uint8Array();

export const NEW_SETTINGS: RoomSettings = {
  invite: ROLE.moderator,
  remove: ROLE.moderator,
  configure: ROLE.moderator,
  post: ROLE.member,
  approval: false,
  timer: 0,
};

export function newPolicy(owner: Id): Policy {
  return { owner, moderators: [], banned: [], away: [], settings: NEW_SETTINGS, invitations: [] };
}

const isName = (name: string, topic: string) => name !== "" && name.length <= MAX_NAME && topic.length <= MAX_TOPIC;

/** `bad_room_name` when name or topic are not what a room may have. */
export function encodeProfile({ name, topic, avatar }: Profile): Uint8Array {
  if (!isName(name, topic)) throw new CryptoFailure("bad_room_name");
  return fields(LABEL.roomProfile, randomBytes(SALT_BYTES), name, topic, avatar);
}

/** Throws `MalformedEncoding`, as all that decode here. */
export function decodeProfile(bytes: Uint8Array): Profile {
  const reader = new Reader(bytes);
  reader.label(LABEL.roomProfile);
  reader.blob(SALT_BYTES);
  const profile = { name: reader.text(), topic: reader.text(), avatar: reader.blob() };
  reader.end();
  if (!isName(profile.name, profile.topic)) throw new MalformedEncoding("not a name or a topic");
  return profile;
}

const profileHash = (profile: Uint8Array) => sha256(profile);

const accounts = (ids: readonly Id[]) => ids.map((id) => uuidBytes(id)).sort(compareBytes);

export function encodePolicy({ owner, moderators, banned, away, settings, invitations }: Policy): Uint8Array {
  const { invite, remove, configure, post, approval, timer } = settings;
  const links = invitations.map((link) => [
    uuidBytes(link.id),
    link.publicKey,
    uuidBytes(link.inviter),
    link.expiry,
    link.allowed,
    link.used,
  ]);
  return fields(
    LABEL.roomPolicy,
    uuidBytes(owner),
    accounts(moderators),
    accounts(banned),
    accounts(away),
    invite,
    remove,
    configure,
    post,
    Number(approval),
    timer,
    links,
  );
}

export function decodePolicy(bytes: Uint8Array): Policy {
  const reader = new Reader(bytes);
  reader.label(LABEL.roomPolicy);
  const policy = {
    owner: reader.uuid(),
    moderators: readAccounts(reader, MAX_MEMBERS),
    banned: readAccounts(reader, MAX_BANNED),
    away: readAccounts(reader, MAX_MEMBERS),
    settings: readSettings(reader),
    invitations: readInvitations(reader),
  };
  reader.end();
  return policy;
}

function readAccounts(reader: Reader, limit: number): Id[] {
  const found = reader.list((item) => item.uuid());
  if (found.length > limit || !ascending(found)) throw new MalformedEncoding("accounts are sorted and named once");
  return found;
}

/** Ids as text sort as their bytes do. */
const ascending = (ids: readonly Id[]) => ids.every((id, at) => at === 0 || (ids[at - 1] ?? "") < id);

function readSettings(reader: Reader): RoomSettings {
  const [invite, remove, configure, post] = [readRole(reader), readRole(reader), readRole(reader), readRole(reader)];
  if (remove === ROLE.member) throw new MalformedEncoding("members stand above nobody");
  const approval = reader.number();
  const timer = reader.number();
  if (approval > 1 || timer >= MAX_TIMER) throw new MalformedEncoding("not a setting");
  return { invite, remove, configure, post, approval: approval === 1, timer };
}

function readRole(reader: Reader): Role {
  const number = reader.number();
  const role = Object.values(ROLE).find((known) => known === number);
  if (role === undefined) throw new MalformedEncoding("there is no such role");
  return role;
}

function readInvitations(reader: Reader): Invitation[] {
  const found = reader.list((each) => {
    const item = each.items();
    const link = {
      id: item.uuid(),
      publicKey: item.blob(KEY_BYTES),
      inviter: item.uuid(),
      expiry: item.number(),
      allowed: item.number(),
      used: item.number(),
    };
    item.end();
    if (link.used > link.allowed) throw new MalformedEncoding("an invitation that was used too often");
    return link;
  });
  const sorted = ascending(found.map(({ id }) => id));
  if (found.length > MAX_INVITATIONS || !sorted) throw new MalformedEncoding("invitations are sorted and named once");
  return found;
}

export function encodeRoomState({ policy, profile, welcomeKeys }: RoomState): Uint8Array {
  return fields(LABEL.roomState, encodePolicy(policy), profile, welcomeKeys);
}

export function decodeRoomState(bytes: Uint8Array): RoomState {
  const reader = new Reader(bytes);
  reader.label(LABEL.roomState);
  const state = {
    policy: decodePolicy(reader.blob()),
    profile: reader.blob(),
    welcomeKeys: reader.list((item) => item.blob(WELCOME_KEY_BYTES)),
  };
  reader.end();
  decodeProfile(state.profile);
  if (state.welcomeKeys.length !== state.policy.invitations.length) throw new MalformedEncoding("a key for each link");
  return state;
}

export function encodeRoomChange({ policy, profileHash: hash, evidence, admissions }: RoomChange): Uint8Array {
  const statements = evidence.map(({ deviceId, statement, signature }) => [uuidBytes(deviceId), statement, signature]);
  const admitted = admissions.map(({ statement, signature }) => [statement, signature]);
  return fields(LABEL.roomChange, policy === null ? EMPTY : encodePolicy(policy), hash ?? EMPTY, statements, admitted);
}

export function decodeRoomChange(bytes: Uint8Array): RoomChange {
  const reader = new Reader(bytes);
  reader.label(LABEL.roomChange);
  const policy = reader.blob();
  const hash = reader.blob();
  const evidence = reader.list((each) => {
    const item = each.items();
    const found = { deviceId: item.uuid(), statement: item.blob(), signature: item.blob() };
    item.end();
    return found;
  });
  const admissions = reader.list((each) => {
    const item = each.items();
    const found = { statement: item.blob(), signature: item.blob() };
    item.end();
    return found;
  });
  reader.end();
  const many = evidence.length > MAX_EVIDENCE || admissions.length > MAX_ADMISSIONS;
  if ((hash.length !== 0 && hash.length !== 32) || many) {
    throw new MalformedEncoding("not a change of a room");
  }
  return {
    policy: policy.length === 0 ? null : decodePolicy(policy),
    profileHash: hash.length === 0 ? null : hash,
    evidence,
    admissions,
  };
}

/** Whether each link has the welcome key that it was made with: no member changes it for those who join later. */
export function keepsWelcomeKeys(before: RoomState, after: RoomState): boolean {
  const keys = new Map(before.policy.invitations.map(({ id }, at) => [id, before.welcomeKeys[at]]));
  return after.policy.invitations.every(({ id }, at) => {
    const [was, is] = [keys.get(id), after.welcomeKeys[at]];
    return is !== undefined && (was === undefined || equalBytes(was, is));
  });
}

/** What lies between two states, as a commit tells the server; null when nothing does. */
export async function changeBetween(
  before: RoomState | null,
  after: RoomState,
  { evidence = [], admissions = [] }: Partial<Pick<RoomChange, "evidence" | "admissions">> = {},
): Promise<RoomChange | null> {
  const samePolicy = before !== null && equalBytes(encodePolicy(before.policy), encodePolicy(after.policy));
  const sameProfile = before !== null && equalBytes(before.profile, after.profile);
  if (samePolicy && sameProfile && evidence.length + admissions.length === 0) return null;
  return {
    policy: samePolicy ? null : after.policy,
    profileHash: sameProfile ? null : await profileHash(after.profile),
    evidence,
    admissions,
  };
}

/** What the statement of a later generation says of the room that goes on (PROTOCOL.md 9.3). */
export async function roomHash(state: RoomState): Promise<Uint8Array> {
  const change = { policy: state.policy, profileHash: await profileHash(state.profile), evidence: [], admissions: [] };
  return sha256(encodeRoomChange(change));
}

/** Whether a change says exactly what lies between the two states. */
export async function saysWhatChanges(said: RoomChange | null, before: RoomState, after: RoomState): Promise<boolean> {
  const real = await changeBetween(before, after, said ?? {});
  if (real === null || said === null) return real === said;
  return equalBytes(encodeRoomChange(real), encodeRoomChange(said));
}
