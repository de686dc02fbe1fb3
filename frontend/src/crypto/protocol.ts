/**
 * The vault room as one object: every call runs after the one before, in a unit of work of its own, which is on disk when the
 * promise resolves (PROTOCOL.md 9.1). The same code runs in the worker and, for tests, under Node.
 */

import { Accounts } from "./account/accounts";
import * as devices from "./account/devices";
import * as mlKem from "./account/mlKem";
import { recoveryCodeState } from "./account/passwords";
import { recentEmoji, rememberEmoji } from "./conversation/emoji";
import { fade } from "./conversation/fading";
import { forgetOld } from "./conversation/forgetting";
import { Intake } from "./conversation/intake";
import { outboxes } from "./conversation/outbox";
import { timeline } from "./conversation/pages";
import { refusePending, waitingCommit } from "./conversation/pending";
import { loadConversation, saveConversation } from "./conversation/record";
import * as sessions from "./conversation/sessions";
import { Showing } from "./conversation/shown";
import { view } from "./conversation/view";
import { CryptoFailure, failureCode } from "./failures";
import { fileDeleted, Files, filesToDelete, takeUnfinishedDownloads } from "./files/files";
import { keptFiles } from "./files/waiting";
import { beginAdding } from "./healing/adding";
import { askToBeAdded } from "./healing/asking";
import { beginGeneration, generationDue } from "./healing/generation";
import { checkHead, takeRows } from "./log/receive";
import { beginRoomAct } from "./membership/roomActs";
import * as commits from "./membership/commits";
import * as links from "./membership/links";
import * as plan from "./membership/plan";
import * as people from "./people/people";
import * as pins from "./people/pins";
import { privacy, setPrivacy } from "./people/privacy";
import { MalformedEncoding, timeToMs } from "./primitives/encoding";
import { askAgain, forgetKeys } from "./resending/questions";
import { takeAck } from "./sending/acks";
import * as sending from "./sending/sending";
import { readDraw } from "./statements/draw";
import { isFragment } from "./statements/invitation";
import type { Room } from "./store/room";
import type { UnitOfWork } from "./store/storage";
import type { CryptoApi, Received } from "./types";
import type { Id, WireRow } from "./wire";

const REFRESH_TOKEN = "refresh-token";

/** Calls that read only go past the queue of writers and see what is on disk. */
class Core {
  readonly accounts: Accounts;
  readonly files = new Files();
  #room: Room | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(prefix: string) {
    this.accounts = new Accounts(prefix);
  }

  /** One after another; whatever is not a named failure comes out as one, without details of the inside. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work).catch(async (error: unknown) => {
      const store = this.#room?.store;
      if (store?.gone) throw new CryptoFailure("store_gone", error);
      if (failureCode(error) === "store_damaged") await store?.markDamaged();
      if (error instanceof CryptoFailure) throw error;
      throw new CryptoFailure(error instanceof MalformedEncoding ? "malformed" : "internal_error", error);
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  get room(): Room {
    if (this.#room === null) throw new CryptoFailure("not_open");
    return this.#room;
  }

  open(userId: Id) {
    return this.exclusive(async () => {
      this.#close();
      this.#room = await this.accounts.open(userId);
      return this.#room.account;
    });
  }

  close(): Promise<void> {
    return this.exclusive(() => {
      this.#close();
      this.accounts.lock();
      return Promise.resolve();
    });
  }

  #close(): void {
    this.#room?.store.close();
    this.files.clear();
    this.#room = null;
  }

  erase(userId: Id): Promise<void> {
    return this.exclusive(async () => {
      if (this.#room?.self.userId === userId) this.#close();
      await this.accounts.erase(userId);
    });
  }

  /** A call that changes something: all of it is written, or nothing. */
  change<T>(work: (room: Room, unit: UnitOfWork) => Promise<T>): Promise<T> {
    return this.exclusive(async () => {
      const { room } = this;
      const unit = room.store.begin();
      const result = await work(room, unit);
      await unit.commit();
      return result;
    });
  }

  /** A call that touches no store waits for nothing: a chunk of a file takes milliseconds, and there are many. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof CryptoFailure ? error : new CryptoFailure("internal_error", error);
    }
  }

  read<T>(work: (room: Room) => Promise<T>): Promise<T> {
    return this.exclusive(() => work(this.room));
  }

  /** A call that takes something into a conversation. */
  intake(id: Id, work: (intake: Intake) => Promise<void>): Promise<Received> {
    return this.change(async (room, unit) => {
      const intake = new Intake(room, unit, await loadConversation(unit, id));
      await work(intake);
      await askAgain(intake);
      return received(intake);
    });
  }
}

