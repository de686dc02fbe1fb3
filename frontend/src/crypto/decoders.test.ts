// Whatever bytes come, each decoder reads them or refuses them by its documented failure, and by no other.
// FUZZ_RUNS and FUZZ_SEED choose how many and which; a failure prints them and the smallest input that shows it.
import { appendFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newRecoveryCode, recoveryCodeBits } from "./account/passwords";
import { newVault, openVault } from "./account/vault";
import { ASK_KEY_BYTES, decodeContent } from "./conversation/content";
import { CryptoFailure, RuleBroken } from "./failures";
import { decodePackage, encodePackage, makeKeyPackage } from "./mls/keyPackages";
import {
  decodeAuthenticatedData,
  decodeCommitDetails,
  decodePrivate,
  decodeWelcome,
  encodeAuthenticatedData,
  encodeCommitDetails,
  openContent,
  sealContent,
} from "./mls/message";
import { deviceSuite } from "./mls/suite";
import { readRows } from "./resending/rows";
import {
  decodeCertificate,
  decodeDeviceList,
  decodeMlKemKey,
  encodeCertificate,
  encodeDeviceList,
  encodeMlKemKey,
} from "./statements/certificates";
import { readContribution } from "./statements/contribution";
import { KEY_BYTES, randomBytes } from "./primitives/bytes";
import {
  decodeRoomChange,
  decodeRoomState,
  encodeProfile,
  encodeRoomChange,
  encodeRoomState,
  newPolicy,
} from "./mls/roomState";
import { decodeSharedState, encodeSharedState } from "./mls/sharedState";
import {
  fields,
  fromBase64url,
  LABEL,
  MalformedEncoding,
  splitPublicKey,
  toBase64url,
  unpackSignature,
  uuidBytes,
} from "./primitives/encoding";
import { BadSignature, hybridKeyPair, HybridSigner, verifyHybrid } from "./primitives/hybrid";

const RUNS = Number(process.env.FUZZ_RUNS ?? "200");
const SEED = Number(process.env.FUZZ_SEED ?? "1");

type Bytes = Uint8Array;
type Refusal = MalformedEncoding | RuleBroken | CryptoFailure | BadSignature;
type Kind = new (...given: never[]) => Refusal;

const utf8 = (text: string) => new TextEncoder().encode(text);
const text = (bytes: Bytes) => new TextDecoder().decode(bytes);

/** What is no JSON comes as a text. */
const json = (bytes: Bytes): unknown => {
  try {
    return JSON.parse(text(bytes));
  } catch {
    return text(bytes);
  }
};

const ids = { userId: "018f4ad0-8d6f-7c3a-9a52-0123456789ab", deviceId: "018f4ad0-8d6f-7c3a-9a52-ba9876543210" };
const scope = { serverName: "chat", ...ids };
const pair = await hybridKeyPair(false);
const signer = new HybridSigner(pair.publicKey, pair.secret);
const message = utf8("message");
const signature = await signer.sign(LABEL.auth, message);
const { plaintext, commitment } = await sealContent("secured", { text: "hello" });
const data = {
  conversation: ids.userId,
  generation: 0,
  clientId: ids.deviceId,
  type: "secured" as const,
  expiry: 0,
  commitment,
  echo: { seq: 0, chain: new Uint8Array(32) },
  details: new Uint8Array(),
};
const part = [uuidBytes(ids.deviceId), 1, new Uint8Array(32), new Uint8Array(1088), new Uint8Array(48)];
const transcript = fields(
  LABEL.establish,
  ...[uuidBytes(ids.userId), 0, 0, new Uint8Array(32), "found", [part], "{}", 1],
);
const account = { serverName: "chat", userId: ids.userId, username: "alice" };
const wraps = { password: randomBytes(KEY_BYTES), recovery: randomBytes(KEY_BYTES) };
const { wire: vault } = await newVault(account, wraps);
const wireVault = (sealed: string, wrap: string) =>
  openVault(
    account,
    {
      version: 1,
      vault: sealed,
      wraps: { password: { version: 1, sealed: wrap }, recovery: { version: 1, sealed: vault.wraps.recovery } },
    },
    vault.identity_public_key,
    { kind: "password", key: wraps.password },
  );
