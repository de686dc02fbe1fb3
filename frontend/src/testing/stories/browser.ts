/** A browser profile under Node (IndexedDB, cookies, locks, network) and its tabs, each with engine and store of its own. */
import { makeStore, type Store } from "../../app/store";
import type { CryptoApi } from "../../crypto/client";
import { createCrypto } from "../../crypto/protocol";
import { Engine } from "../../realtime/engine";
import type { Clock, Environment, WriterLock } from "../../realtime/environment";
import { memoryScratch } from "../../realtime/scratch";
import { TestNetwork } from "./network";

let profiles = 0;

export class Browser {
  readonly network: TestNetwork;
  /** Of the names of its databases. */
  readonly prefix = `profile-${++profiles}`;
  /** Bytes that it would still keep. */
  room = Infinity;
  readonly #notes = new Map<string, string>();
  readonly #locks = new Map<string, Promise<unknown>>();
  #writer: Hold | null = null;
  #waiting: Hold[] = [];
  tab: Tab;

  constructor(private readonly origin: string) {
    this.network = new TestNetwork(origin);
    this.tab = this.openTab();
  }

  openTab(): Tab {
    return new Tab(this.prefix, (tab) => this.#environment(tab));
  }

  /** The tab dies in the middle of whatever it does; a new one opens on the same profile. */
  async crashAndReload(): Promise<void> {
    this.crash();
    this.tab = this.openTab();
    await this.tab.engine.start();
  }

  /** The tab dies in the middle of whatever it does; the one that has waited longest goes on. */
  crash(): void {
    this.tab.crash();
    this.#waiting = this.#waiting.filter(({ tab }) => tab.lives);
    this.#give(this.#waiting.shift() ?? null);
  }

  #give(hold: Hold | null): void {
    this.#writer = hold;
    hold?.granted(true);
  }

  #environment(tab: Tab): Environment {
    const { network } = this;
    return {
      origin: this.origin,
      cookies: true,
      fetch: (input, init) => tab.alive(() => network.fetch(input, init)),
      openSocket: () => tab.own(network.openSocket()),
      locks: { request: (name, work) => this.#exclusive(name, work) },
      writer: this.#writerLock(tab),
      clock: tab.clock,
      random: Math.random,
      network: {
        isOnline: () => network.connected,
        onChange: (listener) => network.onChange(tab.whileAlive(listener)),
      },
      notes: {
        get: (name) => this.#notes.get(name) ?? null,
        set: (name, value) => {
          if (!tab.lives) return;
          if (value === null) this.#notes.delete(name);
          else this.#notes.set(name, value);
        },
      },
      scratch: () => Promise.resolve(memoryScratch()),
      clearScratch: () => Promise.resolve(),
      room: () => Promise.resolve(this.room),
      defect: (error) => tab.defects.push(error),
    };
  }

  /** Like `navigator.locks`; a dead tab's lock is not waited for. */
  async #exclusive<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#locks.get(name) ?? Promise.resolve();
    const result = Promise.race([before, new Promise((resolve) => setTimeout(resolve, 2_000))]).then(work);
    this.#locks.set(
      name,
      result.catch(() => undefined),
    );
    return result;
  }

  /** Like a tab's part in `navigator.locks`: what a dead one still asks for is never given to it. */
  #writerLock(tab: Tab): WriterLock {
    let mine: Hold | null = null;
    const stopWaiting = () => {
      if (mine === null || !this.#waiting.includes(mine)) return;
      this.#waiting = this.#waiting.filter((other) => other !== mine);
      mine.granted(false);
    };
    return {
      acquire: (_name, claim, lost) =>
        new Promise((granted) => {
          if (!tab.lives) return;
          stopWaiting();
          if (mine !== null && this.#writer === mine && claim !== "wait") {
            granted(true);
            return;
          }
          const former = this.#writer;
          if (former !== null && claim === "free") {
            granted(false);
            return;
          }
          mine = { tab, granted, lost };
          if (former !== null && claim === "wait") {
            this.#waiting.push(mine);
            return;
          }
          this.#give(mine);
          former?.lost();
        }),
      release: () => {
        stopWaiting();
        if (mine !== null && this.#writer === mine) this.#give(this.#waiting.shift() ?? null);
        mine = null;
      },
    };
  }
}

interface Hold {
  readonly tab: Tab;
  granted: (mine: boolean) => void;
  lost: () => void;
}

export class Tab {
  readonly store: Store = makeStore();
  readonly engine: Engine;
  readonly crypto: CryptoApi;
  /** Errors that should not have happened. */
  readonly defects: unknown[] = [];
  #dead = false;
  #die: () => void = () => undefined;
  /** Resolves when it crashes. */
  readonly died = new Promise<void>((resolve) => (this.#die = resolve));
  readonly #sockets = new Set<{ close(): void }>();

  constructor(prefix: string, environment: (tab: Tab) => Environment) {
    this.crypto = createCrypto(prefix);
    this.engine = new Engine(environment(this), this.crypto, (change) => {
      if (!this.#dead) this.store.dispatch(change);
    });
  }

  readonly clock: Clock = {
    now: () => Date.now(),
    after: (ms, work) => {
      const timer = setTimeout(this.whileAlive(work), ms);
      return () => clearTimeout(timer);
    },
  };

  get lives(): boolean {
    return !this.#dead;
  }

  crash(): void {
    this.#dead = true;
    this.#die();
    for (const socket of this.#sockets) socket.close();
  }

  whileAlive(work: () => void): () => void {
    return () => {
      if (!this.#dead) work();
    };
  }

  /** What a dead tab asked for never comes back to it. */
  alive<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<T>(() => undefined);
    if (this.#dead) return never;
    return work().then(
      (value) => (this.#dead ? never : value),
      (error: unknown) => (this.#dead ? never : Promise.reject(error as Error)),
    );
  }

  own<T extends { close(): void }>(socket: T): T {
    this.#sockets.add(socket);
    return socket;
  }
}
