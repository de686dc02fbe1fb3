/**
 * The phases of an account on this browser: signed out, signed in, elsewhere (PROTOCOL.md 2, 3.3, 9.1).
 * One tab writes for the account; a sign-in that ends on the server ends here; a sign-out keeps the sealed local store.
 */
import { Api } from "../api/client";
import { ApiError, isApiError, isTransient } from "../api/errors";
import type { User } from "../api/types";
import { type CryptoApi, failureCode, type LocalAccount } from "../crypto/client";
import { Account, type Entered } from "./account";
import { changes, type Publish } from "./changes";
import { Credentials } from "./credentials";
import { Entrances } from "./entrances";
import type { Claim, Environment } from "./environment";
import { Jobs, type Verdict } from "./jobs";
import { Leaving } from "./leaving";
import { MessengerError, type Progress } from "./messenger";
import { problemOf } from "./problems";
import { RefreshToken } from "./refreshToken";
import { endingOf, signedOut } from "./signedOut";
import type { AccountState, Ending, Id, Self } from "./state";
import { beginTurn, type Turn } from "./turn";

/** Whose sealed store opens after a reload. */
const ACCOUNT = "quantumchat.account";
const WRITER = "quantumchat-writer";
const JOIN_AGAIN_MS = 5_000;

/** An account on a browser that is no device of it yet: quantum_service or the server is away. What needs the turn waits for it. */
interface Joining {
  readonly entered: Entered;
  /** Null: it ended without one. */
  readonly turn: PromiseWithResolvers<Turn | null>;
}

export class Phases {
  readonly credentials: Credentials;
  readonly entrances: Entrances;
  readonly #refreshToken: RefreshToken;
  readonly #api: Api;
  readonly #account: Account;
  readonly #chores: Jobs;
  readonly #leaving: Leaving;
  #turn: Turn | null = null;
  #joining: Joining | null = null;
  #local: LocalAccount | null = null;
  #shown: AccountState = { phase: "starting" };

  constructor(
    private readonly environment: Environment,
    private readonly crypto: CryptoApi,
    private readonly publish: Publish,
  ) {
    const { clock, random } = environment;
    this.#refreshToken = new RefreshToken(crypto, environment.cookies);
    this.#api = new Api({ ...environment, refreshTokens: this.#refreshToken, now: () => clock.now() });
    this.#leaving = new Leaving(this.#api, this.#refreshToken, environment.notes);
    this.#account = new Account(this.#api, crypto, () => this.#claim("steal").then(() => undefined));
    this.credentials = new Credentials(this.#api, crypto, this.#account, publish);
    this.entrances = new Entrances(this.#account, this.credentials, this.#leaving, {
      enter: (entered, progress) => this.#enter(entered, progress),
      unlocking: (work) => this.#unlocking(work),
      incomplete: (username) => this.#show({ phase: "incomplete", username }),
      ended: async (because) => {
        await this.#leave(false);
        await this.#out(endingOf(because));
      },
    });
    const failed = (error: unknown) => this.failed(error);
    this.#chores = new Jobs({ clock, random, failed }, (chore) => this.#chore(chore));
  }

  get turn(): Turn | null {
    return this.#turn;
  }

  /** While this browser joins the account, the turn begins by itself; null: nobody is signed in here. */
  async turnToCome(): Promise<Turn | null> {
    return this.#turn ?? (await this.#joining?.turn.promise) ?? null;
  }

