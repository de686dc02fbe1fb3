/**
 * Everything that can go wrong, by name (PROTOCOL.md: a broken rule is named, never swallowed).
 *
 * `FailureCode`: a call was refused; it changed nothing. `ProblemCode`: somebody else broke a rule, or a state was
 * lost; it stands in the timeline or beside the person, with its position, and the call itself went on.
 * Codes are stable: the user interface has a sentence for each.
 */

export const FAILURES = [
  // calls made in the wrong order, or about something unknown: a defect of the caller
  "not_open",
  "unknown_account",
  "unknown_conversation",
  "nothing_pending",
  "out_of_order",
  // the store
  "superseded", // another tab took over writing: this one must follow (P9.1)
  "store_damaged", // a sealed record does not open, or the key of all is missing
  "store_gone", // deleted while it was open
  "store_unavailable", // IndexedDB refuses to work
  "store_full", // … or to take more
  // account and password
  "weak_parameters", // the server asked for cheaper key derivation than the protocol allows (P2.1)
  "server_name_changed", // not the server this account was made on (P2.1)
  "wrong_password", // the vault's wrap does not open
  "wrong_recovery_code", // no such code can be, or the vault's wrap does not open
  "vault_damaged",
  "vault_rollback", // an older vault than this browser has seen
  "invalid_username",
  "no_identity",
  "locked", // needs the password first
  "not_bound",
  "bad_own_list", // the account's own devices as the server shows them break a rule: nothing is signed on top (P3.1)
  // keys of people
  "account_key_changed", // blocks sending until the person accepts it (P3.2)
  "account_conflict", // browsers of this account pinned different first keys (P3.2)
  "account_key_swapped", // the other side names other keys than this browser was shown (P3.2)
  "key_changed_meanwhile", // the person decided about another key than the one that is there now (P3.2)
  "keys_missing", // fetch these accounts' keys and try again
  // groups
  "not_agreed", // the person never agreed to this conversation (P6.7)
  "no_group", // no MLS state for this conversation on this browser
  "not_active",
  "epoch_passed", // another commit came while this one was made: begin it again (P6.1)
  "already_member", // the person is in the room: somebody else was faster (P10.1)
  "missing_device_package", // the server left a certified device out of a founding
  "bad_key_package",
  "clock_wrong", // this browser's clock is weeks off: the key packages of others look as if they had ended, or not begun
  "contribution_required", // a founding commit needs one (P7.3)
  "bad_contribution", // transcript, signature or recipients do not fit (P7.1)
  "ghost_recipient", // the contribution is for other devices than were asked for (P7.1)
  "notary_unknown", // no pinned notary key
  "old_copy", // the store is older than what the server has of this device (P9.1)
  "not_caught_up", // rows up to the head are needed before anything is encrypted
  "bad_ack", // the acknowledged step is not what was sent (P5.2)
  "bad_link", // not the whole of a link, or one that does not open what the server gave for it (P10.2)
  "too_many_links",
  "bad_room_name",
  "not_allowed", // one's role in the room does not allow it (P10.1)
  "text_too_long",
  "unknown_message", // not in the log as this browser has it
  "not_changeable", // not one's own, critical, or deleted (P10.3)
  "file_changed", // a file that is being sent is not what it was when that began
  "file_damaged", // a chunk of a file is not what its sender sealed there
  "malformed", // bytes or JSON that no server of ours makes
  "internal_error",
] as const;
export type FailureCode = (typeof FAILURES)[number];

