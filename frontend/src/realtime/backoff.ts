/** Full jitter: anywhere between zero and a ceiling that doubles, so that clients of a restarted server do not return together. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly random: () => number,
    private readonly first = 1_000,
    private readonly ceiling = 30_000,
  ) {}

  next(): number {
    const limit = Math.min(this.ceiling, this.first * 2 ** this.#attempt);
    if (limit < this.ceiling) this.#attempt += 1;
    return this.random() * limit;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