  async start(): Promise<void> {
    this.#show({ phase: "starting" });
    if (this.#leaving.isDue) this.#chores.kick("leave");
    const userId = this.environment.notes.get(ACCOUNT);
    const all = await this.crypto.localAccounts().catch(() => null);
    const local = all?.find((account) => account.userId === userId);
    if (local?.device !== "bound") {
      this.environment.writer.release();
      const gone = userId !== null && local === undefined ? "store_gone" : null;
      await this.#out(all === null ? "storage_unavailable" : gone);
      return;
    }
    this.#local = local;
    if (await this.#claim("free")) await this.#resume(local.userId);
    else this.#elsewhere();
  }

  stop(): void {
    this.#chores.stop();
    this.#stopTurn();
    this.environment.writer.release();
  }

  async takeOver(): Promise<void> {
    const local = this.#local;
    if (local === null) return;
    this.#show({ phase: "starting" });
    await this.#claim("steal");
    await this.#resume(local.userId);
  }

  // ---------------------------------------------------------------- in

  /** The account stands; the device may have to wait for quantum_service, which verifies its certificate. */
  async #enter(entered: Entered, progress: Progress): Promise<void> {
    progress("certifying");
    this.#local = entered.local;
    try {
      await this.#live({ ...entered, local: await this.#account.certify(entered.local) });
    } catch (error) {
      if (!isTransient(error)) throw error;
      this.#joining = { entered, turn: Promise.withResolvers() };
      this.#waits(entered, error);
      // An account is empty here until this browser is one of its devices.
      for (const empty of [changes.people([]), changes.requests([]), changes.conversations([])]) this.publish(empty);
      this.#chores.kick("join", 1_000);
    }
  }

  #waits({ local, user }: Entered, error: unknown): void {
    this.#signedIn(local, user, isApiError(error, "quantum_service_unavailable") ? "quantum_service" : "server");
  }

  async #join(): Promise<Verdict> {
    const joining = this.#joining;
    if (joining === null) return "done";
    const { entered } = joining;
    let local: LocalAccount;
    try {
      local = await this.#account.certify(entered.local);
    } catch (error) {
      if (isTransient(error)) {
        if (this.#joining === joining) this.#waits(entered, error);
        return { again: JOIN_AGAIN_MS };
      }
      // Some of them end the sign-in; the others do not pass by themselves.
      this.failed(error);
      if (this.#joining === joining) this.#signedIn(entered.local, entered.user, null, problemOf(error, true));
      return "done";
    }
    if (this.#joining === joining) await this.#live({ ...entered, local });
    return "done";
  }

  /** After it was refused. */
  joinAgain(): void {
    this.#chores.kick("join");
  }

  /** Without a password, and without the network if need be. */
  async #resume(userId: Id): Promise<void> {
    this.#api.userId = userId;
    await this.#live({ local: await this.crypto.open(userId), user: null });
    this.#chores.kick("self");
  }

  async #live({ local, user }: { local: LocalAccount; user: User | null }): Promise<void> {
    const joining = this.#joining;
    this.#joining = null;
    this.#stopTurn();
    this.#local = local;
    await this.#refreshToken.opened();
    this.environment.notes.set(ACCOUNT, local.userId);
    const { environment, crypto } = this;
    const turn: Turn = beginTurn({ environment, api: this.#api, crypto }, local, {
      // What was still under way when the turn ended is not shown any more.
      publish: (change) => {
        if (this.#turn === turn) this.publish(change);
      },
      failed: (error) => {
        if (this.#turn === turn) this.failed(error);
      },
      replaced: () => this.#elsewhere(),
      signedOut: (because) => this.#ended(endingOf(because)),
    });
    this.#turn = turn;
    this.#signedIn(local, user);
    joining?.turn.resolve(turn);
    await this.#clearScratch();
    // It may have ended meanwhile.
    if (this.#turn === turn) await turn.live.start();
  }

  #signedIn(
    local: LocalAccount,
    user: User | null,
    waitsFor: Self["waitsFor"] = null,
    refused: Self["refused"] = null,
  ): void {
    const { userId, username, device } = local;
    const deviceId = device === "bound" ? local.deviceId : null;
    this.#show({
      phase: "signed_in",
      self: { userId, username, email: user?.email ?? "", deviceId, waitsFor, refused },
    });
  }

  async changeEmail(local: LocalAccount, email: string, password: string): Promise<void> {
    this.#learned(await this.credentials.changeEmail(local, email, password));
  }

  // ---------------------------------------------------------------- out

  async signOut(): Promise<void> {
    await this.#leave(true);
    await this.#out(null);
    this.#chores.kick("leave");
  }

