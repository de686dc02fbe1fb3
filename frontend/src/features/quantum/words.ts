/** What is said of a run of BB84 and of the sources, in plain words. */
import type { Bb84Result, Bb84Stage, SourceState } from "../../realtime/quantum";

export const STAGES: Record<Bb84Stage, string> = {
  prepared: "Alice has prepared her photons …",
  measured: "Bob has measured them …",
  sifted: "They have compared their bases …",
  estimated: "They know how many bits are wrong …",
  corrected: "The wrong bits are corrected …",
  verified: "Both have the same bits …",
  amplified: "What a listener may know is hashed away …",
  authenticated: "Both know that nobody changed their messages …",
};

/** With a space that does not break. */
export const percent = (share: number) => `${(100 * share).toFixed(1)}\u00a0%`;
export const count = (n: number) => n.toLocaleString("en");

interface Verdict {
  title: string;
  meaning: string;
}

/** What came of a run, and why. */
export function verdict({ abort, final_bits, eavesdropper, error_rate, max_error_rate }: Bb84Result): Verdict {
  switch (abort) {
    case null:
      return {
        title: `A key of ${count(final_bits)} bits`,
        meaning:
          eavesdropper > 0
            ? "Eve was there all the same. She made too few errors to tell her from a bad fibre, so the key was shortened by all that she could have learned."
            : "Both have the same key, shortened by all that anybody could have learned of it. It was thrown away: this was only shown.",
      };
    case "too_many_errors":
      return {
        title: "No key: somebody may have listened",
        meaning: `${percent(error_rate?.rate ?? 0)} of the compared bits were wrong. Above ${percent(max_error_rate)} a listener could know as much as Bob, so they stop.`,
      };
    case "no_key_left":
      return {
        title: "No key: nothing was left of it",
        meaning:
          "What a listener could have learned is more than there was. With more photons the error rate is known better, and less has to be given up.",
      };
    case "too_few_sifted":
      return { title: "No key: too few photons", meaning: "Too few bits were left after comparing bases." };
    case "verification_failed":
      return { title: "No key: the bits still differ", meaning: "Some errors were not found. They start again." };
    case "not_authenticated":
    case "bad_message":
      return { title: "No key: a message was changed", meaning: "Somebody changed what they said to each other." };
  }
}

export const SOURCES: Record<string, string> = {
  "aer-simulator": "Simulator (Qiskit Aer)",
  "ibm-quantum": "IBM Quantum",
  qkd: "QKD link",
  os: "Operating system",
};

export const HEALTH: Record<SourceState["health"], string> = {
  starting: "Starting: its first samples are being tested",
  healthy: "Healthy",
  failed: "Away: it gave nothing when it was last asked",
  alarmed: "Dropped: its samples failed a test",
};
