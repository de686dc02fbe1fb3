import { createContext, useCallback, useContext, useEffect, useRef, useState } from "react";
import { useSelector } from "react-redux";
import { MessengerError, type Messenger } from "../realtime/messenger";
import type { Problem } from "../realtime/state";
import type { RootState } from "./store";

export const useAppSelector = useSelector.withTypes<RootState>();

export const MessengerContext = createContext<Messenger | null>(null);

export function useMessenger(): Messenger {
  const messenger = useContext(MessengerContext);
  if (messenger === null) throw new Error("No messenger above this component");
  return messenger;
}

export const problemOf = (error: unknown): Problem =>
  error instanceof MessengerError ? error.problem : { code: "internal_error" };

/** Told what came of a command whose control is gone meanwhile, as when the person it was about has left. */
export const RefusedContext = createContext<(problem: Problem) => void>(() => undefined);

/** A command that a control gives: is it running, what went wrong last, and start it (true: it was carried out). */
export function useCommand<Args extends unknown[]>(command: (...args: Args) => Promise<unknown>) {
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const mounted = useRef(true);
  const tellElsewhere = useContext(RefusedContext);
  const latest = useRef(command);
  useEffect(() => {
    latest.current = command;
  });
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const run = useCallback(
    async (...args: Args): Promise<boolean> => {
      setRunning(true);
      setProblem(null);
      try {
        await latest.current(...args);
        return true;
      } catch (error) {
        (mounted.current ? setProblem : tellElsewhere)(problemOf(error));
        return false;
      } finally {
        if (mounted.current) setRunning(false);
      }
    },
    [tellElsewhere],
  );
  return { run, running, problem, clear: useCallback(() => setProblem(null), []) };
}

/** The time, again every so often; for countdowns and "Today". */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
