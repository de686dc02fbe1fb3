/** The one way into the vault room: everything else of crypto/ is closed to the outside (eslint import zones). */

import { wrap } from "comlink";
import type { CryptoApi } from "./types";

export { type FailureCode, failureCode, type ProblemCode } from "./failures";
export type * from "./types";
export type * from "./wire";

export interface RunningCrypto {
  api: CryptoApi;
  stop(): void;
}

/** Starts the worker. It loads a WebAssembly module and cannot be shared with another page. */
export function startCrypto(): RunningCrypto {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "vault" });
  return { api: wrap<CryptoApi>(worker), stop: () => worker.terminate() };
}
