import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Pace } from './job.js';

/** Milliseconds of the clock that stamps everything in a run. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** After a refusal a closed loop waits: it must not turn an overloaded server's no into a storm. */
const AFTER_REFUSAL_MS = 100;

export interface Pacer {
  /** Calls `send` with the time at which each message ought to go. */
  start(): void;
  answered(ok: boolean): void;
  stop(): void;
}

export function createPacer(pace: Pace, send: (intendedAt: number) => void): Pacer {
  return pace.kind === 'closed' ? new ClosedLoop(pace.inFlight, send) : new OpenLoop(pace.perSecond, send);
}

/** As many as `inFlight` without an answer: each answer makes room for the next at once. */
class ClosedLoop implements Pacer {
  private running = false;

  constructor(
    private readonly inFlight: number,
    private readonly send: (intendedAt: number) => void,
  ) {}

  start(): void {
    this.running = true;
    for (let count = 0; count < this.inFlight; count += 1) this.send(clock());
  }

  answered(ok: boolean): void {
    if (!this.running) return;
    if (ok) this.send(clock());
    else setTimeout(() => this.running && this.send(clock()), AFTER_REFUSAL_MS);
  }

  stop(): void {
    this.running = false;
  }
}

/** At fixed times, answers or not, so that a slow server is not spared the load that shows its slowness. */
class OpenLoop implements Pacer {
  private worker: Worker | undefined;

  constructor(
    private readonly perSecond: number,
    private readonly send: (intendedAt: number) => void,
  ) {}

  start(): void {
    const begin = clock() + 100;
    const intervalMs = 1000 / this.perSecond;
    this.worker = new Worker(fileURLToPath(new URL('../../dist/load/metronome.js', import.meta.url)), {
      workerData: { begin, intervalMs },
    });
    this.worker.on('message', (beat: number) => this.send(begin + beat * intervalMs));
  }

  answered(): void {
    // The next message goes when its time has come.
  }

  stop(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}
