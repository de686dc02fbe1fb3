/** Changes of a group: founding, renewing, adding, beginning anew (PROTOCOL.md 6, 7, 9). */

import type {
  Id,
  WireAck,
  WireCommit,
  WireContribution,
  WireContributionRequest,
  WireKeyPackages,
  WireLostState,
  WireOpening,
  WireRow,
} from "../wire";
import type { Received, RoomAct } from "./conversations";

/**
 * `device_lost`: remove it (`beginRotation`). `device_asks`: add it (`beginAdding`). `people_wait`: let them in (`beginRoomAct`);
 * `…_for_us`: this browser made the last commit, so it is the one to go on.
 */
export type CommitReason =
  | "founding"
  | "person_left"
  | "device_revoked"
  | "device_lost"
  | "device_asks"
  | "people_wait"
  | "people_wait_for_us"
  | "messages"
  | "time";

export type CommitStep =
  /** Fetch these accounts' keys (`learnKeys`), then begin again. */
  | { step: "account_keys"; needs: { userId: Id; since: number }[] }
  /** None of those who ask can be let in; whoever asked falsely was named. */
  | { step: "nobody" }
  /** Ask `POST …/contributions` with this, then `finishCommit`. Not founding: after 2 s without, `finishCommit(id, null)`. */
  | { step: "contribution"; request: WireContributionRequest };

export interface CommitToSend {
  /** For `POST …/commits`; repeat the same one after a lost answer. */
  request: WireCommit;
  /** With it for `POST …/generations` instead, when it founds a new one. */
  opening: WireOpening | null;
}

/** A commit, from its reason to the answer of the server. */
export interface CommitCalls {
  /** `contribution.request` of a founding needs the answer of `POST …/key-packages`. */
  beginFounding(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** Why a commit is due now, if one is. Ask after `receive`, after sending, and every few minutes. */
  dueCommit(conversationId: Id): Promise<CommitReason | null>;

  /**
   * This device's request to be added, for `POST …/lost-state`; null when there is nothing to ask for, or the server shows it
   * already. Ask after `receive` and `learnSession`.
   */
  askToBeAdded(conversationId: Id): Promise<WireLostState | null>;

  /** Adds devices that asked, with the answer of `POST …/key-packages`. */
  beginAdding(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** The last good epoch, when nobody is left who could add this browser to the group, so that it is to be begun anew (P9.3). */
  generationDue(conversationId: Id): Promise<number | null>;

  /** Begins the conversation's next group, with the answer of `POST …/key-packages` for it; `finishCommit` then answers both. */
  beginGeneration(conversationId: Id, packages: WireKeyPackages): Promise<CommitStep>;

  /** Rotation; removes revoked devices on the way, and those that asked to be added again. */
  beginRotation(conversationId: Id): Promise<CommitStep>;

  /** Does this to a room, if one's role allows it: `not_allowed`. In a session either person may do `timer`, and nothing else. */
  beginRoomAct(conversationId: Id, act: RoomAct): Promise<CommitStep>;

  /** Checks the contribution against the recipients that were asked for, makes the commit, stores it as pending. */
  finishCommit(conversationId: Id, contribution: WireContribution | null): Promise<CommitToSend>;

  /** The commit that waits for its answer, to be sent again after a restart or a lost answer; null if none does. */
  pendingCommit(conversationId: Id): Promise<CommitToSend | null>;

  /** 201. The new epoch is adopted. */
  commitAccepted(conversationId: Id, ack: WireAck): Promise<Received>;

  /**
   * A definite refusal: 409 `epoch_conflict` with the rows it missed (one's own commit among them is adopted), or another
   * 4xx with none. Never for a lost answer or a 5xx.
   */
  commitRefused(conversationId: Id, missed: WireRow[]): Promise<Received>;
}
