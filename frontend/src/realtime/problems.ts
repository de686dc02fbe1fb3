/** Everything that a command can fail with, as one stable code for the user interface. */
import { ApiError } from "../api/errors";
import { failureCode } from "../crypto/client";
import { MessengerError } from "./messenger";
import type { Problem } from "./state";

/** Codes of crypto/ that mean to a person what another code already says. */
const SAME: Readonly<Record<string, string>> = {
  wrong_password: "wrong_credentials",
  vault_damaged: "vault_unreadable",
  vault_rollback: "vault_unreadable",
  store_unavailable: "storage_unavailable",
  text_too_long: "too_large",
};

export function problemOf(error: unknown, online: boolean): Problem {
  if (error instanceof MessengerError) return error.problem;
  if (error instanceof ApiError) {
    const code = error.code === "server_unreachable" && !online ? "offline" : error.code;
    return error.retryAfter === null ? { code } : { code, retryAfter: error.retryAfter };
  }
  const code = failureCode(error);
  return { code: SAME[code] ?? code };
}