const keyPackage = await makeKeyPackage(await deviceSuite(signer), ids);
const roomState = {
  policy: { ...newPolicy(ids.userId), moderators: [ids.deviceId] },
  profile: encodeProfile({ name: "Harbour", topic: "boats", avatar: new Uint8Array() }),
  welcomeKeys: [],
};
const details = {
  added: [ids],
  removed: [],
  room: null,
  session: null,
  contributionId: null,
  rosterHash: new Uint8Array(32),
};
const answered = [
  { seq: 7, id: ids.deviceId, expires: null, said: null },
  {
    seq: 8,
    id: ids.deviceId,
    expires: "2026-01-01T00:00:00.000Z",
    said: {
      k: toBase64url(randomBytes(32)),
      type: "critical",
      json: '{"text":"hello"}',
      body: {
        content: "AAAA",
        signature_falcon: toBase64url(randomBytes(600)),
        signature_ecdsa: toBase64url(randomBytes(64)),
        receipt: { statement: "", signature: "" },
      },
    },
  },
];
const question = {
  kind: "ask_again",
  key: toBase64url(randomBytes(ASK_KEY_BYTES)),
  rows: [
    [1, 4],
    [6, 6],
  ],
  all: false,
};
const list = { deviceId: ids.deviceId, keyHash: new Uint8Array(32), added: 1, revoked: 0 };

interface Decoder {
  name: string;
  read: (bytes: Bytes) => unknown;
  refusals: Kind[];
  good: Bytes;
  /** Of how many inputs one is tried: more than 1 for what is slow. */
  oneOf?: number;
}

const decoders: Decoder[] = [
  {
    name: "base64url",
    read: (bytes) => fromBase64url(text(bytes)),
    refusals: [MalformedEncoding],
    good: utf8(toBase64url(randomBytes(50))),
  },
  { name: "hybrid signature", read: unpackSignature, refusals: [MalformedEncoding], good: signature },
  { name: "hybrid public key", read: splitPublicKey, refusals: [MalformedEncoding], good: pair.publicKey },
  {
    name: "authenticated data",
    read: decodeAuthenticatedData,
    refusals: [MalformedEncoding],
    good: encodeAuthenticatedData(data),
  },
  {
    name: "details of a commit",
    read: decodeCommitDetails,
    refusals: [MalformedEncoding, RuleBroken],
    good: encodeCommitDetails(details),
  },
  { name: "state of a room", read: decodeRoomState, refusals: [MalformedEncoding], good: encodeRoomState(roomState) },
  {
    name: "state of a session",
    read: decodeSharedState,
    refusals: [MalformedEncoding],
    good: encodeSharedState({ timer: 3_600 }),
  },
  {
    name: "change of a room",
    read: decodeRoomChange,
    refusals: [MalformedEncoding],
    good: encodeRoomChange({ policy: roomState.policy, profileHash: new Uint8Array(32), evidence: [], admissions: [] }),
  },
  { name: "plaintext", read: (bytes) => openContent(bytes, data), refusals: [RuleBroken], good: plaintext },
  {
    name: "question for missed rows",
    read: (bytes) => decodeContent(json(bytes)),
    refusals: [RuleBroken],
    good: utf8(JSON.stringify(question)),
  },
  {
    name: "rows that were sent again",
    read: (bytes) => readRows(text(bytes)),
    refusals: [RuleBroken],
    good: utf8(JSON.stringify(answered)),
  },
  { name: "private message", read: decodePrivate, refusals: [RuleBroken], good: new Uint8Array([0, 1, 0, 2, 0]) },
  { name: "welcome", read: decodeWelcome, refusals: [RuleBroken], good: new Uint8Array([0, 1, 0, 3, 0]) },
  {
    name: "key package",
    read: decodePackage,
    refusals: [CryptoFailure],
    good: encodePackage(keyPackage.publicPackage),
  },
  {
    name: "certificate",
    read: decodeCertificate,
    refusals: [MalformedEncoding],
    good: encodeCertificate({ ...scope, publicKey: pair.publicKey, listVersion: 1, timeMs: 1 }),
  },
  {
    name: "device list",
    read: decodeDeviceList,
    refusals: [MalformedEncoding],
    good: encodeDeviceList({ ...scope, version: 1, previous: new Uint8Array(32), timeMs: 1, devices: [list] }),
  },
  {
    name: "ML-KEM key",
    read: decodeMlKemKey,
    refusals: [MalformedEncoding],
    good: encodeMlKemKey({ ...scope, number: 1, key: new Uint8Array(1184), timeMs: 1 }),
  },
  {
    name: "signature to verify",
    read: (bytes) => verifyHybrid(pair.publicKey, LABEL.auth, message, bytes),
    refusals: [BadSignature],
    good: signature,
  },
  {
    name: "public key to verify with",
    read: (bytes) => verifyHybrid(bytes, LABEL.auth, message, signature),
    refusals: [BadSignature],
    good: pair.publicKey,
  },
  {
    name: "contribution that its notary signed",
    read: async (bytes) => {
      const signed = {
        transcript: toBase64url(bytes),
        signature: toBase64url(await signer.sign(LABEL.establish, bytes)),
      };
      return readContribution(signed, pair.publicKey);
    },
    refusals: [RuleBroken],
    good: transcript,
    oneOf: 4,
  },
  {
    name: "vault",
    read: (bytes) => wireVault(text(bytes), vault.wraps.password),
    refusals: [CryptoFailure],
    good: utf8(vault.vault),
  },
  {
    name: "wrap of a vault",
    read: (bytes) => wireVault(vault.vault, text(bytes)),
    refusals: [CryptoFailure],
    good: utf8(vault.wraps.password),
  },
  {
    name: "recovery code",
    read: (bytes) => recoveryCodeBits(text(bytes)),
    refusals: [],
    good: utf8((await newRecoveryCode()).code),
  },
];

