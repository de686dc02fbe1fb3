import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { passwordBranches, recoveryBranches, recoveryCodeBits, recoveryCodeText } from "./account/passwords";
import { bodyHash, chainStart, nextChain } from "./statements/chain";
import { type Field, fields, LABEL, MalformedEncoding, Reader } from "./primitives/encoding";
import * as encoding from "./primitives/encoding";

interface Item {
  bytes?: string;
  text?: string;
  number?: string;
  uuid?: string;
  list?: Item[];
}

interface Vectors {
  fields: { name: string; items: Item[]; hex: string }[];
  malformed_fields: { name: string; schema: string[]; hex: string }[];
  base64url: { hex: string; text: string }[];
  malformed_base64url: string[];
  signature_input: { label: string; public_key_byte: string; context: string; message: string; hex: string }[];
  signatures: { falcon: string; ecdsa: string; hex: string }[];
  malformed_signatures: { name: string; hex: string }[];
  password: { password: string; server_name: string; username: string; salt: string; auth: string; wrap: string };
  recovery: { bits: string; auth: string; wrap: string };
  chain: {
    conversation: string;
    creator: string;
    server_name: string;
    chain_0: string;
    row: {
      seq: number;
      generation: number;
      epoch: number;
      kind: string;
      sender_tag: string;
      client_id: string;
      time: string;
      message: string;
    };
    body_hash: string;
    chain_1: string;
  };
}

