/**
 * The commands that the user interface gives. What they change comes back as `changes`, never as a return value, except what
 * must not be kept in the store (the recovery code) or is only an answer to a question (the search).
 *
 * A command that cannot be carried out rejects with `MessengerError` and has changed nothing.
 */
import type {
  AboutFile,
  Editing,
  FileView,
  FoundPeople,
  Id,
  LinkTarget,
  MessageType,
  NewestKeys,
  Place,
  Privacy,
  Problem,
  RoomAct,
  SignInStep,
  Time,
} from "./state";
import type { Publish } from "./changes";
import type { KeysView } from "./keys";
import type { Bb84Request, Bb84Shown, Bb84Stage, PoolState, Sample } from "./quantum";

export class MessengerError extends Error {
  override readonly name = "MessengerError";

  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export type Progress = (step: SignInStep) => void;

/** Shown once, kept nowhere. */
export interface RecoveryCode {
  recoveryCode: string;
}

export interface Messenger {
  /** Opens the local store and takes the writer's lock; signs in with what the browser kept, if anything. Call once. */
  start(): Promise<void>;
  /** Lets go of lock, socket and worker; the local store stays. */
  stop(): void;
  /** This tab becomes the writer; the other one follows. */
  takeOver(): Promise<void>;
  /** Do not wait for the countdown. */
  reconnectNow(): void;

  register(input: { username: string; email: string; password: string }, progress: Progress): Promise<RecoveryCode>;
  /** `incomplete`: the account was made outside a browser; ask for a new password, then call `completeAccount`. */
  signIn(
    input: { identifier: string; password: string },
    progress: Progress,
  ): Promise<{ outcome: "signed_in" | "incomplete" }>;
  /** `newPassword` null keeps the one that the server has seen. Another browser may have been first: then there is no code. */
  completeAccount(input: { newPassword: string | null }, progress: Progress): Promise<RecoveryCode | null>;
  /** What can be said of a recovery code while it is typed. */
  recoveryCodeState(typed: string): Promise<"incomplete" | "wrong" | "right">;
  /** Resolves with the account's name when the code is right; then `recover` sets the new password and signs in. */
  beginRecovery(input: { identifier: string; code: string }): Promise<string>;
  recover(input: { newPassword: string }, progress: Progress): Promise<void>;
  /** Ends all other sign-ins. */
  changePassword(input: { password: string; newPassword: string }, progress: Progress): Promise<void>;
  /** Shown in `self` when it is done. `wrong_credentials`, `email_taken`. */
  changeEmail(input: { email: string; password: string }): Promise<void>;
  /** A code that counts only from `useRecoveryCode` on; until then the one before it does. */
  makeRecoveryCode(input: { password: string }): Promise<RecoveryCode>;
  useRecoveryCode(): Promise<void>;
  /** Moves switches, for all browsers of this account. Publishes `privacy`. */
  setPrivacy(change: Partial<Privacy>): Promise<void>;
  /** Publishes `signIns`, as do the three that end some. */
  loadSignIns(): Promise<void>;
  endSignIn(id: Id): Promise<void>;
  endOtherSignIns(): Promise<void>;
  /** Revokes another browser of this account (needs the password, for one signature). Publishes `ownDevices` too. */
  removeOtherBrowser(input: { deviceId: Id; password: string }): Promise<void>;

  /** Keeps the sealed local store. Works offline too: the server is told when it can be reached. */
  signOut(): Promise<void>;
  /** Revokes this device (needs the password, for one signature) and erases the local store. `password` null: erase only. */
  removeBrowser(input: { password: string | null }): Promise<void>;
  /** Erases the sealed local store of an account that this browser is signed out of. */
  eraseKept(userId: Id): Promise<void>;

  searchPeople(query: string, after: string | null): Promise<FoundPeople>;
  requestConnection(userId: Id): Promise<void>;
  respond(requestId: Id, accept: boolean): Promise<void>;
  removePerson(userId: Id): Promise<void>;
  block(userId: Id): Promise<void>;
  unblock(userId: Id): Promise<void>;
  /** The person knows of a connection that was made outside this account's browsers: what comes of it is taken from now on. */
  agree(userId: Id): Promise<void>;
  /** A changed account key, seen (its hash) and accepted by the person; unblocks sending. `key_changed_meanwhile`: it is another one now. */
  acceptKeyChange(userId: Id, keyHash: string): Promise<void>;
  /** Two own browsers saw different first keys: the person compared, and the safety number made with this one is right. */
  settleKeys(userId: Id, keyHash: string): Promise<void>;
  /** The person compared the safety number made with this key; null takes that back. `key_changed_meanwhile` as above. */
  setVerified(userId: Id, keyHash: string | null): Promise<void>;

