import { expect, test } from "vitest";
import type { Session } from "../api/types";
import type { Contact, TimelineEntry as Entry } from "../crypto/client";
import { conversationOf, entriesOf, type Facts, personOf, recentOf, type SealedSession } from "./projection";
import { NOT_LOGGED, type Person } from "./state";

const SELF = "0190-self";
const PEER = "0190-peer";
const TIME = "2026-05-03T10:00:00.000Z";
const AT = Date.parse(TIME);
const base = { key: "k", conversationId: "c", seq: 7, time: TIME };
const device = { userId: PEER, deviceId: "d" };

type Message = Extract<Entry, { kind: "message" }>;

const message = (over: Partial<Message> = {}): Message => ({
  ...base,
  kind: "message",
  clientId: "m",
  senderId: SELF,
  senderDeviceId: "d",
  own: true,
  text: "hello",
  mentions: [],
  file: null,
  state: "sent",
  failure: null,
  critical: null,
  faults: [],
  hash: "h",
  quote: null,
  reactions: [],
  earlier: [],
  editedAt: null,
  deletedAt: null,
  expiresAt: null,
  deletedBy: null,
  pinned: null,
  newer: null,
  resent: null,
  pending: null,
  ...over,
});
const system = (over: Partial<Extract<Entry, { kind: "system" }>>): Entry => ({
  ...base,
  kind: "system",
  event: "rotated",
  userId: PEER,
  people: [],
  text: null,
  devices: [],
  contribution: true,
  reason: null,
  missed: 0,
  ...over,
});

test("P8.2 what was found wrong with a critical message is told by name, times as numbers", () => {
  const proof = { falcon: "invalid", ecdsa: "valid", receipt: "valid", receiptAt: TIME, checkedAt: TIME } as const;
  const entry = message({ critical: proof, faults: ["signature_invalid", "type_flipped"] });
  const [shown] = entriesOf(entry, SELF);
  const critical = { falcon: "invalid", ecdsa: "valid", receipt: "valid", receiptAt: AT, checkedAt: AT };
  expect(shown).toMatchObject({ critical, faults: ["bad_signature", "flipped_type"] });
});

test("a message waits behind everything until it is logged, and a failure keeps its code", () => {
  const waiting = entriesOf(message({ seq: null, state: "sending", hash: null }), SELF);
  expect(waiting).toEqual([
    {
      id: "d.m",
      position: NOT_LOGGED,
      at: AT,
      kind: "message",
      authorId: SELF,
      text: "hello",
      mentions: [],
      file: null,
      critical: null,
      faults: [],
      state: "waiting",
      problem: null,
      quote: null,
      reactions: [],
      earlier: [],
      editedAt: null,
      deletedAt: null,
      expiresAt: null,
      deletedBy: null,
      pinned: null,
      newer: false,
      resent: null,
      changeable: false,
      pending: null,
    },
  ]);
  expect(entriesOf(message({ state: "failed", failure: "blocked" }), SELF)[0]).toMatchObject({
    state: "failed",
    problem: { code: "blocked" },
  });
  expect(entriesOf(message({ state: "delivered" }), SELF)[0]).toMatchObject({ state: "sent", position: 7 });
});

test.each([
  [system({ event: "founded" }), [{ code: "keys_made", contribution: true }]],
  [system({ event: "joined", seq: 1 }), [{ code: "keys_made", contribution: true }]],
  [system({ event: "joined", seq: 5 }), [{ code: "before_this_browser", rows: 4 }]],
  [system({ event: "joined", seq: 5, people: [SELF] }), [{ code: "joined_room", by: PEER }]],
  [system({ contribution: false }), [{ code: "rotated", by: PEER, contribution: false }]],
  [
    system({ event: "device_removed", devices: [device, { ...device, deviceId: "e" }] }),
    [
      { code: "device_removed", whose: PEER, by: PEER },
      { code: "device_removed", whose: PEER, by: PEER },
    ],
  ],
  [system({ event: "removed_me" }), [{ code: "device_removed", whose: SELF, by: PEER }]],
  [system({ event: "removed_me", people: [SELF] }), [{ code: "person_removed", whose: SELF, by: PEER, text: null }]],
  [system({ event: "terminated", userId: SELF }), [{ code: "closed", by: "self" }]],
])("rows of the log become notices (%#)", (entry, notices) => {
  const shown = entriesOf(entry, SELF);
  expect(shown.map((item) => item.kind === "notice" && item.notice)).toEqual(notices);
  expect(new Set(shown.map(({ id }) => id)).size).toBe(notices.length);
});

test("a changed account key stands between two rows; a broken rule stands at its own", () => {
  const problem = { ...base, kind: "problem" as const, userId: PEER };
  expect(entriesOf({ ...problem, code: "account_key_changed" }, SELF)).toMatchObject([
    { position: 7.5, notice: { code: "key_changed", whose: PEER } },
  ]);
  expect(entriesOf({ ...problem, code: "replayed_message" }, SELF)).toMatchObject([
    { position: 7, notice: { code: "finding", finding: { kind: "replayed", seq: 7 } } },
  ]);
  expect(entriesOf({ ...problem, code: "message_of_old_epoch" }, SELF)).toEqual([]);
});

test.each([
  ["roster_mismatch", PEER],
  ["role_missing", PEER],
  ["body_mismatch", null],
  ["ghost_member", null],
  ["group_lost", null],
] as const)("a broken rule says in whose name it came where that is a member’s (%s)", (code, from) => {
  const problem = { ...base, kind: "problem" as const, userId: PEER, code };
  expect(entriesOf(problem, SELF)).toMatchObject([{ notice: { finding: { from } } }]);
});