/** Noise, or something good that was cut, changed, repeated or mixed with noise. */
function inputs(good: Bytes): fc.Arbitrary<Bytes> {
  const at = fc.nat({ max: good.length });
  return fc
    .tuple(
      fc.constantFrom("noise", "replace", "insert", "cut", "flip", "repeat"),
      at,
      at,
      fc.uint8Array({ maxLength: 200 }),
    )
    .map(([kind, one, other, noise]) => {
      const [begin, end] = [Math.min(one, other), Math.max(one, other)];
      const bytes = Array.from(good);
      if (kind === "replace") bytes.splice(begin, noise.length, ...noise);
      if (kind === "insert") bytes.splice(begin, 0, ...noise);
      if (kind === "cut") bytes.splice(begin, end - begin);
      if (kind === "repeat") bytes.splice(end, 0, ...good.slice(begin, end));
      if (kind === "flip")
        noise.forEach((bit, index) => (bytes[(begin + index * end) % bytes.length]! ^= 1 << (bit % 8)));
      return kind === "noise" ? noise : Uint8Array.from(bytes);
    });
}

test.each(decoders)("$name: bytes are read or refused by name", async ({ read, refusals, good, oneOf = 1 }) => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(inputs(good), async (bytes) => {
      tried += 1;
      try {
        await read(bytes);
      } catch (error) {
        if (!refusals.some((kind) => error instanceof kind)) throw error;
      }
    }),
    { numRuns: Math.ceil(RUNS / oneOf), seed: SEED },
  );
  // tests/run.sh sums it up.
  const figures = process.env.TEST_FIGURES;
  if (figures !== undefined) appendFileSync(figures, `fuzzing in TypeScript\tdecoders\tinputs\t${tried}\n`);
});

// Else the changed ones would all fail at their first byte.
test.each(decoders.filter(({ good }) => good.length > 5))("$name: the good one is read", async ({ read, good }) => {
  expect(await read(good)).not.toBeNull();
});

test.each([
  ["nothing", []],
  ["no stretches", [1]],
  ["something else than places", [[1, "2"]]],
  ["a stretch from back to front", [[3, 2]]],
  [
    "one place twice",
    [
      [1, 2],
      [2, 3],
    ],
  ],
  ["more than anybody answers", [[1, 100_000]]],
])("P9.4 a question for %s is none", (_, rows) => {
  const question = { kind: "ask_again", key: Buffer.alloc(ASK_KEY_BYTES).toString("base64url"), all: false };
  expect(decodeContent({ ...question, rows: [[1, 2]] })).toMatchObject({ kind: "ask_again" });
  expect(() => decodeContent({ ...question, rows })).toThrow("bad_message");
});

test.each(["{}", "[1]", "[[]]", "nothing"])("P9.4 an answer of %s is none", (text) => {
  expect(() => readRows(text)).toThrow("bad_message");
});
