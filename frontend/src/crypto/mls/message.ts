/**
 * What stands around and inside an MLS message (docs/crypto.md "MLS use", PROTOCOL.md 5.3, 6.5, 8.3).
 *
 *   authenticated data: fields(message/v1, conversation, generation, client id, type, expiry, commitment, echo seq, echo chain, details)
 *   details of a commit: fields(commit/v1, [added], [removed], change of room or session or empty, contribution id or empty,
 *                        roster hash after)
 *   plaintext:           u32 length ‖ fields(k, type, content) ‖ zeros up to the bucket
 */

import { decodeMlsMessage, encodeMlsMessage, type MLSMessage, type PrivateMessage, type Welcome } from "ts-mls";
import { CryptoFailure, RuleBroken } from "../failures";
import { compareBytes, concat, equalBytes, hmacSha256, isAscending, randomBytes } from "../primitives/bytes";
import { fields, LABEL, Reader, uuidBytes, uuidText } from "../primitives/encoding";
import type { TextType } from "../types";
import type { Id } from "../wire";
import { decodeSessionState, encodeSessionState, isSessionState, type SessionState } from "./sharedState";
import { decodeRoomChange, encodeRoomChange, type RoomChange } from "./roomState";
import type { DeviceRef } from "./suite";

export type MessageType = TextType | "terminate" | "leave" | "commit";

export interface Echo {
  seq: number;
  chain: Uint8Array;
}

export interface AuthenticatedData {
  conversation: Id;
  generation: number;
  clientId: Id;
  type: string;
  expiry: number;
  /** 32 bytes; empty for commits. */
  commitment: Uint8Array;
  echo: Echo;
  /** Empty but for commits. */
  details: Uint8Array;
}

export interface CommitDetails {
  added: DeviceRef[];
  removed: DeviceRef[];
  /** Null: nothing of a room changes, as always in a session. */
  room: RoomChange | null;
  /** Null: nothing of a session changes, as always in a room. */
  session: SessionState | null;
  /** Null: the commit goes without a contribution. */
  contributionId: Uint8Array | null;
  rosterHash: Uint8Array;
}

const EMPTY = new Uint8Array();
const BUCKETS = [256, 1024, 4096, 16_384, 65_536];
const K_BYTES = 32;

export function encodeAuthenticatedData(data: AuthenticatedData): Uint8Array {
  return fields(
    LABEL.authenticatedData,
    uuidBytes(data.conversation),
    data.generation,
    uuidBytes(data.clientId),
    data.type,
    data.expiry,
    data.commitment,
    data.echo.seq,
    data.echo.chain,
    data.details,
  );
}

/** Throws `MalformedEncoding`. */
export function decodeAuthenticatedData(bytes: Uint8Array): AuthenticatedData {
  const reader = new Reader(bytes);
  reader.label(LABEL.authenticatedData);
  const data = {
    conversation: reader.uuid(),
    generation: reader.number(),
    clientId: reader.uuid(),
    type: reader.text(),
    expiry: reader.number(),
    commitment: reader.blob(),
    echo: { seq: reader.number(), chain: reader.blob(32) },
    details: reader.blob(),
  };
  reader.end();
  return data;
}

const deviceBytes = ({ userId, deviceId }: DeviceRef) => concat(uuidBytes(userId), uuidBytes(deviceId));

export function encodeCommitDetails(details: CommitDetails): Uint8Array {
  const { added, removed, room, session, contributionId, rosterHash } = details;
  const sorted = (devices: DeviceRef[]) => devices.map(deviceBytes).sort(compareBytes);
  const ofSession = session === null ? EMPTY : encodeSessionState(session);
  const change = room === null ? ofSession : encodeRoomChange(room);
  return fields(LABEL.commit, sorted(added), sorted(removed), change, contributionId ?? EMPTY, rosterHash);
}

/** Throws `MalformedEncoding`, and `commit_details_mismatch` for lists out of order. */
export function decodeCommitDetails(bytes: Uint8Array): CommitDetails {
  const reader = new Reader(bytes);
  reader.label(LABEL.commit);
  const added = readDevices(reader);
  const removed = readDevices(reader);
  const change = reader.blob();
  const contributionId = reader.blob();
  const rosterHash = reader.blob(32);
  reader.end();
  if (contributionId.length !== 0 && contributionId.length !== 32) throw new RuleBroken("commit_details_mismatch");
  const session = isSessionState(change) ? decodeSessionState(change) : null;
  const room = change.length === 0 || session !== null ? null : decodeRoomChange(change);
  const id = contributionId.length === 0 ? null : contributionId;
  return { added, removed, room, session, contributionId: id, rosterHash };
}

