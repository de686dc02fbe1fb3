/**
 * What an encrypted message says (docs/crypto.md "Contents"): its JSON, by kind.
 *
 * Promises: what is read is of a known kind and whole, or `newer`, which is shown as that and never dropped. Does not judge
 * whether a change may be made: that depends on the message that it names (changes.ts).
 */

import { type FilePayload, readFile } from "../files/payload";
import { fromBase64url, uuidBytes } from "../primitives/encoding";
import { RuleBroken } from "../failures";
import { refuse } from "../refusals";
import type { Target } from "../types";
import type { Id } from "../wire";

export interface TextContent {
  kind: "text";
  text: string;
  replyTo: Target | null;
  /** Accounts that are meant by it. */
  mentions?: Id[];
  file: FilePayload | null;
}

export type ChangeContent =
  | { kind: "reaction"; target: Target; emoji: string; on: boolean }
  | { kind: "edit"; target: Target; text: string; mentions?: Id[] }
  | { kind: "delete"; target: Target }
  | { kind: "pin"; target: Target; on: boolean };

/** Written by a newer version: kept as it came, for the day when this one is newer too. */
export interface NewerContent {
  kind: "newer";
  payload: unknown;
}

export type OwnContent = TextContent | ChangeContent;
export type Content = OwnContent | NewerContent;

const HASH_BYTES = 32;
/** Whoever means more people means everybody. */
const MAX_MENTIONS = 50;
/** The longest emoji have about 25 UTF-16 units (families with skin tones). */
const EMOJI_UNITS = 48;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** One emoji, also of a Unicode version that this browser does not know yet. */
export function isEmoji(text: string): boolean {
  if (text.length > EMOJI_UNITS || [...graphemes.segment(text)].length !== 1) return false;
  return /[\p{Extended_Pictographic}\p{Regional_Indicator}\u20e3]/u.test(text);
}

/** The JSON value that goes into the message. A text has no `kind`: it was there first. */
export function encodeContent(content: OwnContent): unknown {
  switch (content.kind) {
    case "text": {
      const { text, replyTo, mentions = [], file } = content;
      return {
        text,
        ...(mentions.length === 0 ? {} : { mentions }),
        ...(replyTo === null ? {} : { reply_to: encodeTarget(replyTo) }),
        ...(file === null ? {} : { file }),
      };
    }
    case "reaction":
      return {
        kind: "reaction",
        target: encodeTarget(content.target),
        emoji: content.emoji,
        on: content.on,
      };
    case "edit": {
      const { text, mentions = [] } = content;
      const target = encodeTarget(content.target);
      return { kind: "edit", target, text, ...(mentions.length === 0 ? {} : { mentions }) };
    }
    case "delete":
      return { kind: "delete", target: encodeTarget(content.target) };
    case "pin":
      return { kind: "pin", target: encodeTarget(content.target), on: content.on };
  }
}

const encodeTarget = ({ deviceId, clientId, hash }: Target) => ({ device: deviceId, id: clientId, hash });

/** Throws `bad_message` for what no version writes. */
export function decodeContent(json: unknown): Content {
  if (!isRecord(json)) throw new RuleBroken("bad_message");
  const { kind } = json;
  switch (kind) {
    case undefined:
      return {
        kind: "text",
        text: textOf(json.text),
        replyTo: "reply_to" in json ? targetOf(json.reply_to) : null,
        mentions: mentionsOf(json.mentions),
        file: readFile(json),
      };
    case "reaction": {
      const { emoji, on } = json;
      if (typeof emoji !== "string" || typeof on !== "boolean" || !isEmoji(emoji)) throw new RuleBroken("bad_message");
      return { kind, target: targetOf(json.target), emoji, on };
    }
    case "edit":
      return { kind, target: targetOf(json.target), text: textOf(json.text), mentions: mentionsOf(json.mentions) };
    case "delete":
      return { kind, target: targetOf(json.target) };
    case "pin": {
      const { on } = json;
      if (typeof on !== "boolean") throw new RuleBroken("bad_message");
      return { kind, target: targetOf(json.target), on };
    }
    default:
      if (typeof kind !== "string") throw new RuleBroken("bad_message");
      return { kind: "newer", payload: json };
  }
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new RuleBroken("bad_message");
  return value;
}

function mentionsOf(value: unknown): Id[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > MAX_MENTIONS || new Set(value).size !== value.length)
    throw new RuleBroken("bad_message");
  return value.map((id) => checkedId(textOf(id)));
}

function checkedId(id: string): Id {
  try {
    uuidBytes(id);
  } catch (error) {
    refuse("bad_message", error);
  }
  return id;
}

function targetOf(value: unknown): Target {
  if (!isRecord(value)) throw new RuleBroken("bad_message");
  const [deviceId, clientId, hash] = [checkedId(textOf(value.device)), checkedId(textOf(value.id)), textOf(value.hash)];
  try {
    if (fromBase64url(hash).length !== HASH_BYTES) throw new RuleBroken("bad_message");
  } catch (error) {
    refuse("bad_message", error);
  }
  return { deviceId, clientId, hash };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