  /** A new session with a connected person, after an earlier one ended. Resolves with its id. */
  startConversation(userId: Id): Promise<Id>;
  /**
   * Loads the newest page of the local history, or the one around a place, and keeps the timeline current until
   * `closeConversation`. Again: goes there. `unknown_message`.
   */
  openConversation(conversationId: Id, place?: Place | null): Promise<void>;
  closeConversation(conversationId: Id): void;
  /** What stands before the first position that is loaded, or behind the last. */
  loadOlder(conversationId: Id, before: number): Promise<void>;
  loadNewer(conversationId: Id, after: number): Promise<void>;
  /** Resolves when the message is in the outbox (it survives a reload from there on). `replyTo`: the message that it answers; `mentions`: who is meant. */
  send(conversationId: Id, text: string, type: MessageType, replyTo?: Id | null, mentions?: Id[]): Promise<void>;
  /** One emoji of this person at a message, on or off. Like the next two it is seen at once, and waits in the outbox. */
  react(conversationId: Id, messageId: Id, emoji: string, on: boolean): Promise<void>;
  /** Of one's own, and not of a critical one: `not_changeable`. */
  editMessage(conversationId: Id, messageId: Id, text: string, mentions?: Id[]): Promise<void>;
  /** Of one's own, or as a moderator of those below, for everybody: `not_changeable`. */
  deleteMessage(conversationId: Id, messageId: Id): Promise<void>;
  /** In a room as a moderator, in a session by both; the newest 20 stay: `not_changeable`. */
  pin(conversationId: Id, messageId: Id, on: boolean): Promise<void>;
  /** A failed message or change goes out again. */
  retry(conversationId: Id, messageId: Id): Promise<void>;
  /** Takes a waiting or failed message or change out of the outbox; refused (`already_sent`) once it is logged. */
  deleteOutgoing(conversationId: Id, messageId: Id): Promise<void>;
  /**
   * Resolves when it stands among the uploads; the message follows when all of it is there. From `kept: "whole"` on it survives
   * a reload. A picture goes without what it says of itself unless it is to be the `original`.
   */
  sendFile(conversationId: Id, content: Blob, about: AboutFile, original?: boolean): Promise<void>;
  pauseUpload(id: Id): void;
  /** Goes on with one that was paused or failed. */
  resumeUpload(id: Id): void;
  cancelUpload(id: Id): Promise<void>;
  /** The whole file, verified. `file_damaged`; `cancelled`; `not_found` when it was removed. */
  fetchFile(conversationId: Id, file: FileView): Promise<Blob>;
  cancelDownload(ref: string): void;
  /** Only ever forward. */
  markRead(conversationId: Id, seq: number): void;
  /** Something stands in the composer, or nothing any more; called often. The others in the conversation are told, if one lets them. */
  typing(conversationId: Id, writes: boolean): void;
  /** Sealed into the local store; called often. */
  saveDraft(conversationId: Id, text: string): void;
  /** The same for the edit that is being written; null: there is none any more. */
  saveEditing(conversationId: Id, editing: Editing | null): void;
  /** The emoji that were picked last in this browser, newest first; sealed into the local store. */
  recentEmoji(): Promise<string[]>;
  rememberEmoji(emoji: string): void;

  /** Publishes `details`, and again whenever they change until `closeConversation`. */
  loadDetails(conversationId: Id): Promise<void>;
  /** Making keys was refused, or joining the account: now once more. What comes of it is published. */
  tryKeysAgain(conversationId: Id): Promise<void>;
  joinAgain(): Promise<void>;
  /** Resolves when the commit is in the log. */
  rotate(conversationId: Id): Promise<void>;
  /** After how many seconds the messages of a conversation disappear, 0: never; resolves as `rotate` does. `not_allowed`. */
  setTimer(conversationId: Id, seconds: number): Promise<void>;
  /** Ends the conversation for both; a session without a group is ended by the plain call. */
  terminate(conversationId: Id): Promise<void>;
  /** A room with these connected people in it; resolves with its id. `bad_room_name`. */
  createRoom(input: { name: string; topic: string; people: readonly Id[] }): Promise<Id>;
  /** Adds a connected person. `not_allowed` when one's role does not suffice, also after a lost race. */
  inviteToRoom(roomId: Id, userId: Id): Promise<void>;
  changeRoom(roomId: Id, act: RoomAct): Promise<void>;
  /** A new invitation link; resolves with its address on this server, `/join/{code}#…`. `too_many_links`. */
  makeLink(roomId: Id, limits: { expiry: Time; allowed: number }): Promise<string>;
  /** The address of a link that this browser made; null: another one did. */
  linkAgain(linkId: Id): Promise<string | null>;
  /** What a link leads to. `bad_link`, `link_unknown`, `link_over`, `link_expired`, `link_used_up`, `already_member`, `not_allowed`. */
  lookAtLink(code: string, fragment: string): Promise<LinkTarget>;
  /** Asks to be let in; what becomes of it is published. Resolves with the room's id. */
  askToJoin(code: string, fragment: string): Promise<Id>;
  /** The room that this browser waits to come into by a link, known by its code alone; null: none. */
  askedByLink(code: string): Promise<Id | null>;
  /** Asks no more, or has read that one was declined. */
  withdrawJoin(roomId: Id): Promise<void>;
  /** Lets people in who wait for an approval. */
  admit(roomId: Id, userIds: readonly Id[]): Promise<void>;
  decline(roomId: Id, userId: Id): Promise<void>;
  leaveRoom(roomId: Id): Promise<void>;
  endRoom(roomId: Id): Promise<void>;
  /** Null while the quantum service is away. */
  loadEntropy(): Promise<PoolState | null>;
  /** Of the conversations of this browser, with receipts whose signatures it has verified. */
  loadNewestKeys(): Promise<NewestKeys[]>;
  /** Whether contributions to keys that this browser makes must come from quantum hardware. */
  hardwareOnly(conversationId: Id): Promise<boolean>;
  setHardwareOnly(conversationId: Id, on: boolean): Promise<void>;
  /** Raw bits of each source, to be looked at. */
  loadSamples(): Promise<Sample[]>;
  /** A simulated run of BB84, to be looked at. `bb84_broke_off`. */
  runBb84(input: Bb84Request, onStage: (stage: Bb84Stage) => void): Promise<Bb84Shown>;
  /** The keys of this account and browser, as they are now. */
  loadKeys(): Promise<KeysView>;
  /** Another ML-KEM key for this browser. */
  renewDeviceKey(): Promise<void>;
  /** Fresh key packages in the place of those that wait on the server. */
  renewKeyPackages(): Promise<void>;
  /** Publishes `ownDevices`. */
  loadOwnDevices(): Promise<void>;
}

export type CreateMessenger = (publish: Publish) => Messenger;