function readDevices(reader: Reader): DeviceRef[] {
  const all = reader.list((item) => item.blob(32));
  if (!isAscending(all)) throw new RuleBroken("commit_details_mismatch");
  return all.map((bytes) => ({ userId: uuidText(bytes.slice(0, 16)), deviceId: uuidText(bytes.slice(16)) }));
}

/** Pads to the bucket; `text_too_long` beyond the largest. */
export async function sealContent(
  type: MessageType,
  content: unknown,
): Promise<{ plaintext: Uint8Array; commitment: Uint8Array; k: Uint8Array }> {
  const k = randomBytes(K_BYTES);
  const json = JSON.stringify(content);
  const inner = fields(k, type, json);
  const bucket = bucketOf(inner);
  if (bucket === null) throw new CryptoFailure("text_too_long");
  const plaintext = new Uint8Array(bucket);
  new DataView(plaintext.buffer).setUint32(0, inner.length);
  plaintext.set(inner, 4);
  return { plaintext, commitment: await commitmentOf({ k, type, json }), k };
}

/** Null: no message is that long. */
const bucketOf = (inner: Uint8Array): number | null => BUCKETS.find((size) => size >= inner.length + 4) ?? null;

/** How long the plaintext of a message with this content is; null: longer than any. */
export const paddedLength = ({ k, type, json }: Disclosure): number | null => bucketOf(fields(k, type, json));

/** What a commitment opens to. */
export interface Disclosure {
  k: Uint8Array;
  type: string;
  json: string;
}

export function commitmentOf({ k, type, json }: Disclosure): Promise<Uint8Array> {
  return hmacSha256(k, fields(type, json));
}

/** Reads what `sealContent` made and holds it against the authenticated data. */
export async function openContent(plaintext: Uint8Array, data: AuthenticatedData): Promise<unknown> {
  const disclosure = readDisclosure(plaintext);
  const { type, json } = disclosure;
  if (type !== data.type) throw new RuleBroken("type_mismatch");
  if (!equalBytes(await commitmentOf(disclosure), data.commitment)) throw new RuleBroken("bad_commitment");
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw new RuleBroken("bad_message", error);
  }
}

/** Throws `bad_message`. */
export function readDisclosure(plaintext: Uint8Array): Disclosure {
  if (!BUCKETS.includes(plaintext.length)) throw new RuleBroken("bad_message");
  const length = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  if (length + 4 > plaintext.length) throw new RuleBroken("bad_message");
  if (plaintext.subarray(length + 4).some((byte) => byte !== 0)) throw new RuleBroken("bad_message");
  try {
    const reader = new Reader(plaintext.subarray(4, length + 4));
    const content = { k: reader.blob(K_BYTES), type: reader.text(), json: reader.text() };
    reader.end();
    return content;
  } catch (error) {
    throw new RuleBroken("bad_message", error);
  }
}

/** The whole of the bytes as one MLS message, else null. */
function decodeWhole(bytes: Uint8Array): MLSMessage | null {
  try {
    const decoded = decodeMlsMessage(bytes, 0);
    return decoded?.[1] === bytes.length ? decoded[0] : null;
  } catch {
    return null;
  }
}

export function decodePrivate(bytes: Uint8Array): PrivateMessage {
  const message = decodeWhole(bytes);
  if (message?.wireformat !== "mls_private_message") throw new RuleBroken("bad_message");
  return message.privateMessage;
}

export function decodeWelcome(bytes: Uint8Array): Welcome {
  const message = decodeWhole(bytes);
  if (message?.wireformat !== "mls_welcome") throw new RuleBroken("bad_welcome");
  return message.welcome;
}

export function encodePrivate(privateMessage: PrivateMessage): Uint8Array {
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage });
}

export function encodeWelcome(welcome: Welcome): Uint8Array {
  return encodeMlsMessage({ version: "mls10", wireformat: "mls_welcome", welcome });
}
