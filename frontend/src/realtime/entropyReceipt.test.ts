import { expect, test } from "vitest";
import { receiptOf } from "./entropyReceipt";

const PART = {
  source: "aer-simulator",
  simulated: true,
  backend: "qiskit-aer",
  job_id: "job-7",
  credited_bits: 0,
  figures: { repetition_cutoff: 35, proportion_cutoff: 645, most_common_value: 0.97, markov: 0.95 },
  dropped_emitters: [3, 5],
  taken_at: "2026-11-21T10:00:00.000Z",
};

test("a receipt as quantum_service writes it", () => {
  const receipt = receiptOf({
    sources: ["os", "aer-simulator"],
    parts: [PART],
    absent: [{ source: "ibm-quantum", health: "alarmed", alarm: "markov" }],
    credited_bits: 0,
    reseeded_at: "2026-11-21T10:00:00.000Z",
    drawn_at: "2026-11-21T10:00:05.000Z",
  });
  expect(receipt).toEqual({
    parts: [
      {
        source: "aer-simulator",
        backend: "qiskit-aer",
        jobId: "job-7",
        creditedBits: 0,
        simulated: true,
        estimate: 0.95,
        dropped: 2,
      },
    ],
    absent: [{ source: "ibm-quantum", health: "alarmed", alarm: "markov" }],
    creditedBits: 0,
    reseededAt: Date.parse("2026-11-21T10:00:00.000Z"),
    drawnAt: Date.parse("2026-11-21T10:00:05.000Z"),
  });
});

test.each([null, 7, "x", [], {}, { parts: 1, absent: {}, credited_bits: "1" }])("%j claims nothing", (receipt) => {
  expect(receiptOf(receipt)).toEqual({ parts: [], absent: [], creditedBits: 0, reseededAt: null, drawnAt: null });
});

test("a part of another form is no hardware", () => {
  expect(receiptOf({ parts: [{}, null] }).parts).toEqual(
    Array.from({ length: 2 }, () => ({
      source: "",
      backend: "",
      jobId: "",
      creditedBits: 0,
      simulated: true,
      estimate: null,
      dropped: 0,
    })),
  );
});
