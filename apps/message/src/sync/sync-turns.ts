import { Injectable } from '@nestjs/common';
import { Refusal } from '@parley/contracts';

/**
 * Answers of sync that are made at once. When a gateway dies, thousands ask in the same seconds: each answer in the making
 * puts some milliseconds of this process, and a connection of its pool, in front of the commands. With fewer the process
 * would idle while the database works.
 */
const atOnce = 3;
/** Whoever waits for longer is refused: clients give a request up after 15 s. Milliseconds. */
const longestWaitMs = 10_000;
/** An answer that takes longer gives its turn back: a connection that hangs stops nobody else. Milliseconds. */
const longestTurnMs = 15_000;

/** Lets those who sync in a few at a time, in the order in which they came. */
@Injectable()
export class SyncTurns {
  private free = atOnce;
  private readonly waiting = new Set<() => void>();

  /** @throws Refusal `OVERLOADED` */
  async take<T>(answer: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await this.wait();
    const turn = new Turn(() => this.next());
    try {
      return await answer();
    } finally {
      turn.end();
    }
  }

  private wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(begin);
        reject(
          new Refusal('OVERLOADED', 'Too many devices sync at once: try again.', { retryAfterMs: 2_000 }),
        );
      }, longestWaitMs);
      this.waiting.add(begin);
    });
  }

  private next(): void {
    for (const begin of this.waiting) {
      this.waiting.delete(begin);
      return begin();
    }
    this.free += 1;
  }
}

/** Ends once: when its answer is made, or when that takes too long. */
class Turn {
  private ended = false;
  private readonly timer = setTimeout(() => this.end(), longestTurnMs);

  constructor(private readonly onEnd: () => void) {}

  end(): void {
    clearTimeout(this.timer);
    if (this.ended) return;
    this.ended = true;
    this.onEnd();
  }
}
