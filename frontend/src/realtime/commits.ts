/**
 * Founding, rotation, and what becomes of a commit whose answer got lost (PROTOCOL.md 4.1, 6.1, 6.2, 7.1, 7.3).
 * One commit of a conversation at a time; crypto/ stores it before it goes out, and it is settled before anything else.
 */
import { ApiError, isApiError, isTransient } from "../api/errors";
import type { Ack, Row } from "../api/types";
import {
  failureCode,
  type CommitStep,
  type CommitToSend,
  type Received,
  type RoomAct,
  type WireContribution,
  type WireContributionRequest,
  type WireKeyPackages,
} from "../crypto/client";
import type { Context } from "./context";
import { refusedKind } from "./findings";
import type { Directory } from "./directory";
import { Lanes } from "./lanes";
import type { FindingKind, Id } from "./state";

/** A rotation does not wait longer for quantum_service. */
const CONTRIBUTION_MS = 2_000;
const KEY_ROUNDS = 3;

/** `lost`: another commit holds the epoch. */
export type CommitOutcome = "accepted" | "lost";

/** Rows are still to come, or somebody has left whom the next commit must take out: by the log as it is then it may go. */
export function isOvertaken(error: unknown): boolean {
  return (
    failureCode(error) === "not_caught_up" || (isApiError(error, "not_allowed") && error.details.missing === "left")
  );
}

export interface CommitDependencies {
  readonly directory: Directory;
  readonly took: (received: Received) => Promise<void>;
  /** A rule was broken by whoever answered; the step was not taken. */
  readonly refused: (conversationId: Id, kind: FindingKind) => Promise<void>;
  /** The log's side of the story is wanted. */
  readonly behind: (conversationId: Id) => void;
}

export class Commits {
  readonly #lanes = new Lanes();

  constructor(
    private readonly context: Context,
    private readonly dependencies: CommitDependencies,
  ) {}

  /** Sends a commit again whose answer this browser never saw. Null: there is none. */
  settle(id: Id): Promise<CommitOutcome | null> {
    return this.#lanes.run(id, () => this.#settle(id));
  }

