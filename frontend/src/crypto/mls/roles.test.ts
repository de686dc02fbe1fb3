/** P10.1: policies of rooms and verdicts on their commits against `rooms.json`, which the server's tests read too. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MalformedEncoding } from "../primitives/encoding";
import { checkRoomCommit, NotAllowed, type RoomCommit } from "./roles";
import {
  decodePolicy,
  decodeRoomChange,
  decodeRoomState,
  encodePolicy,
  encodeProfile,
  encodeRoomChange,
  encodeRoomState,
  NEW_SETTINGS,
  newPolicy,
  type Policy,
  type Role,
  type RoomSettings,
} from "./roomState";

interface Levels {
  invite: Role;
  remove: Role;
  configure: Role;
  post: Role;
  approval: boolean;
  timer: number;
}

interface Given {
  owner?: string;
  moderators?: string[];
  banned?: string[];
  away?: string[];
  settings?: Partial<Levels>;
  links?: { id: number; by: string; expiry: number; allowed: number; used: number; key?: number }[];
}

interface Vectors {
  policies: {
    name: string;
    owner: string;
    moderators: string[];
    banned: string[];
    away: string[];
    settings: Levels;
    invitations: {
      id: string;
      public_key_byte: string;
      inviter: string;
      expiry: number;
      allowed: number;
      used: number;
    }[];
    hex: string;
  }[];
  malformed_policies: { name: string; hex: string }[];
  commits: {
    name: string;
    before: Given & { owner: string };
    actor: string;
    leaves: string[];
    added: string[];
    removed: string[];
    excused: string[];
    left: string[];
    after: Given | null;
    profile: boolean;
    admitted?: Record<string, number>;
    time?: number;
    verdict: string;
  }[];
}

const file = new URL("../../../../tests/vectors/rooms.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

test.each(vectors.policies)("P10.1 a policy has one encoding: $name", ({ hex: expected, ...given }) => {
  const policy: Policy = {
    ...given,
    invitations: given.invitations.map(({ public_key_byte, ...link }) => ({
      ...link,
      publicKey: new Uint8Array(962).fill(Number.parseInt(public_key_byte, 16)),
    })),
  };
  const { name, ...plain } = policy as Policy & { name: string };
  expect(name).not.toBe("");
  expect(hex(encodePolicy(policy))).toBe(expected);
  expect(decodePolicy(unhex(expected))).toEqual(plain);
});

test.each(vectors.malformed_policies)("P10.1 what is no policy is refused: $name", ({ hex: input }) => {
  expect(() => decodePolicy(unhex(input))).toThrow(MalformedEncoding);
});

const device = (name: string) => ({ userId: name.charAt(0), deviceId: name });

function policyOf(given: Given, before: Policy): Policy {
  const settings = given.settings === undefined ? before.settings : settingsOf(given.settings);
  const invitations = (given.links ?? []).map(({ id, by, key = 0, ...rules }) => ({
    ...rules,
    id: String(id),
    publicKey: new Uint8Array(962).fill(key),
    inviter: by,
  }));
  const { owner, moderators, banned, away } = { ...before, ...given };
  return { owner, moderators, banned, away, settings, invitations };
}

function settingsOf(given: Partial<Levels>): RoomSettings {
  return { ...NEW_SETTINGS, ...given };
}

function verdict(before: Policy, commit: RoomCommit): string {
  try {
    checkRoomCommit(before, commit);
    return "ok";
  } catch (error) {
    if (error instanceof NotAllowed) return error.missing;
    throw error;
  }
}

test.each(vectors.commits)("P10.1 the epoch before decides what a commit may do: $name", (given) => {
  const before = policyOf(given.before, newPolicy(given.before.owner));
  const commit: RoomCommit = {
    actor: given.actor,
    leaves: given.leaves.map(device),
    added: given.added.map(device),
    removed: given.removed.map(device),
    excused: new Set(given.excused),
    left: new Set(given.left),
    after: given.after === null ? before : policyOf(given.after, before),
    changesProfile: given.profile,
    admitted: new Map(Object.entries(given.admitted ?? {}).map(([userId, link]) => [userId, String(link)])),
    timeMs: given.time ?? 0,
  };
  expect(verdict(before, commit)).toBe(given.verdict);
});

test("P10.1 state and change read back, and their profiles have a salt", () => {
  const [first] = vectors.policies;
  const policy = decodePolicy(unhex(first?.hex ?? ""));
  const given = { name: "Harbour", topic: "", avatar: new Uint8Array() };
  const profile = encodeProfile(given);
  const welcomeKeys = policy.invitations.map((_, at) => new Uint8Array(32).fill(at));
  const state = { policy, profile, welcomeKeys };
  expect(decodeRoomState(encodeRoomState(state))).toEqual(state);
  expect(() => decodeRoomState(encodeRoomState({ ...state, welcomeKeys: [new Uint8Array(32)] }))).toThrow(
    MalformedEncoding,
  );
  expect(hex(encodeProfile(given))).not.toBe(hex(profile));
  const evidence = [{ deviceId: policy.owner, statement: unhex("01"), signature: unhex("02") }];
  const admissions = [{ statement: unhex("03"), signature: unhex("04") }];
  const change = { policy, profileHash: new Uint8Array(32), evidence, admissions };
  expect(decodeRoomChange(encodeRoomChange(change))).toEqual(change);
  expect(() => encodeProfile({ ...given, name: "" })).toThrow("bad_room_name");
});
