import { Injectable } from '@nestjs/common';

/**
 * Answers of sync that are made at once. When a gateway dies, thousands ask in the same seconds: each that is in the
 * making puts some milliseconds of this process, and a connection of its pool, in front of the commands. One alone waits
 * for the database half of the time, so that fewer than this would leave it idle.
 */
const atOnce = 3;

/** Lets those who sync in one after the other, in the order in which they came. */
@Injectable()
export class SyncTurns {
  private free = atOnce;
  private readonly waiting: (() => void)[] = [];

  async take<T>(answer: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await answer();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