async function received(intake: Intake): Promise<Received> {
  const { room, unit, record, entries, needs } = intake;
  saveConversation(unit, record);
  const shown = await (await Showing.of(room, unit, record)).all(entries);
  return { conversation: await view(room, unit, record), entries: shown, needs };
}

async function take(
  intake: Intake,
  rows: readonly WireRow[],
  headSeq: number | null,
  pulled: boolean,
  atLeast = 0,
): Promise<void> {
  const { record, room } = intake;
  await takeRows(intake, rows, pulled);
  if (headSeq !== null) record.serverSeq = Math.max(record.serverSeq, headSeq);
  if (headSeq !== null && pulled) await checkHead(intake, headSeq, rows.length, atLeast);
  // Once per opening: from then on the log is followed row by row.
  if (headSeq !== null && record.verifiedSeq >= headSeq) room.caughtUp.add(record.id);
}

/** `prefix` names the databases of this browser; tests give each device its own. */
export function createCrypto(prefix = "quantumchat"): CryptoApi {
  const core = new Core(prefix);
  return {
    ...accountCalls(core),
    ...peopleCalls(core),
    ...conversationCalls(core),
    ...messageCalls(core),
    ...fileCalls(core),
  };
}

function accountCalls(core: Core) {
  const { accounts } = core;
  return {
    localAccounts: () => core.exclusive(() => accounts.local()),
    newAccount: (input) => core.exclusive(() => accounts.newAccount(input)),
    signInSecret: (input) => core.exclusive(() => accounts.signInSecret(input)),
    unlock: (input) => core.exclusive(() => accounts.unlock(input)),
    completeAccount: (input) => core.exclusive(() => accounts.complete(input)),
    changePassword: (input) => core.exclusive(() => accounts.changePassword(input)),
    vaultWritten: (version) =>
      core.change((room, unit) => {
        room.updateSelf(unit, { vaultVersion: Math.max(version, room.self.vaultVersion) });
        return Promise.resolve();
      }),
    recoveryCodeState: (typed) => recoveryCodeState(typed),
    recoverySecret: (typed) => core.exclusive(() => accounts.recoverySecret(typed)),
    recover: (input) => core.exclusive(() => accounts.recover(input)),
    newRecoveryCode: (input) => core.exclusive(() => accounts.newRecoveryCode(input)),
    lock: () => core.exclusive(() => Promise.resolve().then(() => accounts.lock())),
    open: (userId) => core.open(userId),
    checkWriter: () => core.read((room) => room.store.checkWriter()),
    close: () => core.close(),
    erase: (userId) => core.erase(userId),
    refreshToken: () => core.read(async ({ store }) => (await store.get<string>(REFRESH_TOKEN)) ?? null),
    keepRefreshToken: (token) =>
      core.change((_room, unit) => {
        if (token === null) unit.delete(REFRESH_TOKEN);
        else unit.put(REFRESH_TOKEN, token);
        return Promise.resolve();
      }),
    newDevice: ({ keys, challenge }) =>
      core.read((room) => devices.newDevice(room, accounts.vault(room.self.userId), keys, challenge)),
    deviceRegistered: () =>
      core.read(async (room) => {
        await devices.deviceRegistered(room);
        accounts.lock();
        return room.account;
      }),
    signChallenge: (challenge) => core.read((room) => devices.signChallenge(room, challenge)),
    keyPackages: (input) => core.change((room, unit) => devices.keyPackages(room, unit, input)),
    forgetOld: (time) =>
      core.change(async (room, unit) => {
        await devices.purgeKeyPackages(room, unit, time);
        await forgetOld(room, unit, time);
        await forgetKeys(unit, Date.now());
      }),
    nextMlKemKey: (asked) => core.change((room, unit) => mlKem.nextMlKemKey(room, unit, asked)),
    mlKemKeyTaken: (taken) => core.change((room, unit) => mlKem.mlKemKeyTaken(room, unit, taken)),
    ownKeys: () => core.read(devices.ownKeys),
    revokeDevice: ({ keys, deviceId }) =>
      core.read((room) => devices.revokeDevice(room, accounts.vault(room.self.userId), keys, deviceId)),
  } satisfies Partial<CryptoApi>;
}

