import { useEffect, useState } from "react";

const SAID_MS = 2000;

/** Copies, and has something to say about it for two seconds. */
export function useCopy(text: string): { said: string | null; done: boolean; copy: () => void } {
  const [outcome, setOutcome] = useState<"done" | "refused" | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => setOutcome("done"),
      () => setOutcome("refused"),
    );
  };
  const said = outcome === null ? null : outcome === "done" ? "Copied" : "Copying is not allowed here";
  return { said, done: outcome === "done", copy };
}
