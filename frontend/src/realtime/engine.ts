/** The commands of the user interface (messenger.ts). What they do stands in phases.ts, peopleCommands.ts, conversationCommands.ts. */
import { type CryptoApi, startCrypto } from "../crypto/client";
import { browserEnvironment } from "./browser";
import type { Publish } from "./changes";
import type { Environment } from "./environment";
import { type CreateMessenger, MessengerError, type Messenger, type Progress } from "./messenger";
import { Phases } from "./phases";
import { problemOf } from "./problems";
import { type Bb84Request, type Bb84Stage, entropy, newestKeys, runBb84, samples } from "./quantum";
import type { AboutFile, Editing, FileView, Id, MessageType, Place, Privacy, RoomAct, Time } from "./state";
import type { Turn } from "./turn";

export class Engine implements Messenger {
  readonly #phases: Phases;

  constructor(
    private readonly environment: Environment,
    private readonly crypto: CryptoApi,
    publish: Publish,
  ) {
    this.#phases = new Phases(environment, crypto, publish);
  }

  // ---------------------------------------------------------------- phases

  start = () => this.#command(() => this.#phases.start());
  takeOver = () => this.#command(() => this.#phases.takeOver());
  signOut = () => this.#command(() => this.#phases.signOut());

  stop(): void {
    this.#phases.stop();
  }

  reconnectNow(): void {
    this.#phases.turn?.live.reconnectNow();
  }

  register(input: { username: string; email: string; password: string }, progress: Progress) {
    return this.#command(() => this.#phases.entrances.register(input, progress));
  }

  signIn(input: { identifier: string; password: string }, progress: Progress) {
    return this.#command(() => this.#phases.entrances.signIn(input, progress));
  }

  completeAccount({ newPassword }: { newPassword: string | null }, progress: Progress) {
    return this.#command(() => this.#phases.entrances.complete(newPassword, progress));
  }

  removeBrowser({ password }: { password: string | null }) {
    return this.#command(() => this.#phases.removeBrowser(password));
  }

  eraseKept = (userId: Id) => this.#command(() => this.#phases.eraseKept(userId));

  // ---------------------------------------------------------------- ways in