export const PROBLEMS = [
  // the server's log
  "log_fork", // two histories: a chain value differs (P5.1, P5.3)
  "log_gap", // rows are missing (P5.3)
  "log_order", // rows out of order or of another conversation
  "bad_row", // a row that cannot be read
  "body_mismatch", // a body does not hash to what the chain covers
  "body_missing", // a body for this device is withheld
  "ack_mismatch", // the row is not what was acknowledged (P5.2)
  "closed_by_server", // ended without a member's message (P6.8)
  "forged_own_row", // a row in this device's name that it never sent
  "old_copy", // this device really sent it, from a newer copy of this store (P9.1)
  // messages
  "bad_message", // not a message of this protocol
  "bad_authenticated_data", // does not fit its row (P5.3)
  "wrong_expiry", // lasts longer or shorter than the members agreed (P10.3)
  "sender_mismatch", // the MLS leaf is not the row's device (P5.7)
  "bad_commitment", // the commitment in clear is not of this text (P5.3)
  "type_mismatch", // the type inside differs from the one outside
  "type_flipped", // the server's row says another type than the message itself (P8.2)
  "signature_missing", // a critical message without its signature (P8.2)
  "signature_invalid", // … or one that is not its author's device's, for this place
  "receipt_missing", // a critical message without the server's receipt
  "receipt_foreign", // … or one that the pinned notary key did not sign
  "receipt_mismatch", // … or one of another message
  "change_forged", // an edit or deletion by somebody else, of another hash, or of a critical message (P10.3)
  "resend_forged", // a row sent again by somebody who did not write it, or other words than it held (P9.4)
  "replayed_message", // the same device and id twice (P5.4)
  "message_of_old_epoch", // logged behind a commit that changed the members (P5.5)
  "message_of_other_epoch", // logged in an epoch that the log has not reached
  "echo_ahead", // the sender claims to have seen what did not exist yet (P5.3)
  "undecryptable", // MLS refuses it
  "bad_generation", // a new group whose statement or founding does not fit (P9.3)
  "generation_refused", // a new group without a reason that this device can check (P9.3)
  "forged_request", // asks in another device's name to be added (P9.2)
  "group_lost", // this browser cannot follow the group any more
  // commits and welcomes
  "commit_wrong_epoch", // accepted outside the current epoch (P6.1)
  "commit_without_path", // heals nothing (P6.3)
  "commit_forbidden_proposal", // something else than adds, removes and one PSK, inline (P6.6)
  "commit_mixed", // adds and removes in one commit (P6.6)
  "commit_psk_mismatch", // the PSK is not the contribution it names (P6.6)
  "commit_details_mismatch", // says other changes than it makes (P6.5)
  "roster_leaf_swapped", // somebody else sits on a leaf (P6.4)
  "roster_doubled_key", // a device or a signature key twice (P6.4)
  "roster_mismatch", // the roster's hash is another (P6.5)
  "bad_room_state", // a state of room or session that no client of ours makes, or not the one that the commit says (P10.1)
  "role_missing", // a member did what its role does not allow (P10.1)
  "forged_join", // somebody in a room, or about to be, by a link that they do not hold (P10.2)
  "ghost_member", // the server shows somebody in the room whom no member added (P10.1)
  "roster_outsider", // a device of an account that is not part of the conversation (P4.1)
  "commit_undecryptable", // MLS refuses it
  "not_agreed", // a welcome to a conversation this person never agreed to (P6.7)
  "bad_welcome",
  "unexpected_welcome", // a second one in a generation (P6.7)
  "anchor_mismatch", // the welcome starts from another history (P5.3)
  "bad_contribution", // transcript or signature do not fit (P7.1)
  "ghost_recipient", // a contribution for others than the group's devices (P7.1)
  "contribution_missing", // a founding commit without one (P7.3)
  "contribution_unreadable", // this device's part does not open (P7.2)
  // people's names and keys
  "username_changed", // another name for somebody who is known (P2.1); the known one stays
  "account_key_changed",
  "account_conflict",
  "account_key_swapped", // another key than its owner, or than the other side, names (P3.2)
  "list_fork", // two device lists of one version (P3.1)
  "list_rollback", // an older list than seen before
  "bad_device_list",
  "bad_certificate",
  "bad_ml_kem_key",
  "ml_kem_rollback", // an older ML-KEM key of a device than seen before, or used after it was replaced (P3.5)
  "device_unlisted", // a device without a place in the list
  "list_withheld", // a row waits for a device list that does not come (P6.9)
  "pins_rollback", // an older pins record than this browser has seen (P3.2)
  "pins_damaged",
  "notary_key_changed", // P11.2
  "server_name_changed",
] as const;
export type ProblemCode = (typeof PROBLEMS)[number];

const NAME = "CryptoFailure";

/** Thrown by everything in crypto/. The message is the code, so that it crosses the worker's boundary; never user data. */
export class CryptoFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = NAME;
    this.code = code;
  }
}

/** Raised while a row is judged; caught where rows are received and written down as a problem. */
export class RuleBroken extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, cause?: unknown) {
    super(code, cause === undefined ? undefined : { cause });
    this.name = "RuleBroken";
    this.code = code;
  }
}

/** The code of an error that came out of the worker (or `internal_error`). */
export function failureCode(error: unknown): FailureCode {
  if (error instanceof Error && error.name === NAME) {
    return FAILURES.find((code) => code === error.message) ?? "internal_error";
  }
  return "internal_error";
}
