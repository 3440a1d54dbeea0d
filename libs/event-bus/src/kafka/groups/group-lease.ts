import type { Lease } from '../../consuming/batch-runner.js';
import { RecordQueue } from '../../consuming/record-queue.js';
import type { Cursor } from '../fetching/fetcher.js';
import type { Generation } from './group-membership.js';

/** Enough for two batches of the usual size. */
const queueLimits = { records: 2_000, bytes: 8_000_000 };

/** One partition in one generation, from one starting offset on. */
export class GroupLease implements Lease, Cursor {
  paused = false;
  readonly queue = new RecordQueue(queueLimits);
  private over = false;

  constructor(
    readonly generation: Generation,
    readonly topic: string,
    readonly partition: number,
    readonly compacted: boolean,
    /** Where fetching goes on. */
    public offset: number,
    /** Everything before it is done. */
    public committed = offset,
  ) {}

  /** Once true it stays true: whoever has seen it may have dropped records. */
  get ended(): boolean {
    this.over ||= this.generation.isOver;
    return this.over;
  }

  set ended(over: boolean) {
    this.over ||= over;
  }
}
