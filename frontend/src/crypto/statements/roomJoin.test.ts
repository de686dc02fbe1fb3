/** P10.2: what a joiner signs, against `rooms.json`, which the server's tests read too. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { groupIdOf } from "../mls/suite";
import { MalformedEncoding } from "../primitives/encoding";
import { decodeRoomJoin, encodeRoomJoin, type RoomJoin } from "./roomJoin";

interface Vectors {
  joins: {
    name: string;
    server_name: string;
    room: string;
    generation: number;
    link: string;
    user: string;
    device: string;
    account_hash_byte: string;
    package_hash_byte: string;
    time: number;
    nonce_byte: string;
    hex: string;
  }[];
  malformed_joins: { name: string; hex: string }[];
}

const file = new URL("../../../../tests/vectors/rooms.json", import.meta.url);
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const unhex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const bytes = (text: string, length: number) => new Uint8Array(length).fill(Number.parseInt(text, 16));

test.each(vectors.joins)("P10.2 what a joiner signs has one encoding: $name", (given) => {
  const asks: RoomJoin = {
    serverName: given.server_name,
    groupId: groupIdOf(given.room, given.generation),
    link: given.link,
    userId: given.user,
    deviceId: given.device,
    accountHash: bytes(given.account_hash_byte, 32),
    packageHash: bytes(given.package_hash_byte, 32),
    timeMs: given.time,
    nonce: bytes(given.nonce_byte, 32),
  };
  expect(hex(encodeRoomJoin(asks))).toBe(given.hex);
  expect(decodeRoomJoin(unhex(given.hex))).toEqual(asks);
});

test.each(vectors.malformed_joins)("P10.2 what no joiner signs is refused: $name", ({ hex: input }) => {
  expect(() => decodeRoomJoin(unhex(input))).toThrow(MalformedEncoding);
});
