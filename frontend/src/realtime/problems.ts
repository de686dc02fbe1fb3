/** Everything that a command can fail with, as one stable code for the user interface. */
import { ApiError } from "../api/errors";
import { type FailureCode, failureCode } from "../crypto/client";
import { MessengerError } from "./messenger";
import type { Problem } from "./state";

/** Codes of crypto/ that mean to a person what another code already says. */
const SAME: Readonly<Record<string, string>> = {
  wrong_password: "wrong_credentials",
  vault_damaged: "vault_unreadable",
  vault_rollback: "vault_unreadable",
  store_unavailable: "storage_unavailable",
  store_full: "storage_full",
  text_too_long: "too_large",
  epoch_passed: "epoch_conflict",
};

/** Answers after which the same step may succeed: somebody else was faster, or this sign-in ended. */
const PASSING: ReadonlySet<string> = new Set([
  "not_establishing",
  "waiting_for_devices",
  "epoch_conflict",
  "device_required",
  "signed_out",
]);

/** What somebody else sent and crypto/ found to be wrong. */
const UNVERIFIED: ReadonlySet<FailureCode> = new Set([
  "bad_contribution",
  "ghost_recipient",
  "bad_key_package",
  "missing_device_package",
]);

/** What was refused for good, as against what passes by itself; null: it does. */
export function refusal(error: unknown): Problem | null {
  const unverified = UNVERIFIED.has(failureCode(error));
  const answered = error instanceof ApiError && !error.transient && error.status !== 401 && !PASSING.has(error.code);
  return unverified || answered ? problemOf(error, true) : null;
}

export function problemOf(error: unknown, online: boolean): Problem {
  if (error instanceof MessengerError) return error.problem;
  if (error instanceof ApiError) {
    const code = error.code === "server_unreachable" && !online ? "offline" : error.code;
    return error.retryAfter === null ? { code } : { code, retryAfter: error.retryAfter };
  }
  const code = failureCode(error);
  return { code: SAME[code] ?? code };
}
