/** The engine's surroundings in a real page. */
import type { Environment, RawSocket, WriterLock } from "./environment";

export function browserEnvironment(): Environment {
  return {
    origin: "",
    fetch: (input, init) => fetch(input, init),
    openSocket: () => new WebSocket(`${location.origin.replace(/^http/u, "ws")}/ws`) as RawSocket,
    locks: { request: (name, work) => navigator.locks.request(name, work) },
    writer: writerLock(),
    clock: {
      now: () => Date.now(),
      after: (ms, work) => {
        const timer = setTimeout(work, ms);
        return () => clearTimeout(timer);
      },
    },
    random: () => Math.random(),
    network: {
      isOnline: () => navigator.onLine,
      onChange: (listener) => {
        addEventListener("online", listener);
        addEventListener("offline", listener);
        return () => {
          removeEventListener("online", listener);
          removeEventListener("offline", listener);
        };
      },
    },
    notes: {
      get: (name) => localStorage.getItem(name),
      set: (name, value) => (value === null ? localStorage.removeItem(name) : localStorage.setItem(name, value)),
    },
    defect: (error) => reportError(error),
  };
}

/** A lock is held for as long as a promise is open, and lost when another tab steals it. */
function writerLock(): WriterLock {
  let release: (() => void) | null = null;
  return {
    acquire: (name, steal, lost) =>
      new Promise((resolve) => {
        if (release !== null) {
          resolve(true);
          return;
        }
        navigator.locks
          .request(name, steal ? { steal } : { ifAvailable: true }, (lock) => {
            resolve(lock !== null);
            return lock === null ? undefined : new Promise<void>((done) => (release = done));
          })
          .catch(() => {
            release = null;
            lost();
          });
      }),
    release: () => {
      release?.();
      release = null;
    },
  };
}