function peopleCalls(core: Core) {
  return {
    learnConfig: (config) => core.change((room, unit) => Promise.resolve(people.learnConfig(room, unit, config))),
    verifiedReceipt: (draw) => core.read(({ self }) => readDraw(draw, self.receiptNotary?.publicKey ?? null)),
    learnKeys: (keys) => core.change((room, unit) => people.learnKeys(room, unit, keys)),
    contacts: () => core.read(people.contacts),
    contact: (userId) => core.read((room) => people.contact(room, userId)),
    acceptAccountKey: (userId, keyHash) =>
      core.change((room, unit) => people.acceptAccountKey(room, unit, userId, keyHash)),
    markVerified: (userId, keyHash) => core.change((room, unit) => people.markVerified(room, unit, userId, keyHash)),
    seenKeys: (peer) => core.read((room) => people.seenKeys(room, peer)),
    checkRequest: (request) => core.read((room) => people.checkRequest(room, request)),
    checkConnection: (connection) => core.change((room, unit) => people.checkConnection(room, unit, connection)),
    agree: (peer) => core.change((room, unit) => people.agree(room, unit, peer)),
    withdraw: (userId) => core.change((room, unit) => people.withdraw(room, unit, userId)),
    privacy: () => core.read(({ store }) => privacy(store)),
    setPrivacy: (change) => core.change((_room, unit) => setPrivacy(unit, change)),
    pinsToStore: () => core.read(pins.pinsToStore),
    pinsStored: (version) => core.read((room) => pins.pinsStored(room, version)),
    mergePins: (record) => core.read((room) => pins.mergePins(room, record)),
  } satisfies Partial<CryptoApi>;
}

function conversationCalls(core: Core) {
  return {
    learnSession: (session) =>
      core.change(async (room, unit) => received(await sessions.learnSession(room, unit, session))),
    learnRoom: (shown) => core.change(async (room, unit) => received(await sessions.learnRoom(room, unit, shown))),
    nameRoom: (id, name, topic) =>
      core.change(async (room, unit) => view(room, unit, await sessions.nameRoom(unit, id, name, topic))),
    newLink: (id, limits) => core.change((room, unit) => links.newLink(room, unit, id, limits)),
    linkAgain: (link) => core.read((room) => links.linkAgain(room, link)),
    isLink: (fragment) => core.beside(() => Promise.resolve(isFragment(fragment))),
    askToJoin: (shown, fragment) => core.change((room, unit) => links.askToJoin(room, unit, shown, fragment)),
    askedByCode: (code) => core.read((room) => links.askedByCode(room, code)),
    forgetJoin: (roomId) => core.change((_room, unit) => links.forgetJoin(unit, roomId)),
    beginRoomAct: (id, act) => core.change((room, unit) => beginRoomAct(room, unit, id, act)),
    conversations: () => core.read(sessions.conversations),
    conversation: (id) => core.read(async (room) => view(room, room.store, await loadConversation(room.store, id))),
    details: (id) => core.change((room, unit) => sessions.details(room, unit, id)),
    hardwareOnly: (id) => core.read(({ store }) => sessions.hardwareOnly(store, id)),
    setHardwareOnly: (id, on) => core.change((_room, unit) => sessions.setHardwareOnly(unit, id, on)),
    newestKeys: () => core.read(sessions.newestKeys),
    beginFounding: (id, packages) => core.change((room, unit) => plan.beginFounding(room, unit, id, packages)),
    dueCommit: (id) => core.change((room, unit) => plan.dueCommit(room, unit, id)),
    askToBeAdded: (id) => core.change((room, unit) => askToBeAdded(room, unit, id)),
    generationDue: (id) => core.change((room, unit) => generationDue(room, unit, id)),
    beginGeneration: (id, packages) => core.change((room, unit) => beginGeneration(room, unit, id, packages)),
    beginAdding: (id, packages) => core.change((room, unit) => beginAdding(room, unit, id, packages)),
    beginRotation: (id) => core.change((room, unit) => plan.beginRotation(room, unit, id)),
    finishCommit: (id, contribution) => core.change((room, unit) => commits.finishCommit(room, unit, id, contribution)),
    pendingCommit: (id) => core.change((_room, unit) => commits.pendingCommit(unit, id)),
    commitAccepted: (id, ack) =>
      core.intake(id, async (intake) => {
        const pending = await waitingCommit(intake.unit, id);
        // Its row came first: it is adopted already.
        if (pending?.request.client_id !== ack.client_id) return;
        const { generation, epoch } = pending.request;
        await takeAck(intake, ack, "commit", [{ generation, epoch, hash: pending.bodyHash }]);
      }),
    commitRefused: (id, missed) =>
      core.intake(id, async (intake) => {
        await takeRows(intake, missed, false);
        // With rows, only they decide: this very commit may be among those that have not come yet.
        if (missed.length === 0) await refusePending(intake.unit, id);
      }),
    receive: (id, rows, headSeq, pulled, atLeast) =>
      core.intake(id, (intake) => take(intake, rows, headSeq, pulled, atLeast)),
    receipt: (id, userId, seq) => core.change((room, unit) => sessions.receipt(room, unit, id, userId, seq)),
  } satisfies Partial<CryptoApi>;
}

