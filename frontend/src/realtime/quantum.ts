/** What can be looked at of the quantum service: its sources of randomness, and a run of BB84 that is only shown. */
import type { Api } from "../api/client";
import type { CryptoApi } from "../crypto/client";
import { receiptOf } from "./entropyReceipt";
import type { EntropyReceipt } from "./state";
import type { Bb84Event, Bb84Request, Bb84Result, Photon, PoolState, SourceState } from "../api/types";
import { MessengerError } from "./messenger";

export type { Bb84Request, Bb84Result, Photon, PoolState, SourceState };
export interface Bb84Shown {
  result: Bb84Result;
  /** Of the draw that all random choices of the run came from; null when this server's key did not sign it. */
  receipt: EntropyReceipt | null;
}
export type Bb84Stage = Extract<Bb84Event, { event: "progress" }>["stage"];

/** Null while app_service has not seen the quantum service. */
export async function entropy(api: Api): Promise<PoolState | null> {
  const { quantum_service } = await api.anonymous("get", "/api/health", {});
  return quantum_service.status === "unavailable" ? null : quantum_service.entropy;
}

/** `bb84_broke_off` when the simulation did; an abort of the protocol is a result. */
export async function runBb84(
  api: Api,
  crypto: CryptoApi,
  body: Bb84Request,
  onStage: (stage: Bb84Stage) => void,
): Promise<Bb84Shown> {
  const results: Bb84Result[] = [];
  let drawn: Promise<unknown> = Promise.resolve(null);
  await api.postForLines("/api/quantum/bb84", {
    body,
    onLine: (line) => {
      const event = line as Bb84Event;
      if (event.event === "started" && event.signed !== null) drawn = crypto.verifiedReceipt(event.signed);
      if (event.event === "progress") onStage(event.stage);
      if (event.event === "finished") results.push(event.result);
    },
  });
  const [result] = results;
  if (result === undefined) throw new MessengerError({ code: "bb84_broke_off" });
  const receipt = await drawn;
  return { result, receipt: receipt === null ? null : receiptOf(receipt) };
}
