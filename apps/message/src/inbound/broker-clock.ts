const WINDOW_MS = 60_000;

/**
 * The broker's clock, as well as it can be known here: the newest time that a record carried, and the time gone by
 * since then on this process's own steady clock. Never ahead of the broker, so that nothing is too old too soon.
 */
export class BrokerClock {
  /** Broker time minus steady time: the largest seen in this window and in the one before. */
  private current = -Infinity;
  private previous = -Infinity;
  private windowEnds = -Infinity;

  constructor(private readonly steadyMs: () => number = () => performance.now()) {}

  /** @param timestamp the time that the broker gave a record which was just received, milliseconds since the epoch */
  observe(timestamp: number): void {
    const steady = this.steadyMs();
    if (steady >= this.windowEnds) {
      // Windows, because the two clocks drift apart and an operator may set the broker's back.
      this.previous = this.current;
      this.current = -Infinity;
      this.windowEnds = steady + WINDOW_MS;
    }
    this.current = Math.max(this.current, timestamp - steady);
  }

  now(): number {
    return Math.max(this.current, this.previous) + this.steadyMs();
  }
}
