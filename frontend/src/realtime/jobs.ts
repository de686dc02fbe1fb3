/**
 * Healing in one place: a job of a key (a conversation, an account) runs one at a time, is repeated with back-off until it is
 * done, and starts at once when something happens that may help (`kick` one, `wake` all that failed).
 */
import { ApiError } from "../api/errors";
import { Backoff } from "./backoff";
import type { Clock } from "./environment";

/** What a run came to: `done`, or how long to wait (ms; `retry`: as the back-off says). */
export type Verdict = "done" | "retry" | { readonly again: number };

interface Job {
  running: boolean;
  /** Kicked while it ran. */
  kicked: boolean;
  due: number;
  /** It waits only because its last run came to nothing. */
  backingOff: boolean;
  cancel: () => void;
  readonly backoff: Backoff;
}

export interface JobsEnvironment {
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of every failed run; the job is repeated all the same until `stop`. */
  readonly failed: (error: unknown) => void;
}

export class Jobs {
  readonly #jobs = new Map<string, Job>();
  #stopped = false;

  constructor(
    private readonly environment: JobsEnvironment,
    private readonly work: (key: string) => Promise<Verdict>,
  ) {}

  /** Runs it after at most `delay`; the waiting of an earlier failure ends. */
  kick(key: string, delay = 0): void {
    if (this.#stopped) return;
    const job = this.#jobs.get(key) ?? this.#create(key);
    if (job.running) job.kicked = true;
    else this.#schedule(key, job, delay);
  }

  /** There is a line again: what waits after a failure need not wait longer, but for what the server asked for. */
  wake(): void {
    for (const [key, job] of this.#jobs) if (job.backingOff) this.kick(key);
  }

  stop(): void {
    this.#stopped = true;
    for (const job of this.#jobs.values()) job.cancel();
    this.#jobs.clear();
  }

  #create(key: string): Job {
    const backoff = new Backoff(this.environment.random);
    const job: Job = {
      running: false,
      kicked: false,
      due: Infinity,
      backingOff: false,
      cancel: () => undefined,
      backoff,
    };
    this.#jobs.set(key, job);
    return job;
  }

  #schedule(key: string, job: Job, delay: number): void {
    const due = this.environment.clock.now() + delay;
    if (job.due <= due) return;
    job.cancel();
    job.due = due;
    job.cancel = this.environment.clock.after(delay, () => void this.#run(key, job));
  }

  async #run(key: string, job: Job): Promise<void> {
    job.running = true;
    job.kicked = false;
    job.backingOff = false;
    job.due = Infinity;
    const delay = await this.work(key).then(
      (verdict) => this.#delay(job, verdict),
      (error: unknown) => {
        this.environment.failed(error);
        const asked = retryAfter(error);
        job.backingOff = asked === 0;
        return Math.max(job.backoff.next(), asked);
      },
    );
    job.running = false;
    if (this.#stopped) return;
    if (this.#jobs.get(key)?.kicked) this.#schedule(key, job, 0);
    else if (delay !== null) this.#schedule(key, job, delay);
    else this.#jobs.delete(key);
  }

  #delay(job: Job, verdict: Verdict): number | null {
    if (verdict === "retry") {
      job.backingOff = true;
      return job.backoff.next();
    }
    job.backoff.reset();
    return verdict === "done" ? null : verdict.again;
  }
}

function retryAfter(error: unknown): number {
  return error instanceof ApiError && error.retryAfter !== null ? error.retryAfter * 1000 : 0;
}
