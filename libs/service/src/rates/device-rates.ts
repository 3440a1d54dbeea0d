import { TokenBucket } from './token-bucket.js';

/** From this many devices on it looks which ones can be forgotten. */
const minForgetting = 1_000;

/** One bucket per device, so that several sockets, or a reconnect, give no additional commands. */
export class DeviceRates {
  private readonly buckets = new Map<string, TokenBucket>();
  private forgetAt = minForgetting;

  constructor(private readonly limits: { commandsPerSecond: number; commandBurst: number }) {}

  /**
   * @param device its key
   * @param now milliseconds, of any clock that does not go back
   * @returns 0 when the device may send a command now, otherwise in how many milliseconds it may
   */
  take(device: string, now: number): number {
    let bucket = this.buckets.get(device);
    if (!bucket) {
      if (this.buckets.size >= this.forgetAt) this.forgetIdle(now);
      bucket = new TokenBucket(this.limits.commandsPerSecond, this.limits.commandBurst, now);
      this.buckets.set(device, bucket);
    }
    return bucket.take(now);
  }

  get size(): number {
    return this.buckets.size;
  }

  /** Forgets buckets that are full: a new one would be the same. */
  private forgetIdle(now: number): void {
    for (const [device, bucket] of this.buckets) if (bucket.isFull(now)) this.buckets.delete(device);
    // At most one look at a bucket for each that was added.
    this.forgetAt = Math.max(minForgetting, 2 * this.buckets.size);
  }
}
