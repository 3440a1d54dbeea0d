/** Allows a burst, then a steady rate. */
export class TokenBucket {
  private tokens: number;
  private filledAt: number;

  /** @param now milliseconds, of any clock that does not go back */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.tokens = burst;
    this.filledAt = now;
  }

  /** @returns 0 when one may pass now, otherwise in how many milliseconds the next one may */
  take(now: number): number {
    this.fill(now);
    if (this.tokens < 1) return Math.ceil(((1 - this.tokens) / this.perSecond) * 1000);
    this.tokens -= 1;
    return 0;
  }

  isFull(now: number): boolean {
    this.fill(now);
    return this.tokens >= this.burst;
  }

  private fill(now: number): void {
    if (now <= this.filledAt) return;
    this.tokens = Math.min(this.burst, this.tokens + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
  }
}