  async removeBrowser(password: string | null): Promise<void> {
    const local = this.#local;
    if (local === null) return;
    const { deviceId } = local;
    if (password !== null && deviceId !== null) {
      await this.#unlocking(async () => {
        await this.#account.unlockAgain(local, password);
        await this.#revoke(local, deviceId);
      });
    }
    await this.#leave(password === null);
    await this.crypto.erase(local.userId);
    await this.#out(null);
    this.#chores.kick("leave");
  }

  /** When it fails, what the password opened is closed again. */
  async #unlocking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (this.#turn === null && this.#joining === null) await this.#close();
      else await this.crypto.lock();
      throw error;
    }
  }

  /** Keys and store leave this tab's memory, and another tab may write. */
  async #close(): Promise<void> {
    await this.crypto.close();
    this.environment.writer.release();
  }

  /** Ends this very sign-in: what the socket says of it is expected. */
  async #revoke(local: LocalAccount, deviceId: Id): Promise<void> {
    this.#stopTurn();
    try {
      await this.#account.device.revoke(local.userId, deviceId);
    } catch (error) {
      await this.#resume(local.userId);
      throw error;
    }
  }

  async #leave(tell: boolean): Promise<void> {
    this.#stopTurn();
    this.#local = null;
    this.environment.notes.set(ACCOUNT, null);
    await this.#leaving.begin(tell);
    await this.#clearScratch();
    await this.#close();
  }

  async #out(reason: Ending | null): Promise<void> {
    const { state, refined } = await signedOut(this.#api, this.crypto, reason);
    this.#show(state);
    void refined.then((better) => better !== null && this.#shown === state && this.#show(better));
  }

  /** What this browser keeps of an account that it is signed out of. */
  async eraseKept(userId: Id): Promise<void> {
    if (this.#local?.userId === userId) return;
    await this.crypto.erase(userId);
    await this.#clearScratch();
    await this.#out(null);
  }

  /** Files that were opened here lie unsealed on the disk; a browser that has none for pages has nothing to clear. */
  async #clearScratch(): Promise<void> {
    await this.environment.clearScratch().catch(() => undefined);
  }

  // ---------------------------------------------------------------- what happens meanwhile

  /** Errors that nobody waits for, and those of commands: some of them end the sign-in or this tab's turn. */
  failed(error: unknown): void {
    const code = failureCode(error);
    if (code === "superseded") this.#elsewhere();
    else if (code === "store_gone" || code === "store_damaged") this.#ended(code);
    else if (isApiError(error, "signed_out")) this.#ended(endingOf(error.details.reason));
    else if (isApiError(error, "refresh_invalid", "refresh_reused", "not_authenticated")) this.#ended("expired");
    else if (isDefect(error)) this.environment.defect(error);
  }

  async #chore(chore: string): Promise<Verdict> {
    if (chore === "leave") return this.#leaving.tell();
    if (chore === "join") return this.#join();
    if (chore === "self" && this.#turn !== null) {
      this.#learned(await this.#api.get("/api/users/me", {}));
    }
    return "done";
  }

  #learned(me: User): void {
    if (this.#turn?.live.local.userId === me.id) this.#signedIn(this.#turn.live.local, me);
  }

  #claim(claim: Claim): Promise<boolean> {
    return this.environment.writer.acquire(WRITER, claim, () => this.#elsewhere());
  }

  /** Another tab writes; this one follows, and goes on by itself when that one is closed or dies. */
  #elsewhere(): void {
    this.#stopTurn();
    this.#show({ phase: "elsewhere", username: this.#local?.username ?? "" });
    void this.#followed().catch((error: unknown) => this.failed(error));
  }

  async #followed(): Promise<void> {
    const turn = this.#claim("wait");
    await this.crypto.close();
    if (await turn) await this.start();
  }

  #ended(reason: Ending): void {
    // While it starts, the store may have been found damaged by another tab since this one looked.
    if (this.#turn === null && this.#joining === null && this.#shown.phase !== "starting") return;
    // The server's side of it ends too, unless that is what happened.
    void this.#leave(reason === "store_gone" || reason === "store_damaged")
      .then(() => this.#out(reason))
      .then(() => this.#chores.kick("leave"))
      .catch((error: unknown) => this.failed(error));
  }

  #stopTurn(): void {
    this.#turn?.live.stop();
    this.#turn = null;
    this.#joining?.turn.resolve(null);
    this.#joining = null;
  }

  #show(state: AccountState): void {
    this.#shown = state;
    this.publish(changes.account(state));
  }
}

/** Neither an answer of the server, nor a refusal of crypto/ that has a name. */
function isDefect(error: unknown): boolean {
  return !(error instanceof ApiError || error instanceof MessengerError) && failureCode(error) === "internal_error";
}
