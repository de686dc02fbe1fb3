/**
 * The entropy receipt inside a contribution's transcript. Its signature is verified before it comes here, its shape is
 * quantum_service's affair: what is not as documented is not shown.
 */
import { timeOf } from "./projection";
import type { EntropyAbsence, EntropyPart, EntropyReceipt } from "./state";

type Fields = Record<string, unknown>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);
const time = (value: unknown) => (typeof value === "string" ? timeOf(value) : null);

export function receiptOf(receipt: unknown): EntropyReceipt {
  const fields = fieldsOf(receipt);
  return {
    parts: list(fields.parts).map(partOf),
    absent: list(fields.absent).map(absenceOf),
    creditedBits: count(fields.credited_bits),
    reseededAt: time(fields.reseeded_at),
    drawnAt: time(fields.drawn_at),
  };
}

function partOf(part: Fields): EntropyPart {
  const figures = fieldsOf(part.figures);
  const estimates = [figures.most_common_value, figures.markov].filter((value) => typeof value === "number");
  return {
    source: text(part.source),
    backend: text(part.backend),
    jobId: text(part.job_id),
    creditedBits: count(part.credited_bits),
    simulated: part.simulated !== false,
    estimate: estimates.length === 0 ? null : Math.min(...estimates),
    dropped: Array.isArray(part.dropped_emitters) ? part.dropped_emitters.length : 0,
  };
}

const absenceOf = (gone: Fields): EntropyAbsence => ({
  source: text(gone.source),
  health: text(gone.health),
  alarm: text(gone.alarm) || null,
});
