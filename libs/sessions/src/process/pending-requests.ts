import { Refusal, timing } from '@parley/contracts';
import { type Later, later } from '../later.js';

/** Called once: with the ack as JSON, or with null when none came in time. */
export type OnAck = (ack: Buffer | null) => void;

interface Pending {
  readonly onAck: OnAck;
  readonly deadline: number;
}

/** Time-outs are noticed this late at most. */
const sweepMs = 200;

/**
 * Requests of this process that wait for a reply in its inbox. All have the same time limit, so they end in the order
 * in which they began, and one timer serves them all.
 */
export class PendingRequests {
  private readonly pending = new Map<number, Pending>();
  private lastRequest = 0;
  private callOff: (() => void) | undefined;

  constructor(
    private readonly timeLimitMs: number = timing.answerTimeoutMs,
    private readonly schedule: Later = later,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.pending.size;
  }

  /** @returns the number that the reply will carry; unique in this process */
  open(onAck: OnAck): number {
    const request = ++this.lastRequest;
    this.pending.set(request, { onAck, deadline: this.now() + this.timeLimitMs });
    this.callOff ??= this.schedule(sweepMs, () => this.sweep());
    return request;
  }

  /**
   * The same with a promise of the ack as JSON.
   * It rejects with Refusal `TIMEOUT`, outcome `unknown`.
   */
  openPromise(): { request: number; ack: Promise<Buffer> } {
    let request = 0;
    const ack = new Promise<Buffer>((resolve, reject) => {
      request = this.open((answer) => {
        if (answer) resolve(answer);
        else reject(new Refusal('TIMEOUT', 'No answer in time: try again with the same id.'));
      });
    });
    return { request, ack };
  }

  /** @returns false when nobody waits for it, or not any more */
  resolve(request: number, ack: Buffer): boolean {
    const pending = this.pending.get(request);
    if (!pending) return false;
    this.pending.delete(request);
    pending.onAck(ack);
    return true;
  }

  /** Forgets a request whose command was not sent; its callback is not called. */
  cancel(request: number): void {
    this.pending.delete(request);
  }

  /** Everything that still waits ends as if its time were over. */
  close(): void {
    this.callOff?.();
    this.callOff = undefined;
    this.expire(Infinity);
  }

  private sweep(): void {
    this.callOff = undefined;
    this.expire(this.now());
    if (this.pending.size > 0) this.callOff ??= this.schedule(sweepMs, () => this.sweep());
  }

  private expire(time: number): void {
    for (const [request, { onAck, deadline }] of this.pending) {
      if (deadline > time) return;
      this.pending.delete(request);
      onAck(null);
    }
  }
}
