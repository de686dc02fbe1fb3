/** Statements that a member or a server lays out otherwise than docs/crypto.md says, each signed by who should sign it. */

import { expect, test } from "vitest";
import { RuleBroken } from "../failures";
import { decodeCommitDetails, encodeCommitDetails } from "../mls/message";
import { compareBytes, concat } from "../primitives/bytes";
import { fields, LABEL, MalformedEncoding, toBase64url, uuidBytes, uuidText } from "../primitives/encoding";
import { hybridKeyPair, HybridSigner } from "../primitives/hybrid";
import { decodeDeviceList, encodeDeviceList } from "./certificates";
import { readContribution } from "./contribution";
import { decodeGeneration, encodeGeneration } from "./generation";
import { decodeLostState, encodeLostState } from "./lostState";

const [a, b, c] = [1, 2, 3].map((digit) => `018f4ad0-8d6f-7c3a-9a52-00000000000${digit}`) as [string, string, string];
const hash = new Uint8Array(32);
const device = { userId: c, deviceId: a };

const code = (read: () => unknown) => {
  try {
    read();
    return "none";
  } catch (error) {
    if (error instanceof RuleBroken) return error.code;
    return error instanceof MalformedEncoding ? "malformed" : "another error";
  }
};

test("P3.1 a device list names each device once, in the order of their ids", () => {
  const listed = (...ids: string[]) => ids.map((id) => [uuidBytes(id), hash, 1, 0]);
  const list = (...ids: string[]) => fields(LABEL.deviceList, "chat", uuidBytes(c), 1, hash, 1, listed(...ids));
  expect(code(() => decodeDeviceList(list(a, b)))).toBe("none");
  for (const wrong of [list(b, a), list(a, a)]) expect(code(() => decodeDeviceList(wrong))).toBe("malformed");
  const devices = [b, a].map((deviceId) => ({ deviceId, keyHash: hash, added: 1, revoked: 0 }));
  const ours = encodeDeviceList({ serverName: "chat", userId: c, version: 1, previous: hash, timeMs: 1, devices });
  expect(decodeDeviceList(ours).devices.map(({ deviceId }) => deviceId)).toEqual([a, b]);
});

test("P6.5 details of a commit name each device once, in order, and one contribution or none; a change of a room can be read", () => {
  const bytes = (...ids: string[]) => ids.map((id) => concat(uuidBytes(c), uuidBytes(id)));
  const details = (added: Uint8Array[], change = new Uint8Array(), contribution = new Uint8Array()) =>
    fields(LABEL.commit, added, [], change, contribution, hash);
  expect(code(() => decodeCommitDetails(details(bytes(a, b))))).toBe("none");
  const wrong = [details(bytes(b, a)), details(bytes(a, a)), details([], undefined, new Uint8Array(31))];
  for (const lie of wrong) expect(code(() => decodeCommitDetails(lie))).toBe("commit_details_mismatch");
  expect(code(() => decodeCommitDetails(details([], new Uint8Array(1))))).toBe("malformed");
  const added = [b, a].map((deviceId) => ({ userId: c, deviceId }));
  const ours = encodeCommitDetails({
    added,
    removed: [],
    contributionId: hash,
    rosterHash: hash,
    room: null,
    session: null,
  });
  expect(decodeCommitDetails(ours)).toMatchObject({ added: added.reverse(), contributionId: hash });
});

test("P7.1 a contribution names each recipient once, in order, and comes with a receipt that can be read", async () => {
  const pair = await hybridKeyPair(false);
  const notary = new HybridSigner(pair.publicKey, pair.secret);
  const part = (id: string) => [uuidBytes(id), 1, hash, new Uint8Array(1088), new Uint8Array(48)];
  const read = async (ids: string[], receipt = "{}") => {
    const head = [uuidBytes(c), 0, 0, hash, "found"];
    const transcript = fields(LABEL.establish, ...head, ids.map(part), receipt, 1);
    const signature = toBase64url(await notary.sign(LABEL.establish, transcript));
    return readContribution({ transcript: toBase64url(transcript), signature }, notary.publicKey);
  };
  expect((await read([a, b])).transcript.recipients).toHaveLength(2);
  const refused = { name: "RuleBroken", code: "bad_contribution" };
  for (const ids of [
    [b, a],
    [a, a],
  ])
    await expect(read(ids)).rejects.toMatchObject(refused);
  await expect(read([a, b], "{")).rejects.toMatchObject(refused);
});

test("P9.2 P9.3 a reason that no rule knows makes no statement", () => {
  const scope = { serverName: "chat", ...device, conversation: c, generation: 1, epoch: 0, seq: 1, chain: hash };
  const lost = (reason: never) => encodeLostState({ ...scope, reason, packageHash: hash, timeMs: 1 });
  const begun = (reason: never) =>
    encodeGeneration({
      ...scope,
      oldGroup: new Uint8Array(20),
      transcriptHash: hash,
      reason,
      reasonSeq: 1,
      roster: [device],
      leftOut: [],
      timeMs: 1,
      state: null,
    });
  expect(code(() => decodeLostState(lost("removed" as never)))).toBe("none");
  expect(code(() => decodeLostState(lost("on a whim" as never)))).toBe("malformed");
  expect(code(() => decodeGeneration(begun("commit" as never)))).toBe("none");
  expect(code(() => decodeGeneration(begun("on a whim" as never)))).toBe("malformed");
});

test("a UUID has sixteen bytes, and its text keeps their order", () => {
  for (const length of [0, 15, 17]) expect(() => uuidText(new Uint8Array(length))).toThrow(MalformedEncoding);
  expect(compareBytes(uuidBytes(a), uuidBytes(b))).toBeLessThan(0);
  expect(uuidText(uuidBytes(a))).toBe(a);
});
