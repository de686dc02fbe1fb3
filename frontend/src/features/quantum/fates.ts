import type { Photon } from "../../realtime/quantum";

/** What became of a photon's bit. */
export type Fate = "dropped" | "kept" | "compared" | "wrong";

export const MARKS: Record<Fate, { sign: string; word: string }> = {
  dropped: { sign: "–", word: "bases differ, dropped" },
  kept: { sign: "✓", word: "bases agree, kept" },
  compared: { sign: "=", word: "bases agree, compared in the open" },
  wrong: { sign: "✕", word: "bases agree, but the bits differ" },
};

export function fateOf({ agree, alice_bit, bob_bit, compared }: Photon): Fate {
  if (!agree) return "dropped";
  if (alice_bit !== bob_bit) return "wrong";
  return compared ? "compared" : "kept";
}

export const inWords = (photon: Photon) =>
  [
    `Alice sent ${photon.alice_bit} in ${photon.alice_basis}`,
    photon.eve_basis === null ? null : `Eve measured ${photon.eve_bit} in ${photon.eve_basis}`,
    `Bob measured ${photon.bob_bit} in ${photon.bob_basis}`,
    MARKS[fateOf(photon)].word,
  ]
    .filter((part) => part !== null)
    .join("; ");
