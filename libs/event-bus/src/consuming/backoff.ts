export interface BackoffOptions {
  /** The first pause; each further one is twice as long (default 100). */
  readonly minMs?: number;
  /** The longest pause (default 5,000). */
  readonly maxMs?: number;
  /** From 0 to 1 (exclusive); replaced in tests. */
  readonly random?: () => number;
}

/** Pauses between attempts: doubling, with jitter of ±25 %, so that many who failed together do not return together. */
export class Backoff {
  private attempts = 0;

  constructor(private readonly options: BackoffOptions = {}) {}

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const { minMs = 100, maxMs = 5_000, random = Math.random } = this.options;
    const pause = Math.min(maxMs, minMs * 2 ** Math.min(this.attempts++, 30));
    return Math.round(pause * (0.75 + random() / 2));
  }

  reset(): void {
    this.attempts = 0;
  }
}
