import { TokenBucket } from './token-bucket.js';

/** One bucket per device, so that several sockets, or a reconnect, give no additional commands. */
export class DeviceRates {
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(private readonly limits: { commandsPerSecond: number; commandBurst: number }) {}

  /** @returns 0 when the device may send a command now, otherwise in how many milliseconds it may */
  take(device: { userId: string; deviceId: string }, now: number): number {
    // A client chooses its device id where its token names none, so the user belongs to the key.
    const key = `${device.userId}/${device.deviceId}`;
    let bucket = this.buckets.get(key);
    if (!bucket) {
      bucket = new TokenBucket(this.limits.commandsPerSecond, this.limits.commandBurst, now);
      this.buckets.set(key, bucket);
    }
    return bucket.take(now);
  }

  /** Forgets buckets that are full: a new one would be the same. */
  forgetIdle(now: number): void {
    for (const [key, bucket] of this.buckets) if (bucket.isFull(now)) this.buckets.delete(key);
  }

  get size(): number {
    return this.buckets.size;
  }
}
