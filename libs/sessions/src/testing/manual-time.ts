import type { Later } from '../later.js';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** Time that passes only when the test says so. */
export class ManualTime {
  private time = 0;
  private waiting: Due[] = [];

  readonly now = (): number => this.time;

  readonly later: Later = (delayMs, run) => {
    const due = { at: this.time + delayMs, run };
    this.waiting.push(due);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== due);
    };
  };

  /** Runs what becomes due, and lets everything that follows from it happen. */
  async pass(milliseconds: number): Promise<void> {
    await quiet();
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.waiting = this.waiting.filter((other) => other !== next);
      this.time = next.at;
      next.run();
      await quiet();
    }
    this.time = end;
  }
}

/** The bus in memory hands over with setImmediate: after some turns of the event loop all that was caused has happened. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
