/** What the engine takes from its surroundings, so that it runs in a page and, two people at a time, under Node. */
import type { Locks } from "../api/tokens";

export interface Clock {
  now(): number;
  /** Calls once after `ms`; the returned function takes it back. */
  after(ms: number, work: () => void): () => void;
}

/** The part of WebSocket that is used. */
export interface RawSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** Whether the browser has a network, and when that changes. */
export interface Network {
  isOnline(): boolean;
  /** Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** `free`: if nobody has it. `steal`: from the tab that has it. `wait`: once the tab that has it lets go, or dies. */
export type Claim = "free" | "steal" | "wait";

/** The writer's lock of this browser: one tab at a time. */
export interface WriterLock {
  /** Whether this tab has it now; `lost` is called when another tab takes it. Any other call ends a `wait`, with false. */
  acquire(name: string, claim: Claim, lost: () => void): Promise<boolean>;
  release(): void;
}

/** Small notes that survive a reload and hold no secret. */
export interface Notes {
  get(name: string): string | null;
  set(name: string, value: string | null): void;
}

/** A file that is being put together; nothing of it is left after `drop`. */
export interface Scratch {
  write(bytes: Uint8Array): Promise<void>;
  finish(type: string): Promise<Blob>;
  drop(): Promise<void>;
}

export interface Environment {
  /** Origin of app_service; empty for the page's own. */
  readonly origin: string;
  /** Whether the refresh token is a cookie; a page of another origin keeps it in the sealed store. */
  readonly cookies: boolean;
  readonly fetch: typeof fetch;
  readonly openSocket: () => RawSocket;
  readonly locks: Locks;
  readonly writer: WriterLock;
  readonly clock: Clock;
  readonly random: () => number;
  readonly network: Network;
  readonly notes: Notes;
  readonly scratch: () => Promise<Scratch>;
  /** Removes every file that was put together here, of whatever page. */
  readonly clearScratch: () => Promise<void>;
  /** How many bytes the browser would still keep for this origin, as it says itself. */
  readonly room: () => Promise<number>;
  /** A defect of the client itself: neither the network nor a broken rule. */
  readonly defect: (error: unknown) => void;
}
