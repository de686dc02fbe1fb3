import { useEffect, useState } from "react";
import { useCommand } from "../../app/hooks";

/** What the service says now, and again every so often; undefined until it has answered. */
export function useLooking<T>(look: () => Promise<T>, everyMs: number) {
  const [seen, setSeen] = useState<T | undefined>(undefined);
  const { run, problem } = useCommand(async () => setSeen(await look()));
  useEffect(() => {
    void run();
    const timer = setInterval(() => void run(), everyMs);
    return () => clearInterval(timer);
  }, [run, everyMs]);
  return { seen, problem };
}
