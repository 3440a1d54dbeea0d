import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from '../../consuming/backoff.js';
import { isTransient } from './cluster-client.js';

/** Attempts again, after pauses, what fails for reasons that may pass; until the time is over, milliseconds. */
export async function retryTransient<Result>(
  withinMs: number,
  attemptOnce: (attempt: number) => Promise<Result>,
): Promise<Result> {
  const deadline = Date.now() + withinMs;
  const backoff = new Backoff({ minMs: 30, maxMs: 1_000 });
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(attempt);
    } catch (error) {
      if (!isTransient(error)) throw error;
      const pauseMs = backoff.next();
      if (Date.now() + pauseMs > deadline) throw error;
      await sleep(pauseMs);
    }
  }
}
