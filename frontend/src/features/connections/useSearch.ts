import { useCallback, useEffect, useRef, useState } from "react";
import { problemOf, useMessenger } from "../../app/hooks";
import type { FoundPerson, Problem } from "../../realtime/state";

export interface SearchState {
  /** Null: nothing has come yet. */
  items: FoundPerson[] | null;
  next: string | null;
  running: boolean;
  problem: Problem | null;
}

const WAIT_MS = 200;
const initial: SearchState = { items: null, next: null, running: true, problem: null };

/** People by name, as one types; answers that come too late are dropped. */
export function useSearch(query: string) {
  const messenger = useMessenger();
  const [state, setState] = useState<SearchState>(initial);
  const asked = useRef(0);

  const ask = useCallback(
    async (after: string | null) => {
      const turn = ++asked.current;
      setState((old) => ({ ...old, running: true, problem: null }));
      try {
        const page = await messenger.searchPeople(query, after);
        if (turn !== asked.current) return;
        setState((old) => ({
          items: after === null ? page.items : [...(old.items ?? []), ...page.items],
          next: page.next,
          running: false,
          problem: null,
        }));
      } catch (error) {
        if (turn === asked.current) setState((old) => ({ ...old, running: false, problem: problemOf(error) }));
      }
    },
    [messenger, query],
  );

  const drop = useCallback(() => {
    asked.current++;
  }, []);

  useEffect(() => {
    const timer = setTimeout(() => void ask(null), query === "" ? 0 : WAIT_MS);
    return () => {
      clearTimeout(timer);
      drop();
    };
  }, [ask, drop, query]);

  const { next } = state;
  return {
    ...state,
    more: next === null ? null : () => void ask(next),
    again: () => void ask(null),
  };
}
