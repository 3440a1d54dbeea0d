import type { Frame } from '../outbound/frame.js';

/**
 * The last change of everybody for some time, as it is written to sockets: what changed between somebody's snapshot and
 * their watching would be missing otherwise.
 */
export class RecentChanges {
  private current = new Map<string, Frame>();
  private former = new Map<string, Frame>();
  private since = 0;

  /** @param keptMs each is kept for this long at least, and at most twice as long */
  constructor(private readonly keptMs: number) {}

  /** @param now milliseconds, of a clock that does not go back */
  add(userId: string, frame: Frame, now: number): void {
    if (now - this.since >= this.keptMs) {
      this.former = now - this.since < 2 * this.keptMs ? this.current : new Map<string, Frame>();
      this.current = new Map<string, Frame>();
      this.since = now;
    }
    this.current.set(userId, frame);
  }

  find(userId: string): Frame | undefined {
    return this.current.get(userId) ?? this.former.get(userId);
  }
}
