import type { BusLog } from '../bus-log.js';
import type { GroupSubscription, RecordBatch } from '../ports/group-consumer.js';
import type { ReceivedRecord, TopicPartition } from '../ports/records.js';
import { Backoff } from './backoff.js';

/** One uninterrupted stretch of reading one partition. It ends when the partition is given away or read again. */
export interface Lease extends TopicPartition {
  ended: boolean;
}

/** A batch's part of one partition. */
export interface Part<L extends Lease> {
  readonly lease: L;
  /** What is committed when the batch is done: the offset of the first record that is not. */
  readonly nextOffset: number;
}

export interface TakenBatch<L extends Lease> {
  readonly records: ReceivedRecord[];
  readonly parts: Part<L>[];
}

/** Where a runner takes its records from; each adapter has one. */
export interface BatchSource<L extends Lease> {
  /** What is ready, in order per partition; undefined when nothing is. */
  take(maxRecords: number): TakenBatch<L> | undefined;
  /** Parts of a finished batch, in order of the batches; none of an ended lease. */
  commit(parts: readonly Part<L>[]): void;
  /** Ends the leases and begins new ones at the last committed offsets. */
  rewind(leases: readonly L[]): void;
}

interface BatchUnderWay<L extends Lease> {
  readonly parts: Part<L>[];
  state: 'working' | 'done' | 'failed';
}

/**
 * Hands one batch after the other to a handler, commits in order, and after a failure lets everything that is under
 * way end before the records from the last commit on come again.
 */
export class BatchRunner<L extends Lease> {
  private readonly underWay: BatchUnderWay<L>[] = [];
  private readonly backoff = new Backoff();
  private handling = false;
  private scheduled = false;
  private failed = false;
  private pause: NodeJS.Timeout | undefined;
  private readonly stopping = new AbortController();
  private onIdle: (() => void) | undefined;

  constructor(
    private readonly subscription: GroupSubscription,
    private readonly source: BatchSource<L>,
    private readonly log: BusLog,
  ) {}

  /** Something may be ready. Cheap to call often: what comes within one turn of the event loop is one batch. */
  wake(): void {
    if (this.scheduled || this.handling || this.failed || this.isStopping) return;
    this.scheduled = true;
    setImmediate(() => void this.handleNext());
  }

  /** Takes no further batch; resolves when all that is under way has ended and been handed to the source to commit. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.pause);
    await this.settled();
  }

  /** Resolves when nothing is under way at some moment. */
  settled(): Promise<void> {
    if (!this.handling && this.underWay.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const before = this.onIdle;
      this.onIdle = () => {
        before?.();
        resolve();
      };
    });
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async handleNext(): Promise<void> {
    this.scheduled = false;
    if (this.failed || this.isStopping) return;
    const taken = this.source.take(this.subscription.maxRecords ?? 500);
    if (!taken) return;
    const work: BatchUnderWay<L> = { parts: taken.parts, state: 'working' };
    this.underWay.push(work);
    this.handling = true;
    try {
      const continuing = await this.subscription.onBatch(toBatch(taken, this.stopping.signal));
      if (continuing) void this.finish(work, continuing.finished);
      else this.done(work);
    } catch (error) {
      this.fail(work, error);
    }
    this.handling = false;
    this.afterStep();
    this.wake();
  }

  private async finish(work: BatchUnderWay<L>, finished: Promise<void>): Promise<void> {
    try {
      await finished;
      this.done(work);
    } catch (error) {
      this.fail(work, error);
    }
    this.afterStep();
  }

  private done(work: BatchUnderWay<L>): void {
    work.state = 'done';
    if (!this.failed) this.backoff.reset();
    this.commitInOrder();
  }

  private fail(work: BatchUnderWay<L>, error: unknown): void {
    work.state = 'failed';
    const leases = work.parts.map((part) => part.lease).filter((lease) => !lease.ended);
    const pauseMs = this.backoff.next();
    const { group } = this.subscription;
    this.log('warn', 'A batch failed and will be handed over again', { group, pauseMs, error });
    this.source.rewind(leases);
    this.commitInOrder();
    this.failed = true;
    if (this.isStopping) return;
    clearTimeout(this.pause);
    this.pause = setTimeout(() => void this.resume(), pauseMs);
  }

  private async resume(): Promise<void> {
    const pause = this.pause;
    await this.settled();
    if (pause !== this.pause || this.isStopping) return;
    this.failed = false;
    this.wake();
  }

  private commitInOrder(): void {
    for (let first = this.underWay[0]; first && first.state !== 'working'; first = this.underWay[0]) {
      this.underWay.shift();
      if (first.state === 'failed') continue;
      const valid = first.parts.filter((part) => !part.lease.ended);
      if (valid.length > 0) this.source.commit(valid);
    }
  }

  private afterStep(): void {
    if (this.handling || this.underWay.length > 0) return;
    const told = this.onIdle;
    this.onIdle = undefined;
    told?.();
  }
}

function toBatch<L extends Lease>({ records, parts }: TakenBatch<L>, stopping: AbortSignal): RecordBatch {
  return {
    records,
    stopping,
    isOwned: ({ topic, partition }) =>
      parts.some(({ lease }) => !lease.ended && lease.partition === partition && lease.topic === topic),
  };
}