function messageCalls(core: Core) {
  return {
    enqueue: (id, text, type = "secured", replyTo = null, mentions = []) =>
      core.change((room, unit) => sending.enqueue(room, unit, id, { text, type, replyTo, mentions })),
    enqueueChange: (id, message, change) =>
      core.change((room, unit) => sending.enqueueChange(room, unit, id, message, change)),
    nextOutgoing: (id, type = "secured") => core.change((room, unit) => sending.nextOutgoing(room, unit, id, type)),
    postponed: (id, clientId) => core.change((_room, unit) => sending.postponed(unit, id, clientId)),
    outboxes: () => core.read((room) => outboxes(room.store)),
    acknowledged: (id, ack) =>
      core.change(async (room, unit) => {
        const intake = new Intake(room, unit, await loadConversation(unit, id));
        const entry = await sending.acknowledged(intake, ack);
        saveConversation(unit, intake.record);
        return entry;
      }),
    epochStale: (id, clientId) => core.change((_room, unit) => sending.epochStale(unit, id, clientId)),
    sendRefused: (id, clientId, code) => core.change((room, unit) => sending.fail(room, unit, id, clientId, code)),
    retry: (id, clientId) => core.change((room, unit) => sending.retry(room, unit, id, clientId)),
    discard: (id, clientId) => core.change((room, unit) => sending.discard(room, unit, id, clientId)),
    leave: (id) => core.change((room, unit) => sending.leave(room, unit, id)),
    terminate: (id) => core.change((room, unit) => sending.terminate(room, unit, id)),
    learnTime: (time) =>
      core.read((room) => {
        room.serverAhead = timeToMs(time) - Date.now();
        return Promise.resolve();
      }),
    fade: () => core.change((room, unit) => fade(room, unit)),
    timeline: (id, page) => core.read((room) => timeline(room, id, page)),
    markRead: (id, seq) => core.change(async (room, unit) => view(room, unit, await sessions.markRead(unit, id, seq))),
    recentEmoji: () => core.read(({ store }) => recentEmoji(store)),
    rememberEmoji: (emoji) => core.change((_room, unit) => rememberEmoji(unit, emoji)),
    setDraft: (id, text) => core.change((_room, unit) => sessions.setDraft(unit, id, text)),
    setEditing: (id, editing) => core.change((_room, unit) => sessions.setEditing(unit, id, editing)),
  } satisfies Partial<CryptoApi>;
}

function fileCalls(core: Core) {
  const { files } = core;
  return {
    beginFile: (id, file) => core.beside(() => files.begin(id, file)),
    sealChunk: (fileId, number, content) => core.beside(() => files.seal(fileId, number, content)),
    keepChunk: (fileId, number, content) => core.change((_room, unit) => files.keep(unit, fileId, number, content)),
    keptChunk: (fileId, number) => core.read((room) => files.kept(room, fileId, number)),
    keptFiles: () => core.read(({ store }) => keptFiles(store)),
    enqueueFile: (fileId) =>
      core.change(async (room, unit) => {
        const { conversation, payload } = await files.payload(unit, fileId);
        const entry = await sending.enqueueFile(room, unit, conversation, payload);
        await files.drop(unit, fileId);
        return entry;
      }),
    dropFile: (fileId) => core.change((_room, unit) => files.drop(unit, fileId)),
    openFile: (id, entryKey) => core.change((_room, unit) => files.open(unit, id, entryKey)),
    openChunk: (reading, number, sealed) => core.beside(() => files.openChunk(reading, number, sealed)),
    closeFile: (reading) => core.change((_room, unit) => files.close(unit, reading)),
    takeUnfinishedDownloads: () => core.change((_room, unit) => takeUnfinishedDownloads(unit)),
    filesToDelete: () => core.read((room) => filesToDelete(room)),
    fileDeleted: (fileId) => core.change((_room, unit) => fileDeleted(unit, fileId)),
  } satisfies Partial<CryptoApi>;
}
