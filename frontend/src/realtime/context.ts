/** What the parts of a signed-in account's engine share. */
import type { Api } from "../api/client";
import type { CryptoApi, TimelineEntry } from "../crypto/client";
import type { Publish } from "./changes";
import type { Environment } from "./environment";
import type { Jobs, Verdict } from "./jobs";
import type { Id } from "./state";

export interface Context {
  readonly api: Api;
  readonly crypto: CryptoApi;
  readonly environment: Environment;
  readonly publish: Publish;
  readonly userId: Id;
  /** Jobs that stop when this account's engine stops. */
  readonly jobs: (work: (key: string) => Promise<Verdict>) => Jobs;
  /** Told of errors that nobody waits for: some of them end the sign-in or this tab's turn. */
  readonly failed: (error: unknown) => void;
  /** Shows new and changed entries of the local history. */
  readonly show: (entries: readonly TimelineEntry[]) => void;
}
