/** What a server says about a session, held against what this browser knows (PROTOCOL.md 4.1, 5.6, 5.7, 6.8, 9.2). */

import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { failureCode } from "../failures";
import { randomBytes } from "../primitives/bytes";
import { fromBase64url, toBase64url } from "../primitives/encoding";
import { type Browser, established, twoPeople } from "../testing/browser";
import type { FakeService } from "../testing/fakeService";
import type { WireSession } from "../wire";

let alice: Browser;
let bob: Browser;
let service: FakeService;
let id: string;
const world = await twoPeople();

beforeEach(async () => {
  ({ alice, bob, service, id } = await established(world));
});

const refusal = (call: Promise<unknown>) => call.then(() => "none", failureCode);

/** The session as the server shows it to Alice, but for the lie. */
const shown = (lie: Partial<WireSession> = {}) =>
  alice.api.learnSession({ ...service.sessionFor(id, alice.userId), ...lie });

test("P5.7 a server that calls a tag another device's is named once, and not believed", async () => {
  const [his] = service.sessionFor(id, alice.userId).members.filter(({ device_id }) => device_id === bob.deviceId);
  const lie = { members: [{ ...his!, device_id: alice.deviceId }] };
  const { entries } = await shown(lie);
  expect(entries).toMatchObject([{ kind: "problem", code: "sender_mismatch" }]);
  expect((await shown(lie)).entries).toEqual([]);
  await bob.send(id, "still Bob's");
  await alice.sync(id);
  expect(await alice.texts(id)).toEqual(["still Bob's"]);
  expect(await alice.problems(id)).toEqual(["sender_mismatch"]);
});

test("P5.1 a first chain value that changes later is named once", async () => {
  const lie = { chain_0: toBase64url(randomBytes(32)) };
  expect((await shown(lie)).entries).toMatchObject([{ code: "log_fork" }]);
  expect((await shown(lie)).entries).toEqual([]);
  expect((await alice.api.conversation(id)).verifiedSeq).toBe(1);
});

test("P5.6 a receipt of delivery never goes back", async () => {
  await alice.send(id, "one");
  await alice.send(id, "two");
  const delivered = async (seq: number) => {
    await shown({ delivered: [{ user_id: bob.userId, seq }] });
    const entries = await alice.entries(id);
    return entries.flatMap((entry) => (entry.kind === "message" ? [entry.state] : []));
  };
  const first = await delivered(2);
  expect(first[0]).not.toBe(first[1]);
  const both = await delivered(3);
  expect(both[0]).toBe(both[1]);
  expect(await delivered(1)).toEqual(both);
});

test("P4.1 before there is a group nothing is sent, changed or ended, and a missing device is waited for", async () => {
  const { session } = await service.open(alice.userId, bob.userId);
  const waiting = { state: "waiting_for_devices", waiting_for: [bob.userId] } as const;
  const told = service.sessionFor(session.id, alice.userId);
  const { conversation } = await alice.api.learnSession({ ...told, ...waiting, waiting_for: [...waiting.waiting_for] });
  expect(conversation.state).toBe("waiting_for_devices");
  expect(await alice.api.dueCommit(session.id)).toBeNull();
  expect(await refusal(alice.api.terminate(session.id))).toBe("not_active");
  expect(await refusal(alice.api.beginRotation(session.id))).toBe("not_active");
  expect(await refusal(alice.api.beginAdding(session.id, { items: [] }))).toBe("not_active");
  await alice.api.enqueue(session.id, "waits");
  expect(await alice.api.nextOutgoing(session.id)).toMatchObject({ kind: "blocked" });
  await alice.api.learnSession(told);
  expect(await alice.api.dueCommit(session.id)).toBe("founding");
});

test("P9.2 a device asks for nothing while the server says that the conversation is not active", async () => {
  await alice.rotate(id);
  service.conversation(id).rows.at(-1)!.contribution = null;
  await bob.sync(id);
  service.conversation(id).session.state = "terminated";
  await bob.api.learnSession(service.sessionFor(id, bob.userId));
  expect(await bob.api.askToBeAdded(id)).toBeNull();
  expect(await bob.api.generationDue(id)).toBeNull();
});

test("details of a conversation without a group name no secret of it, and no renewal", async () => {
  const { session } = await service.open(alice.userId, bob.userId);
  await alice.sync(session.id);
  expect(await alice.api.details(session.id)).toMatchObject({
    epochAuthenticator: null,
    lastRotation: null,
    contribution: null,
    contributionMissing: false,
    members: [],
  });
});

test("the newest keys of every conversation tell of their contribution, or that they went without", async () => {
  const { contribution, lastRotation } = await bob.api.details(id);
  const { session } = await service.open(alice.userId, bob.userId);
  await bob.sync(session.id);
  const known = async (one: string) =>
    (await bob.api.newestKeys()).find(({ conversationId }) => conversationId === one);
  expect(contribution).not.toBeNull();
  expect(await known(id)).toEqual({ conversationId: id, at: lastRotation!.at, contribution });
  expect(await known(session.id)).toBeUndefined();
  await alice.rotate(id, false);
  await bob.sync(id);
  expect(await known(id)).toMatchObject({ contribution: null });
});

test("a draft is kept until it is emptied", async () => {
  const draft = async () => (await alice.api.conversation(id)).draft;
  await alice.api.setDraft(id, "not yet");
  expect(await draft()).toBe("not yet");
  await alice.api.setDraft(id, "");
  expect(await draft()).toBe("");
});

test("an edit that is being written is kept beside the draft", async () => {
  const { senderDeviceId: deviceId, clientId } = await alice.send(id, "frist");
  await alice.api.setDraft(id, "not yet");
  await alice.api.setEditing(id, { deviceId, clientId, text: "first" });
  const kept = async () => {
    const { draft, editing } = await alice.api.conversation(id);
    return { draft, editing };
  };
  expect(await kept()).toEqual({ draft: "not yet", editing: { deviceId, clientId, text: "first" } });
  await alice.api.setEditing(id, null);
  expect(await kept()).toEqual({ draft: "not yet", editing: null });
});

test("P6.8 nothing is queued, begun or due in a conversation that was ended", async () => {
  const { client_id, message } = await bob.api.terminate(id);
  await service.append(id, bob.sender, "terminate", client_id, fromBase64url(message));
  await alice.sync(id);
  expect(await refusal(alice.api.enqueue(id, "too late"))).toBe("not_active");
  expect(await refusal(alice.api.beginRotation(id))).toBe("not_active");
  expect(await refusal(alice.api.terminate(id))).toBe("not_active");
  expect(await alice.api.dueCommit(id)).toBeNull();
});