  recoveryCodeState = (typed: string) => this.#command(() => this.crypto.recoveryCodeState(typed));
  beginRecovery = ({ identifier, code }: { identifier: string; code: string }) =>
    this.#command(() => this.#phases.credentials.beginRecovery(identifier, code));
  recover = ({ newPassword }: { newPassword: string }, progress: Progress) =>
    this.#command(() => this.#phases.entrances.recover(newPassword, progress));
  changePassword = (input: { password: string; newPassword: string }, progress: Progress) =>
    this.#do(({ live }) =>
      this.#phases.credentials.changePassword(live.local, input.password, input.newPassword, progress),
    );
  changeEmail = ({ email, password }: { email: string; password: string }) =>
    this.#do(({ live }) => this.#phases.changeEmail(live.local, email, password));
  makeRecoveryCode = ({ password }: { password: string }) =>
    this.#do(async ({ live }) => ({
      recoveryCode: await this.#phases.credentials.makeRecoveryCode(live.local, password),
    }));
  useRecoveryCode = () => this.#do(() => this.#phases.credentials.useRecoveryCode());
  loadSignIns = () => this.#do(() => this.#phases.credentials.loadSignIns());
  endSignIn = (id: Id) => this.#do(() => this.#phases.credentials.endSignIn(id));
  endOtherSignIns = () => this.#do(() => this.#phases.credentials.endOtherSignIns());
  removeOtherBrowser = ({ deviceId, password }: { deviceId: Id; password: string }) =>
    this.#do(async ({ live, people }) => {
      await this.#phases.credentials.removeDevice(live.local, deviceId, password);
      await people.loadOwnDevices();
    });

  setPrivacy = (change: Partial<Privacy>) => this.#do(({ live }) => live.privacy.set(change));

  // ---------------------------------------------------------------- people

  searchPeople = (query: string, after: string | null) => this.#do(({ people }) => people.search(query, after));
  requestConnection = (userId: Id) => this.#do(({ people }) => people.ask(userId));
  respond = (requestId: Id, accept: boolean) => this.#do(({ people }) => people.answer(requestId, accept));
  removePerson = (userId: Id) => this.#do(({ people }) => people.remove(userId));
  block = (userId: Id) => this.#do(({ people }) => people.block(userId, true));
  unblock = (userId: Id) => this.#do(({ people }) => people.block(userId, false));
  agree = (userId: Id) => this.#do(({ people }) => people.agree(userId));
  acceptKeyChange = (userId: Id, keyHash: string) => this.#do(({ people }) => people.acceptKey(userId, keyHash));
  settleKeys = (userId: Id, keyHash: string) => this.#do(({ people }) => people.settleKeys(userId, keyHash));
  setVerified = (userId: Id, keyHash: string | null) => this.#do(({ people }) => people.verify(userId, keyHash));
  loadOwnDevices = () => this.#do(({ people }) => people.loadOwnDevices());
  startConversation = (userId: Id) => this.#do(({ people }) => people.startSession(userId));

  // ---------------------------------------------------------------- keys

  loadKeys = () => this.#do(({ keys }) => keys.load());
  renewDeviceKey = () => this.#do(({ keys }) => keys.renewDeviceKey());
  renewKeyPackages = () => this.#do(({ keys }) => keys.renewKeyPackages());

  // ---------------------------------------------------------------- quantum

  loadEntropy = () => this.#do(({ live }) => entropy(live.context.api));
  loadNewestKeys = () => this.#do(({ live }) => newestKeys(live.context.crypto));
  hardwareOnly = (id: Id) => this.#do(({ live }) => live.context.crypto.hardwareOnly(id));
  setHardwareOnly = (id: Id, on: boolean) => this.#do(({ live }) => live.context.crypto.setHardwareOnly(id, on));
  loadSamples = () => this.#do(({ live }) => samples(live.context.api));
  runBb84 = (input: Bb84Request, onStage: (stage: Bb84Stage) => void) =>
    this.#do(({ live: { context } }) => runBb84(context.api, context.crypto, input, onStage));

  // ---------------------------------------------------------------- conversations

  openConversation = (id: Id, place: Place | null = null) => this.#do(({ live }) => live.conversations.open(id, place));
  loadOlder = (id: Id, before: number) => this.#do(({ live }) => live.conversations.older(id, before));
  loadNewer = (id: Id, after: number) => this.#do(({ live }) => live.conversations.newer(id, after));
  loadDetails = (id: Id) => this.#do(({ live }) => live.details.load(id));
  send = (id: Id, text: string, type: MessageType, replyTo: Id | null = null, mentions: Id[] = []) =>
    this.#do(({ conversations }) => conversations.send(id, text, type, replyTo, mentions));
  react = (id: Id, messageId: Id, emoji: string, on: boolean) =>
    this.#do(({ conversations }) => conversations.change(id, messageId, { kind: "reaction", emoji, on }));
  editMessage = (id: Id, messageId: Id, text: string, mentions: Id[] = []) =>
    this.#do(({ conversations }) => conversations.change(id, messageId, { kind: "edit", text, mentions }));
  deleteMessage = (id: Id, messageId: Id) =>
    this.#do(({ conversations }) => conversations.change(id, messageId, { kind: "delete" }));
  pin = (id: Id, messageId: Id, on: boolean) =>
    this.#do(({ conversations }) => conversations.change(id, messageId, { kind: "pin", on }));
  retry = (id: Id, messageId: Id) => this.#do(({ conversations }) => conversations.retry(id, messageId));
  deleteOutgoing = (id: Id, messageId: Id) =>
    this.#do(({ conversations }) => conversations.deleteOutgoing(id, messageId));
  sendFile = (id: Id, content: Blob, about: AboutFile, original = false) =>
    this.#do(({ live }) => {
      live.uploads.add({ conversationId: id, content, about, original });
      return Promise.resolve();
    });
  cancelUpload = (id: Id) => this.#do(({ live }) => live.uploads.cancel(id));
  fetchFile = (id: Id, { ref, size }: FileView) => this.#do(({ live }) => live.downloads.fetch(id, ref, size));
  rotate = (id: Id) => this.#do(({ conversations }) => conversations.rotate(id));
  tryKeysAgain = (id: Id) =>
    this.#do(({ live }) => {
      live.sessions.tryAgain(id);
      return Promise.resolve();
    });
  joinAgain = () =>
    this.#command(() => {
      this.#phases.joinAgain();
      return Promise.resolve();
    });
  terminate = (id: Id) => this.#do(({ conversations }) => conversations.terminate(id));

  pauseUpload(id: Id): void {
    this.#phases.turn?.live.uploads.pause(id);
  }

  resumeUpload(id: Id): void {
    this.#phases.turn?.live.uploads.resume(id);
  }

  cancelDownload(ref: string): void {
    this.#phases.turn?.live.downloads.cancel(ref);
  }

  // ---------------------------------------------------------------- rooms

  createRoom = (input: { name: string; topic: string; people: readonly Id[] }) =>
    this.#do(({ rooms }) => rooms.create(input.name, input.topic, input.people));
  inviteToRoom = (id: Id, userId: Id) => this.#do(({ rooms }) => rooms.invite(id, userId));
  setTimer = (id: Id, seconds: number) => this.#do(({ rooms }) => rooms.setTimer(id, seconds));
  changeRoom = (id: Id, act: RoomAct) => this.#do(({ rooms }) => rooms.change(id, act));
  makeLink = (id: Id, limits: { expiry: Time; allowed: number }) => this.#do(({ rooms }) => rooms.makeLink(id, limits));
  linkAgain = (linkId: Id) => this.#do(({ rooms }) => rooms.linkAgain(linkId));
  lookAtLink = (code: string, fragment: string) => this.#do(({ live }) => live.joins.look(code, fragment));
  askToJoin = (code: string, fragment: string) => this.#do(({ live }) => live.joins.ask(code, fragment));
  askedByLink = (code: string) => this.#do(({ live }) => live.context.crypto.askedByCode(code));
  withdrawJoin = (roomId: Id) => this.#do(({ live }) => live.joins.withdraw(roomId));
  admit = (roomId: Id, userIds: readonly Id[]) => this.#do(({ rooms }) => rooms.admit(roomId, userIds));
  decline = (roomId: Id, userId: Id) => this.#do(({ rooms }) => rooms.decline(roomId, userId));
  leaveRoom = (id: Id) => this.#do(({ rooms }) => rooms.leave(id));
  endRoom = (id: Id) => this.#do(({ rooms }) => rooms.end(id));

  closeConversation(id: Id): void {
    const live = this.#phases.turn?.live;
    live?.conversations.close(id);
    live?.details.close(id);
  }

  markRead(id: Id, seq: number): void {
    this.#phases.turn?.conversations.markRead(id, seq).catch((error: unknown) => this.#phases.failed(error));
  }

  typing(id: Id, writes: boolean): void {
    this.#phases.turn?.live.typing.say(id, writes);
  }

  saveDraft(id: Id, text: string): void {
    this.#phases.turn?.conversations.saveDraft(id, text).catch((error: unknown) => this.#phases.failed(error));
  }

  saveEditing(id: Id, editing: Editing | null): void {
    this.#phases.turn?.conversations.saveEditing(id, editing).catch((error: unknown) => this.#phases.failed(error));
  }

  recentEmoji = () => this.#command(() => this.crypto.recentEmoji());

  rememberEmoji(emoji: string): void {
    if (this.#phases.turn === null) return;
    this.crypto.rememberEmoji(emoji).catch((error: unknown) => this.#phases.failed(error));
  }

  // ----------------------------------------------------------------

  async #command<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#phases.failed(error);
      throw new MessengerError(problemOf(error, this.environment.network.isOnline()));
    }
  }

  #do<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    return this.#command(async () => {
      const turn = this.#phases.turn ?? (await this.#phases.turnToCome());
      if (turn === null) throw new MessengerError({ code: "not_authenticated" });
      return work(turn);
    });
  }
}

export const createMessenger: CreateMessenger = (publish) =>
  new Engine(browserEnvironment(), startCrypto().api, publish);
