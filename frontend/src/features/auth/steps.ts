import type { SignInStep } from "../../realtime/state";

const WORDS: Record<SignInStep, string> = {
  deriving: "Working on your password…",
  making_keys: "Making your keys…",
  registering: "Registering…",
  unlocking: "Opening your keys…",
  certifying: "Adding this browser…",
  changing: "Setting the new password…",
};

/** What the button says while it works. */
export const stepWords = (step: SignInStep | null): string => (step === null ? "One moment…" : WORDS[step]);