const sealed: SealedSession = {
  id: "c",
  peer: { userId: PEER, username: "bob" },
  room: null,
  state: "active",
  createdAt: TIME,
  generation: 0,
  epoch: 1,
  verifiedSeq: 7,
  loggedSeq: 0,
  readSeq: 0,
  unread: 0,
  mentioned: 0,
  pinned: [],
  timer: 0,
  draft: "",
  editing: null,
  last: null,
  problems: [],
  blocked: null,
};
const person: Person = {
  id: PEER,
  username: "bob",
  online: true,
  connectedAt: AT,
  blocked: false,
  trust: "unverified",
  trustSince: null,
  keyHash: "k",
};
const contact: Contact = {
  userId: PEER,
  username: "bob",
  keyHash: "hash",
  safetyNumber: null,
  verified: false,
  changedKeyHash: null,
  changedSafetyNumber: null,
  otherKeyHash: null,
  otherSafetyNumber: null,
  agreed: true,
  devices: [],
  listVersion: 1,
  problems: [],
};
const facts = (over: Partial<Facts>): Facts => ({
  sealed,
  session: null,
  person,
  recent: recentOf([]),
  waitsFor: null,
  keysRefused: null,
  deliveredSeq: 0,
  seenSeq: 0,
  contact,
  refused: [],
  selfId: SELF,
  ...over,
});
const waiting = (waiting_for: string[]) => ({ waiting_for }) as Session;

test.each([
  [facts({ sealed: { ...sealed, state: "waiting_for_devices" }, session: waiting([PEER]) }), { whose: "peer" }],
  [facts({ sealed: { ...sealed, state: "waiting_for_devices" }, session: waiting([PEER, SELF]) }), { whose: "self" }],
  [
    facts({ sealed: { ...sealed, state: "establishing" }, waitsFor: "quantum_service" }),
    { waitsFor: "quantum_service" },
  ],
  [
    facts({ sealed: { ...sealed, state: "establishing" }, keysRefused: { code: "ghost_recipient" } }),
    { waitsFor: null, refused: { code: "ghost_recipient" } },
  ],
  [facts({ sealed: { ...sealed, state: "elsewhere" } }), { kind: "being_added", lost: false }],
  [facts({ sealed: { ...sealed, state: "lost" } }), { kind: "being_added", lost: true }],
  [facts({ sealed: { ...sealed, state: "terminated" } }), { kind: "closed", by: "server" }],
  [
    facts({ sealed: { ...sealed, state: "terminated" }, recent: recentOf([system({ event: "terminated" })]) }),
    { kind: "closed", by: "peer", at: AT },
  ],
  [
    facts({ sealed: { ...sealed, state: "removed" }, recent: recentOf([system({ event: "removed_me" })]) }),
    { kind: "removed", by: PEER, at: AT },
  ],
])("every state of a session has a stage (%#)", (given, stage) => {
  expect(conversationOf(given).stage).toMatchObject(stage);
});

test("P6.7 a group of somebody whom the person never agreed to talk to waits for that, and is no finding", () => {
  const stage = (state: SealedSession["state"], over: Partial<Facts> = {}) =>
    conversationOf(facts({ sealed: { ...sealed, state }, contact: { ...contact, agreed: false }, ...over })).stage.kind;
  for (const state of ["waiting_for_devices", "establishing", "elsewhere", "lost"] as const) {
    expect(stage(state)).toBe("to_agree");
  }
  expect(stage("establishing", { contact: null })).toBe("to_agree");
  expect(stage("establishing", { contact })).toBe("making_keys");
  // Nothing is to be agreed to with somebody who was removed, nor in a conversation that is open or over.
  expect(stage("establishing", { person: { ...person, connectedAt: null } })).toBe("making_keys");
  expect(stage("active")).toBe("open");
  expect(stage("terminated")).toBe("closed");
  const uninvited = { code: "not_agreed" as const, userId: PEER, seq: 1, noticedAt: TIME };
  expect(conversationOf(facts({ sealed: { ...sealed, problems: [uninvited] } })).findings).toEqual([]);
});

test("what blocks sending is named; what passes by itself is not", () => {
  const block = (over: Partial<Facts>) => conversationOf(facts(over)).sendBlock;
  expect(block({})).toBeNull();
  expect(block({ sealed: { ...sealed, blocked: { reason: "commit_pending" } } })).toBeNull();
  expect(block({ sealed: { ...sealed, blocked: { reason: "account_key_changed", userId: PEER } } })).toBe(
    "key_changed",
  );
  expect(block({ sealed: { ...sealed, state: "lost", blocked: { reason: "lost" } } })).toBeNull();
  expect(block({ sealed: { ...sealed, state: "refused", blocked: { reason: "generation_refused" } } })).toBe(
    "misbehaved",
  );
  expect(block({ person: { ...person, connectedAt: null } })).toBe("not_connected");
  expect(block({ person: { ...person, blocked: true } })).toBe("blocked");
  // Not asked yet: nothing is claimed.
  expect(block({ person: null })).toBeNull();
});

test("trust is what the pins say", () => {
  const trust = (over: Partial<Contact>) => personOf(person, { ...contact, ...over }, null, false).trust;
  expect(personOf(person, null, null, false).trust).toBe("no_key");
  expect(trust({ keyHash: null })).toBe("no_key");
  expect(trust({})).toBe("unverified");
  expect(trust({ verified: true })).toBe("verified");
  expect(trust({ verified: true, changedKeyHash: "other" })).toBe("key_changed");
  const conflict = { code: "account_conflict" as const, userId: PEER, seq: null, noticedAt: TIME };
  expect(trust({ problems: [conflict] })).toBe("keys_differ");
});
