import { seconds } from "../../lib/time";
import type { Problem } from "../../realtime/state";

/** What happened, what it means, what to do; by stable code. */
const WORDS: Record<string, string> = {
  // The line and the services
  offline: "You are offline. Try again when the connection is back.",
  server_unreachable: "The server cannot be reached. Check your connection, then try again.",
  database_unavailable: "The server cannot reach its database. Nothing is lost; try again in a moment.",
  quantum_service_unavailable: "The service that adds fresh randomness is away. This waits until it is back.",
  overloaded: "The server has too much to do at the moment. Try again in a few seconds.",
  hardware_entropy_unavailable: "No quantum device has randomness ready. Try again in a minute.",
  bb84_broke_off: "The simulation broke off. Try again, with fewer photons.",
  too_many_requests: "Too many attempts. Wait a little, then try again.",
  bad_answer: "The server answered in a way that this client does not understand. Nothing has changed.",
  internal_error: "That did not work, and we do not know why. Nothing has changed; try again.",
  timeout: "The server took too long to answer. Try again.",
  // Accounts
  wrong_credentials: "That name and password do not belong together.",
  username_taken: "Somebody has this name already. Choose another.",
  email_taken: "There is an account with this e-mail address. Sign in instead, or use another address.",
  invalid_username: "3 to 32 characters: a–z, 0–9, dot, dash, underscore; beginning with a letter or digit.",
  wrong_recovery_code: "That name and recovery code do not belong together. Only the newest code counts.",
  recovery_expired: "It was too long ago that you typed the code. Load the page again and begin once more.",
  vault_changed: "Another browser changed the password or the code at the same moment. Begin once more.",
  weak_password: "This password is too easy to guess.",
  server_name_changed:
    "This server does not have the name that this browser remembers for your account. It may be another server at the same address. Nothing was sent.",
  weak_parameters: "The server asked for a weaker password protection than this client accepts. Nothing was sent.",
  vault_unreadable: "The server sent a vault that this password does not open. Nothing was changed.",
  refresh_invalid: "You were signed out. Sign in again.",
  refresh_reused: "Your sign-in was used twice and has been ended for safety. Sign in again.",
  signed_out: "This sign-in was ended from another browser of yours.",
  storage_unavailable:
    "This browser does not let the client keep data, as in some private windows. Use a normal window.",
  store_damaged: "What this browser keeps cannot be opened. Sign in again: it starts anew.",
  store_gone: "What this browser kept was deleted. Sign in again: it starts anew.",
  locked: "This needs your password. Sign out, then sign in again.",
  not_authenticated: "You were signed out. Sign in again.",
  token_expired: "Your sign-in ran out. Sign in again.",
  bad_own_list:
    "The server showed a false or an old list of your own browsers. Nothing was signed. Check your browsers on another device.",
  device_list_changed: "Another browser of yours was added at the same moment. Try again.",
  storage_full: "This browser’s storage is full. Make room on the device, then try again.",
  // Files
  file_too_large: "This file is larger than the server takes.",
  quota_exceeded: "Your files fill the room that this server gives you. Delete some you sent, then try again.",
  file_changed: "The file changed on your device while it was being sent. Nothing was sent; try again.",
  file_unreadable: "The file cannot be read any more. Attach it again.",
  file_interrupted: "The page was closed before all of the file was encrypted. Attach it again.",
  details_stay:
    "Where and with what this picture was taken cannot be taken out of it. Attach it as an original if that may be known.",
  attachment_missing: "The server does not keep this file any more. Delete the message and send the file again.",
  file_damaged: "What the server keeps of this file is not what was sent. Nothing of it was used.",
  files_unavailable: "The server cannot reach its files at the moment.",
  // People
  not_found: "Not found. It may have been removed.",
  already_connected: "You are connected already.",
  already_requested: "You have asked already.",
  already_answered: "This request has been answered already.",
  blocked: "You have blocked this person. Unblock first.",
  not_connected: "You are not connected to this person any more.",
  not_allowed: "Your role in this room does not allow that.",
  already_member: "This person is in the room already.",
  bad_link: "The link is not complete, or not one of this server. Copy the whole of it.",
  link_unknown: "There is no such link, or it was revoked. Ask for a new one.",
  link_expired: "This link has expired. Ask for a new one.",
  link_used_up: "This link has let in as many people as it was made for. Ask for a new one.",
  link_over: "Who made this link may not invite people any more. Ask somebody else in the room.",
  link_exists: "There is such a link already. Make another one.",
  too_many_links: "A room has at most 20 links. Revoke one that is not needed.",
  too_many_waiting: "Too many people wait for this room. Try again later.",
  nobody_waits: "Nobody who asks can be let in at the moment.",
  bad_join: "The server did not take what this browser asked with. Open the link again.",
  bad_room: "The room would not be one any more. Nothing was changed.",
  bad_room_name: "A room needs a name, of at most 80 characters.",
  swapped_key: "The server handed out another key for this person than the one they named. Nothing was accepted.",
  key_changed_meanwhile: "The keys changed again while you looked. Nothing was accepted; compare what stands here now.",
  // Making keys
  bad_contribution:
    "What was to add fresh randomness could not be verified. No keys were made with it. Tell the people who run this server.",
  ghost_recipient:
    "New keys were to be shared with a device that belongs to neither of you. None were made. Tell the people who run this server.",
  bad_key_package:
    "The keys that the server handed out for the other side’s browser could not be verified. None were made. Tell the people who run this server.",
  missing_device_package:
    "The server has no keys of one of your browsers or theirs. Open QuantumChat in each of them, then try again.",
  no_key_package:
    "The server has no keys of one of your browsers or theirs. Open QuantumChat in each of them, then try again.",
  // Conversations
  too_large: "This is too long for one message. Split it in two.",
  not_active: "This conversation has ended.",
  not_in_group: "This browser is not part of this conversation.",
  session_exists: "There is a conversation with this person already.",
  already_sent: "This message has been sent already.",
  unknown_message: "The message that this is about is not in the log. Nothing was sent.",
  not_changeable: "This message cannot be changed any more.",
  group_lost: "This browser cannot follow the conversation any more. It waits to be added again.",
  not_caught_up: "This browser is still catching up. It goes out when that is done.",
  epoch_conflict: "The keys were changed at the same moment. Try again.",
  epoch_stale: "The keys were changed at the same moment. Try again.",
  not_encrypted: "The server refused the message as unreadable. It was not delivered.",
  bad_signature: "The server did not accept the signature. The message was not delivered; try again.",
  bad_message: "The server refused the message. It was not delivered.",
  log_gap: "The server does not have this message any more. Send it again.",
  ack_mismatch: "The server logged something else in this message’s place. Send it again.",
  message_of_old_epoch: "The server logged the message too late for the others to take it. Send it again.",
  expired: "The message waited too long to be sent.",
};

export function problemWords(problem: Problem): string {
  const words = WORDS[problem.code] ?? `That did not work (${problem.code}). Nothing has changed.`;
  if (problem.code === "too_many_requests" && problem.retryAfter !== undefined) {
    return `Too many attempts. Try again in ${seconds(problem.retryAfter)}.`;
  }
  return words;
}
