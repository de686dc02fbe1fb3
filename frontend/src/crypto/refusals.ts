/** Reading what others sent: their bytes may break a rule, and an error of our own must never pass for that. */

import { type ProblemCode, RuleBroken } from "./failures";
import { MalformedEncoding } from "./primitives/encoding";
import { BadSignature } from "./primitives/hybrid";

/** Whether bytes of somebody else are to blame: they cannot be read, or are not signed as they say. */
export function isTheirs(error: unknown): boolean {
  return error instanceof MalformedEncoding || error instanceof BadSignature;
}

/** For a `catch`: throws the broken rule, or the error itself where it is ours or has a name already. */
export function refuse(code: ProblemCode, error: unknown): never {
  throw isTheirs(error) ? new RuleBroken(code, error) : error;
}

/** What `read` makes of somebody else's bytes, or `otherwise` where they are to blame. */
export async function readOr<T, Otherwise>(otherwise: Otherwise, read: () => Promise<T>): Promise<T | Otherwise> {
  try {
    return await read();
  } catch (error) {
    if (isTheirs(error)) return otherwise;
    throw error;
  }
}