const file = new URL("../../../tests/vectors/encoding.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

function value(item: Item): Field {
  if (item.bytes !== undefined) return unhex(item.bytes);
  if (item.text !== undefined) return item.text;
  if (item.number !== undefined) return BigInt(item.number);
  if (item.uuid !== undefined) return encoding.uuidBytes(item.uuid);
  return (item.list ?? []).map(value);
}

function readBack(reader: Reader, item: Item): Item {
  if (item.bytes !== undefined) return { bytes: hex(reader.blob()) };
  if (item.text !== undefined) return { text: reader.text() };
  if (item.number !== undefined) return { number: String(reader.bigint()) };
  if (item.uuid !== undefined) return { uuid: reader.uuid() };
  const inner = reader.items();
  const list = (item.list ?? []).map((entry) => readBack(inner, entry));
  inner.end();
  return { list };
}

function read(reader: Reader, schema: string): void {
  const [kind, argument = ""] = schema.split(/:(.*)/s);
  if (kind === "bytes") reader.blob(argument === "" ? undefined : Number(argument));
  else if (kind === "text") reader.text();
  else if (kind === "number") reader.bigint();
  else if (kind === "uuid") reader.uuid();
  else if (kind === "label") reader.label(argument);
  else reader.list((item) => read(item, argument));
}

describe("the encoding makes and refuses the same bytes as shared/encoding.py", () => {
  test.each(vectors.fields)("P1.1 fields: $name", ({ items, hex: expected }) => {
    expect(hex(fields(...items.map(value)))).toBe(expected);
    const reader = new Reader(unhex(expected));
    expect(items.map((item) => readBack(reader, item))).toEqual(items);
    reader.end();
  });

  test.each(vectors.malformed_fields)("P1.1 refused: $name", ({ schema, hex: input }) => {
    const reader = new Reader(unhex(input));
    expect(() => {
      for (const kind of schema) read(reader, kind);
      reader.end();
    }).toThrow(MalformedEncoding);
  });

  test("P1.3 base64url is strict", () => {
    for (const { hex: bytes, text } of vectors.base64url) {
      expect(encoding.toBase64url(unhex(bytes))).toBe(text);
      expect(hex(encoding.fromBase64url(text))).toBe(bytes);
    }
    for (const text of vectors.malformed_base64url) {
      expect(() => encoding.fromBase64url(text)).toThrow(MalformedEncoding);
    }
  });

  test("P1.1 signature input", async () => {
    for (const { label, public_key_byte, context, message, hex: expected } of vectors.signature_input) {
      const key = new Uint8Array(962).fill(Number.parseInt(public_key_byte, 16));
      expect(hex(await encoding.signatureInput(label, key, unhex(context), unhex(message)))).toBe(expected);
    }
  });

  test("P1.1 hybrid signatures are packed alike", () => {
    for (const { falcon, ecdsa, hex: packed } of vectors.signatures) {
      expect(hex(encoding.packSignature(unhex(falcon), unhex(ecdsa)))).toBe(packed);
      const halves = encoding.unpackSignature(unhex(packed));
      expect([hex(halves.falcon), hex(halves.ecdsa)]).toEqual([falcon, ecdsa]);
    }
    for (const { hex: packed } of vectors.malformed_signatures) {
      expect(() => encoding.unpackSignature(unhex(packed))).toThrow(MalformedEncoding);
    }
  });

  test("P2.1 password and recovery branches", async () => {
    const { password, server_name: serverName, username, salt, auth, wrap } = vectors.password;
    const branches = await passwordBranches({ password, serverName, username, salt: unhex(salt) });
    expect([hex(branches.auth), hex(branches.wrap)]).toEqual([auth, wrap]);
    const recovered = await recoveryBranches(unhex(vectors.recovery.bits));
    expect([hex(recovered.auth), hex(recovered.wrap)]).toEqual([vectors.recovery.auth, vectors.recovery.wrap]);
  });

  test("P5.1 chain", async () => {
    const { conversation, creator, server_name, chain_0, row, body_hash, chain_1 } = vectors.chain;
    expect(hex(await chainStart(conversation, creator, server_name))).toBe(chain_0);
    expect(hex(await bodyHash(unhex(row.message)))).toBe(body_hash);
    const step = {
      ...row,
      senderTag: unhex(row.sender_tag),
      clientId: row.client_id,
      timeMs: encoding.timeToMs(row.time),
      bodyHash: unhex(body_hash),
    };
    expect(hex(await nextChain(unhex(chain_0), step))).toBe(chain_1);
  });
});

test("every label names this product, a purpose and a version, once", () => {
  const labels = Object.values(LABEL);
  for (const label of labels) expect(label).toMatch(/^QuantumChat\/[a-z-]+\/v1$/);
  expect(new Set(labels).size).toBe(labels.length);
});

test("numbers that JavaScript or 64 bits cannot hold are refused", () => {
  for (const bad of [-1, 0.5, Number.NaN, 2 ** 53, -1n, 2n ** 64n]) expect(() => encoding.u64(bad)).toThrow(RangeError);
});

test("times are RFC 3339 in UTC", () => {
  expect(encoding.timeToMs("2026-11-21T09:00:00.123Z")).toBe(1795251600123);
  expect(encoding.msToTime(1795251600123)).toBe("2026-11-21T09:00:00.123Z");
  for (const bad of ["", "2026-11-21", "2026-11-21T09:00:00", "2026-11-21T09:00:00+02:00", "1795251600123"]) {
    expect(() => encoding.timeToMs(bad)).toThrow(MalformedEncoding);
  }
});

test("P2.4 a recovery code reads back, forgives how it is typed, and notices a wrong letter", async () => {
  const bits = unhex(vectors.recovery.bits);
  const code = await recoveryCodeText(bits);
  expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){8}[0-9A-HJKMNP-TV-Z]{4}$/);
  expect(await recoveryCodeBits(code)).toEqual(bits);
  expect(await recoveryCodeBits(` ${code.toLowerCase().replaceAll("-", " ").replaceAll("0", "o")}`)).toEqual(bits);
  const at = 9;
  const wrong = code.slice(0, at) + (code[at] === "A" ? "B" : "A") + code.slice(at + 1);
  expect(await recoveryCodeBits(wrong)).toBeNull();
  expect(await recoveryCodeBits("too short")).toBeNull();
});
