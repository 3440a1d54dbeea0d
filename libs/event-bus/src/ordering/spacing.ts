export interface SpacingTime {
  /** Milliseconds. */
  readonly now: () => number;
  /** Runs something once after a delay; returns how to call it off. */
  readonly later: (delayMs: number, run: () => void) => () => void;
}

/** Replaced in tests. */
export const realTime: SpacingTime = {
  now: () => performance.now(),
  later: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Keeps apart the beginnings of what costs about as much for one as for many (a publish, a statement), so that many
 * gather under load. The first one after a quiet time does not wait: nobody who comes alone pays for it.
 */
export class Spacing {
  private restsUntil = -Infinity;
  private endRest: (() => void) | undefined;

  /** @param spacingMs between two beginnings; 0 keeps nothing apart */
  constructor(
    private readonly spacingMs: number,
    private readonly time: SpacingTime = realTime,
  ) {}

  begin(): void {
    if (this.spacingMs > 0) this.restsUntil = this.time.now() + this.spacingMs;
  }

  get isResting(): boolean {
    return this.time.now() < this.restsUntil;
  }

  /** Resolves when the next one may begin. One waits at a time. */
  async rested(): Promise<void> {
    if (!this.isResting) return;
    await new Promise<void>((resolve) => {
      const callOff = this.time.later(this.restsUntil - this.time.now(), resolve);
      this.endRest = () => {
        callOff();
        resolve();
      };
    });
    this.endRest = undefined;
  }

  /** Whoever waits need not wait any longer: enough have gathered. */
  hurry(): void {
    this.endRest?.();
  }
}
