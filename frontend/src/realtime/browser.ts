/** The engine's surroundings in a real page. */
import type { Claim, Environment, RawSocket, WriterLock } from "./environment";
import { socketUrl } from "./socket";
import { clearScratch, diskScratch, memoryScratch } from "./scratch";

/** Where app_service is, for a client that is served from elsewhere (docs/deployment.md); set when it is built. */
const SERVER = ((import.meta.env.VITE_API_URL as string | undefined) ?? "").replace(/\/$/u, "");

export function browserEnvironment(): Environment {
  return {
    origin: SERVER,
    cookies: SERVER === "",
    fetch: (input, init) => fetch(input, init),
    openSocket: () => new WebSocket(socketUrl(SERVER === "" ? location.origin : SERVER)) as RawSocket,
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
    // On the disk if the browser has one for pages.
    scratch: () => diskScratch().catch(memoryScratch),
    clearScratch,
    room: async () => {
      const { quota = 0, usage = 0 } = await navigator.storage.estimate();
      return quota - usage;
    },
    defect: (error) => reportError(error),
  };
}

/** A lock is held for as long as a promise is open, and lost when another tab steals it. */
function writerLock(): WriterLock {
  let release: (() => void) | null = null;
  let waiting = new AbortController();
  const stopWaiting = () => {
    waiting.abort();
    waiting = new AbortController();
    return waiting.signal;
  };
  return {
    acquire: (name, claim, lost) =>
      new Promise((resolve) => {
        const signal = stopWaiting();
        // Who waits asks again in any case: a tab that was frozen may not know yet that its lock is gone.
        if (release !== null && claim !== "wait") {
          resolve(true);
          return;
        }
        let mine: (() => void) | null = null;
        navigator.locks
          .request(name, optionsOf(claim, signal), (lock) => {
            resolve(lock !== null);
            return lock === null ? undefined : new Promise<void>((done) => (release = mine = done));
          })
          .catch(() => {
            resolve(false);
            if (mine === null) return;
            if (release === mine) release = null;
            lost();
          });
      }),
    release: () => {
      stopWaiting();
      release?.();
      release = null;
    },
  };
}

function optionsOf(claim: Claim, signal: AbortSignal): LockOptions {
  if (claim === "wait") return { signal };
  return claim === "steal" ? { steal: true } : { ifAvailable: true };
}
