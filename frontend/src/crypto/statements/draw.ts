/**
 * The receipt of a draw of the quantum service (PROTOCOL.md 11.1, docs/crypto.md "Draws").
 *
 *   statement = fields(draw/v1, SHA-512(drawn bytes), receipt (UTF-8 JSON))
 *
 * Promises: the pinned notary of receipts signed this receipt for a draw, with both halves of its key. Does not: see what was drawn.
 */

import { fromBase64url, LABEL, MalformedEncoding, Reader } from "../primitives/encoding";
import { verifyHybrid } from "../primitives/hybrid";
import { readOr } from "../refusals";
import type { Bytes, WireDraw } from "../wire";

/** The receipt as JSON says it; null unless this notary signed it. */
export function readDraw(wire: WireDraw, notaryKey: Bytes | null): Promise<unknown> {
  if (notaryKey === null) return Promise.resolve(null);
  return readOr(null, async () => {
    const statement = fromBase64url(wire.statement);
    await verifyHybrid(fromBase64url(notaryKey), LABEL.draw, statement, fromBase64url(wire.signature));
    return receiptIn(statement);
  });
}

function receiptIn(statement: Uint8Array): unknown {
  const reader = new Reader(statement);
  reader.label(LABEL.draw);
  reader.blob(64);
  const text = reader.text();
  reader.end();
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedEncoding("no JSON", { cause: error });
  }
}