  /** Makes the group: key packages of all devices, contribution, founding commit. Waits for nothing; throws when it cannot. */
  found(id: Id): Promise<CommitOutcome> {
    return this.#lanes.run(id, async () => {
      const settled = await this.#settle(id);
      if (settled !== null) return settled;
      const packages = await this.#claim(id);
      const begin = () => this.context.crypto.beginFounding(id, packages);
      const contribution = await this.#drawn(id, begin, (request) => this.#contribution(id, request));
      if (contribution === "lost") return "lost";
      return this.#finish(id, this.#named(id, this.context.crypto.finishCommit(id, contribution)));
    });
  }

  /** A fresh update path, with a contribution if one can be had at once. */
  rotate(id: Id): Promise<CommitOutcome> {
    return this.#lanes.run(id, async () => {
      const settled = await this.#settle(id);
      if (settled !== null) return settled;
      return this.#renew(id, () => this.context.crypto.beginRotation(id));
    });
  }

  /** Adds the devices that asked, with the packages that they offered. */
  add(id: Id): Promise<CommitOutcome> {
    return this.#lanes.run(id, async () => {
      const settled = await this.#settle(id);
      if (settled !== null) return settled;
      const packages = await this.#claim(id);
      const { crypto } = this.context;
      return this.#renew(id, () => crypto.beginAdding(id, packages));
    });
  }

  /** Changes a room; judged anew after another commit came first. */
  act(id: Id, act: RoomAct): Promise<CommitOutcome> {
    return this.#lanes.run(id, async () => {
      const settled = await this.#settle(id);
      // One that was accepted is adopted when the rows before it have come.
      const waits = settled === "accepted" && (await this.context.crypto.pendingCommit(id)) !== null;
      if (settled === "lost" || waits) return "lost";
      return this.#renew(id, () => this.context.crypto.beginRoomAct(id, act));
    });
  }

  /** Begins the next group, when nobody is left who could add this browser to the present one. */
  beginAnew(id: Id): Promise<CommitOutcome> {
    return this.#lanes.run(id, async () => {
      const settled = await this.#settle(id);
      if (settled !== null) return settled;
      const { crypto } = this.context;
      const { generation } = await crypto.conversation(id);
      const epoch = await crypto.generationDue(id);
      const packages = await this.#claim(id, { generation: generation + 1, epoch });
      const begin = () => crypto.beginGeneration(id, packages);
      const contribution = await this.#drawn(id, begin, (request) => this.#contribution(id, request));
      if (contribution === "lost") return "lost";
      return this.#finish(id, this.#named(id, crypto.finishCommit(id, contribution)));
    });
  }

  #claim(
    id: Id,
    body: { generation: number; epoch: number | null } | Record<string, never> = {},
  ): Promise<WireKeyPackages> {
    const path = { conversation_id: id };
    return this.context.api.post("/api/conversations/{conversation_id}/key-packages", { path, body });
  }

  async #renew(id: Id, begin: () => Promise<CommitStep>): Promise<CommitOutcome> {
    const quick = (request: WireContributionRequest) => this.#quickContribution(id, request);
    const contribution = await this.#drawn(id, begin, quick).catch((error: unknown) => {
      // The server keeps the newer key back: the renewal does not wait for it (PROTOCOL.md 7.3).
      if (!isApiError(error, "recipient_key_replaced")) throw error;
      return null;
    });
    if (contribution === "lost") return "lost";
    return this.#finish(id, this.#renewal(id, contribution, begin));
  }

  /** A contribution that breaks a rule does not hold up the renewal: it goes out without one (PROTOCOL.md 7.3). */
  async #renewal(
    id: Id,
    contribution: WireContribution | null,
    begin: () => Promise<CommitStep>,
  ): Promise<CommitToSend> {
    const { crypto } = this.context;
    try {
      return await this.#named(id, crypto.finishCommit(id, contribution));
    } catch (error) {
      if (contribution === null || refusedKind(failureCode(error)) === null) throw error;
      await this.#begin(begin);
      return crypto.finishCommit(id, null);
    }
  }

  /** Begins the commit and asks for its contribution; once more with newer keys when a device has replaced its own (P3.5). */
  async #drawn<T>(
    id: Id,
    begin: () => Promise<CommitStep>,
    draw: (request: WireContributionRequest) => Promise<T>,
  ): Promise<T | "lost"> {
    for (let round = 1; ; round++) {
      const request = await this.#named(id, this.#begin(begin));
      try {
        return await this.#unlessLate(id, draw(request));
      } catch (error) {
        if (!isApiError(error, "recipient_key_replaced") || round === KEY_ROUNDS) throw error;
        for (const userId of error.details.user_ids as Id[]) await this.dependencies.directory.learn(userId);
      }
    }
  }

  /** Tells the person what was refused. */
  async #named<T>(id: Id, step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      const kind = refusedKind(failureCode(error));
      if (kind !== null) await this.dependencies.refused(id, kind);
      throw error;
    }
  }

  /** Another commit may have come while this one was made. */
  async #finish(id: Id, made: Promise<CommitToSend>): Promise<CommitOutcome> {
    let commit: CommitToSend;
    try {
      commit = await made;
    } catch (error) {
      if (failureCode(error) !== "epoch_passed") throw error;
      return "lost";
    }
    return this.#post(id, commit);
  }

  async #settle(id: Id): Promise<CommitOutcome | null> {
    const pending = await this.context.crypto.pendingCommit(id);
    return pending === null ? null : this.#post(id, pending);
  }

  async #begin(step: () => Promise<CommitStep>): Promise<WireContributionRequest> {
    for (let round = 0; round < KEY_ROUNDS; round++) {
      const next = await step();
      if (next.step === "contribution") return next.request;
      if (next.step === "nobody") throw new ApiError("nobody_waits", "Nobody can be let in now.", 409);
      await this.dependencies.directory.learnMany(next.needs);
    }
    throw new ApiError("keys_missing", "The server does not show the keys of all devices.", 503);
  }

  async #contribution(id: Id, body: WireContributionRequest): Promise<WireContribution> {
    const path = { conversation_id: id };
    const answer = await this.context.api.post("/api/conversations/{conversation_id}/contributions", { path, body });
    return { transcript: answer.transcript, signature: answer.signature };
  }

  /** The epoch may be taken before there is anything to post. */
  async #unlessLate<T>(id: Id, contribution: Promise<T>): Promise<T | "lost"> {
    try {
      return await contribution;
    } catch (error) {
      if (!isApiError(error, "epoch_conflict")) throw error;
      this.dependencies.behind(id);
      return "lost";
    }
  }

  async #quickContribution(id: Id, request: WireContributionRequest): Promise<WireContribution | null> {
    let cancel: () => void = () => undefined;
    const late = new Promise<null>((resolve) => {
      cancel = this.context.environment.clock.after(CONTRIBUTION_MS, () => resolve(null));
    });
    try {
      return await Promise.race([this.#contribution(id, request), late]);
    } catch (error) {
      if (isTransient(error)) return null;
      throw error;
    } finally {
      cancel();
    }
  }

  #send(id: Id, { request, opening }: CommitToSend): Promise<Ack> {
    const path = { conversation_id: id };
    const { api } = this.context;
    if (opening === null) return api.post("/api/conversations/{conversation_id}/commits", { path, body: request });
    const body = { ...opening, founding: request };
    return api.post("/api/conversations/{conversation_id}/generations", { path, body });
  }

  async #post(id: Id, commit: CommitToSend): Promise<CommitOutcome> {
    try {
      const ack = await this.#send(id, commit);
      await this.dependencies.took(await this.context.crypto.commitAccepted(id, ack));
      return "accepted";
    } catch (error) {
      if (!isDefinite(error)) throw error;
      const taken = error.code === "epoch_conflict";
      const missed = taken ? ((error.details.missed ?? []) as Row[]) : [];
      // Only rows decide whose commit holds the epoch; it may be this very one.
      if (!taken || missed.length > 0)
        await this.dependencies.took(await this.context.crypto.commitRefused(id, missed));
      this.dependencies.behind(id);
      if (taken) return "lost";
      throw error;
    }
  }
}

/** The server looked at the commit and will never take it; anything else leaves it pending. */
function isDefinite(error: unknown): error is ApiError {
  return error instanceof ApiError && !error.transient && error.status !== 401 && error.code !== "device_required";
}
