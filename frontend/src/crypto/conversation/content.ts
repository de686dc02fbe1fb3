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
import type { Bytes, Id } from "../wire";

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

/** From which place of the log to which, both included. */
export type Stretch = [from: number, to: number];

/** A device asks the authors of rows that it could not read for them (PROTOCOL.md 9.4). */
export interface AskAgainContent {
  kind: "ask_again";
  /** HPKE public key made for this question alone; the answers are sealed to it. */
  key: Bytes;
  /** Ascending, without overlap. */
  rows: Stretch[];
  /** Asked once more: whoever of the author's browsers has them answers, not only the one that wrote them. */
  all: boolean;
}

/** An author's rows, sealed to the device that asked; everybody else takes no notice. */
export interface SentAgainContent {
  kind: "sent_again";
  /** Client id of the question. */
  ask: Id;
  /** The device that asked. */
  to: Id;
  sealed: Bytes;
}

export type SaidContent = TextContent | ChangeContent | AskAgainContent;
export type Content = SaidContent | SentAgainContent | NewerContent;

const HASH_BYTES = 32;
/** Of X-Wing. */
export const ASK_KEY_BYTES = 1216;
/** So much of a log is asked for at once: whoever asks must not make everybody look through years of it. */
export const MAX_ASKED = 1000;
/** Keeps a question within 4 KiB. */
export const MAX_STRETCHES = 64;
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
export function encodeContent(content: SaidContent): unknown {
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
    case "ask_again":
      return content;
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
    case "ask_again": {
      const { all } = json;
      if (typeof all !== "boolean") throw new RuleBroken("bad_message");
      return { kind, key: bytesOf(json.key, ASK_KEY_BYTES), rows: stretchesOf(json.rows), all };
    }
    case "sent_again":
      return { kind, ask: checkedId(textOf(json.ask)), to: checkedId(textOf(json.to)), sealed: textOf(json.sealed) };
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

function stretchesOf(value: unknown): Stretch[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_STRETCHES) throw new RuleBroken("bad_message");
  let [behind, asked] = [0, 0];
  return value.map((each: unknown) => {
    if (!Array.isArray(each) || each.length !== 2) throw new RuleBroken("bad_message");
    const [from, to] = each as unknown[];
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) throw new RuleBroken("bad_message");
    const stretch: Stretch = [from as number, to as number];
    asked += stretch[1] - stretch[0] + 1;
    if (stretch[0] <= behind || stretch[1] < stretch[0] || asked > MAX_ASKED) throw new RuleBroken("bad_message");
    behind = stretch[1];
    return stretch;
  });
}

function bytesOf(value: unknown, length: number): Bytes {
  const text = textOf(value);
  try {
    if (fromBase64url(text).length !== length) throw new RuleBroken("bad_message");
  } catch (error) {
    refuse("bad_message", error);
  }
  return text;
}

function targetOf(value: unknown): Target {
  if (!isRecord(value)) throw new RuleBroken("bad_message");
  const [deviceId, clientId] = [checkedId(textOf(value.device)), checkedId(textOf(value.id))];
  return { deviceId, clientId, hash: bytesOf(value.hash, HASH_BYTES) };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
