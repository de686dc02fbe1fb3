import type { Clock } from "../realtime/environment";

/** A clock that only moves when the test says so. */
export class TestClock implements Clock {
  #now = 1_700_000_000_000;
  #shift = 0;
  #timers: { at: number; work: () => void }[] = [];

  now(): number {
    return this.#now + this.#shift;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#now + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Somebody sets it: what waits still waits as long. */
  shift(ms: number): void {
    this.#shift += ms;
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = due.at;
      due.work();
    }
    this.#now = end;
  }
}
