/** What can be looked at of the quantum service: its sources of randomness, and a run of BB84 that is only shown. */
import type { Api } from "../api/client";
import type { CryptoApi } from "../crypto/client";
import { fromUrlAlphabet } from "../lib/base64";
import { receiptOf } from "./entropyReceipt";
import { timeOf } from "./projection";
import type { EntropyReceipt, NewestKeys, Time } from "./state";
import type { Bb84Event, Bb84Request, Bb84Result, Photon, PoolState, RawSample, SourceState } from "../api/types";
import { MessengerError } from "./messenger";

export type { Bb84Request, Bb84Result, Photon, PoolState, SourceState };
export interface Bb84Shown {
  result: Bb84Result;
  /** Of the draw that all random choices of the run came from; null when this server's key did not sign it. */
  receipt: EntropyReceipt | null;
}
export type Bb84Stage = Extract<Bb84Event, { event: "progress" }>["stage"];

/** Raw bits that are shown and used for nothing. */
export interface Sample extends Pick<RawSample, "source" | "simulated" | "backend" | "alarm" | "emitters"> {
  jobId: string;
  takenAt: Time;
  /** One emitter after the other, as many bits of each. */
  bytes: Uint8Array;
}

/** Of each source's newest block. */
export async function samples(api: Api): Promise<Sample[]> {
  const { items } = await api.get("/api/quantum/samples", {});
  return items.map(sampleOf);
}

function sampleOf({ bits, job_id, taken_at, ...told }: RawSample): Sample {
  const bytes = Uint8Array.from(atob(fromUrlAlphabet(bits)), (letter) => letter.charCodeAt(0));
  return { ...told, bytes, jobId: job_id, takenAt: timeOf(taken_at) };
}

export async function newestKeys(crypto: CryptoApi): Promise<NewestKeys[]> {
  return (await crypto.newestKeys()).map(({ conversationId, at, contribution }) => ({
    conversationId,
    at: timeOf(at),
    receipt: contribution === null ? null : receiptOf(contribution.receipt),
  }));
}

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
