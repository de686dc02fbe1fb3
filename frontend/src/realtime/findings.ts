/** The rules that crypto/ saw broken, as the user interface names them. */
import type { FailureCode, Problem, ProblemCode } from "../crypto/client";
import type { Finding, FindingKind, Id } from "./state";

/** Null: told in another way (a person's trust, a conversation's stage), or nobody's fault. */
const KINDS: Record<ProblemCode, FindingKind | null> = {
  log_fork: "fork",
  log_gap: "dropped",
  log_order: "reordered",
  bad_row: "altered",
  body_mismatch: "altered",
  body_missing: "dropped",
  ack_mismatch: "fork",
  closed_by_server: "closed_by_server",
  forged_own_row: "wrong_author",
  old_copy: null,
  bad_message: "altered",
  bad_authenticated_data: "altered",
  wrong_expiry: "wrong_expiry",
  sender_mismatch: "wrong_author",
  bad_commitment: "altered",
  type_mismatch: "flipped_type",
  type_flipped: "flipped_type",
  signature_missing: "unsigned",
  signature_invalid: "bad_signature",
  receipt_missing: "no_receipt",
  receipt_foreign: "foreign_receipt",
  receipt_mismatch: "other_receipt",
  change_forged: "forged_change",
  resend_forged: "forged_again",
  replayed_message: "replayed",
  message_of_old_epoch: null,
  message_of_other_epoch: "reordered",
  echo_ahead: "fork",
  undecryptable: "altered",
  bad_generation: "false_generation",
  generation_refused: "false_generation",
  forged_request: "forged_request",
  group_lost: "bad_commit",
  commit_wrong_epoch: "bad_commit",
  commit_without_path: "bad_commit",
  commit_forbidden_proposal: "bad_commit",
  commit_mixed: "bad_commit",
  commit_psk_mismatch: "bad_commit",
  commit_details_mismatch: "bad_commit",
  roster_leaf_swapped: "swapped_leaf",
  roster_doubled_key: "doubled_key",
  roster_mismatch: "bad_commit",
  roster_outsider: "ghost_member",
  forged_join: "forged_join",
  ghost_member: "ghost_member",
  bad_room_state: "bad_commit",
  role_missing: "role_missing",
  commit_undecryptable: "bad_commit",
  not_agreed: null,
  bad_welcome: "bad_welcome",
  unexpected_welcome: "bad_welcome",
  anchor_mismatch: "fork",
  bad_contribution: "bad_contribution",
  ghost_recipient: "ghost_recipient",
  contribution_missing: "bad_contribution",
  contribution_unreadable: "bad_contribution",
  username_changed: "renamed",
  account_key_changed: null,
  account_conflict: null,
  account_key_swapped: "swapped_key",
  list_fork: "device_list_forked",
  list_rollback: "device_list_rolled_back",
  bad_device_list: "bad_certificate",
  bad_certificate: "bad_certificate",
  bad_ml_kem_key: "bad_certificate",
  ml_kem_rollback: "old_device_key",
  device_unlisted: "ghost_member",
  list_withheld: "list_withheld",
  pins_rollback: "pins_rolled_back",
  pins_damaged: "pins_rolled_back",
  notary_key_changed: "notary_key_changed",
  server_name_changed: "server_name_changed",
};

/** What a member did in a row of their own, as far as the server says whose it was. Of other kinds a problem names whom it hit. */
const OF_A_MEMBER: ReadonlySet<FindingKind> = new Set([
  "bad_commit",
  "swapped_leaf",
  "doubled_key",
  "role_missing",
  "wrong_expiry",
  "forged_change",
  "forged_again",
  "ghost_recipient",
  "false_generation",
]);

/** Refusals of crypto/ that say that somebody else broke a rule. */
const REFUSED: Partial<Record<FailureCode, FindingKind>> = {
  bad_contribution: "bad_contribution",
  ghost_recipient: "ghost_recipient",
  bad_key_package: "ghost_member",
};

export function refusedKind(code: FailureCode): FindingKind | null {
  return REFUSED[code] ?? null;
}

export function findingKind(code: ProblemCode): FindingKind | null {
  return KINDS[code];
}

/** In whose name it came. */
export function findingFrom({ code, userId }: Pick<Problem, "code" | "userId">): Id | null {
  const kind = KINDS[code];
  // A store that lost its group is this browser's own misfortune.
  return kind !== null && OF_A_MEMBER.has(kind) && code !== "group_lost" ? userId : null;
}

export function findingsOf(problems: readonly Problem[]): Finding[] {
  return problems.flatMap((problem) => {
    const kind = KINDS[problem.code];
    if (kind === null) return [];
    const id = `${problem.code}/${problem.userId ?? ""}/${problem.seq ?? ""}`;
    return [{ id, kind, at: Date.parse(problem.noticedAt), seq: problem.seq, from: findingFrom(problem) }];
  });
}
