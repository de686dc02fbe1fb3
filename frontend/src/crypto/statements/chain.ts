/**
 * The hash chain over a conversation's log (PROTOCOL.md 5.1, docs/crypto.md "The log").
 *
 *   chain_0 = SHA-256(fields(chain/v1, suite, conversation, creator, server name))
 *   chain_n = SHA-256(fields(chain/v1, chain_{n-1}, seq, generation, epoch, kind, sender tag, client id, time, body hash))
 *   body    = fields(MLS message, detached signature or empty)
 */

import { sha256 } from "../primitives/bytes";
import { fields, LABEL, SUITE, uuidBytes } from "../primitives/encoding";
import type { Id } from "../wire";

const NO_SIGNATURE = new Uint8Array();

export interface ChainStep {
  seq: number;
  generation: number;
  epoch: number;
  kind: string;
  senderTag: Uint8Array;
  clientId: Id;
  timeMs: number;
  bodyHash: Uint8Array;
}

/** `creator` is the person who asked for the conversation (`user1_id` of a session). */
export function chainStart(conversation: Id, creator: Id, serverName: string): Promise<Uint8Array> {
  return sha256(fields(LABEL.chain, SUITE, uuidBytes(conversation), uuidBytes(creator), serverName));
}

export function nextChain(previous: Uint8Array, step: ChainStep): Promise<Uint8Array> {
  return sha256(
    fields(
      LABEL.chain,
      previous,
      step.seq,
      step.generation,
      step.epoch,
      step.kind,
      step.senderTag,
      uuidBytes(step.clientId),
      step.timeMs,
      step.bodyHash,
    ),
  );
}

/** `signature` is the detached one of a critical message, packed. */
export function bodyHash(mlsMessage: Uint8Array, signature: Uint8Array = NO_SIGNATURE): Promise<Uint8Array> {
  return sha256(fields(mlsMessage, signature));
}
