import type { ZxcvbnFactory } from "@zxcvbn-ts/core";
import { MessengerError } from "../../realtime/messenger";

export const MIN_LENGTH = 8;
export const MAX_LENGTH = 128;
/** A weak password can be guessed offline by whoever holds the vault, so it is refused, not only marked. */
const ENOUGH = 3;

export interface Strength {
  /** 0 to 4. */
  score: number;
  enough: boolean;
  words: string;
  advice: string;
}

let factory: Promise<ZxcvbnFactory> | null = null;

/** The word lists are large: loaded when somebody begins to type. */
function load(): Promise<ZxcvbnFactory> {
  factory ??= Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
    import("@zxcvbn-ts/language-en"),
  ]).then(
    ([core, common, en]) =>
      new core.ZxcvbnFactory({
        dictionary: { ...common.dictionary, ...en.dictionary },
        graphs: common.adjacencyGraphs,
        translations: en.translations,
      }),
  );
  return factory;
}

const WORDS = ["Guessed at once", "Guessed in minutes", "Guessed in days", "Good", "Very good"] as const;

/** Refuses a weak one, however quickly it was sent off. */
export async function demandStrength(password: string, own: string[]): Promise<void> {
  const { enough } = await measure(password, own);
  if (!enough) throw new MessengerError({ code: "weak_password" });
}

/** How long the password would hold against somebody who has the vault. `own`: words that belong to this person. */
export async function measure(password: string, own: string[]): Promise<Strength> {
  if (password.length < MIN_LENGTH) {
    return {
      score: 0,
      enough: false,
      words: "Too short",
      advice: `At least ${MIN_LENGTH} characters; four unrelated words are easy to keep.`,
    };
  }
  const checker = await load();
  const { score, feedback } = checker.check(password.slice(0, MAX_LENGTH), ["quantumchat", ...own]);
  const advice = [feedback.warning, ...feedback.suggestions].filter((line) => line !== null && line !== "").join(" ");
  return {
    score,
    enough: score >= ENOUGH,
    words: WORDS[score],
    advice: score >= ENOUGH ? "" : advice === "" ? "Add a word or two that have nothing to do with the rest." : advice,
  };
}
