/**
 * What the vault room offers to the rest of the client. `crypto/client.ts` exposes it over comlink.
 *
 * crypto/ knows no network: callers hand in the server's JSON as it came (wire.ts) and send what they get back as it
 * is. Everything that changes something is written to the sealed store, durably, before the promise resolves. Calls may
 * be made at any time and in parallel; they run one after another. A refused call rejects with a `CryptoFailure`
 * (read it with `failureCode(error)`) and changes nothing; what *others* did wrong comes back as problems.
 */

import type { AccountCalls, DeviceCalls } from "./accounts";
import type { CommitCalls } from "./commits";
import type { ConversationCalls } from "./conversations";
import type { FileCalls } from "./files";
import type { MessageCalls, ReadingCalls } from "./messages";
import type { PeopleCalls } from "./people";

export type * from "./accounts";
export type * from "./commits";
export type * from "./conversations";
export type * from "./files";
export type * from "./messages";
export type * from "./people";
export type * from "./timeline";

export interface CryptoApi
  extends
    AccountCalls,
    DeviceCalls,
    PeopleCalls,
    ConversationCalls,
    CommitCalls,
    MessageCalls,
    ReadingCalls,
    FileCalls {}
