import type { ReceivedRecord, TopicPartition } from './records.js';

/** What one process has ready at once, merged over all partitions it owns; in order within each partition. */
export interface RecordBatch {
  readonly records: readonly ReceivedRecord[];
  /** False once the partition was given to another process: stop, what is done here will not be committed. */
  readonly isOwned: (partition: TopicPartition) => boolean;
  /** Aborted when the consumption is to stop: who waits before another attempt rejects instead. */
  readonly stopping?: AbortSignal;
}

/** The handler is free for the next batch, while the rest of this one's work still goes on. */
export interface Continuing {
  /** Offsets are committed when this resolves, in order of the batches. */
  readonly finished: Promise<void>;
}

export interface GroupSubscription {
  /** Processes of one group share the partitions; each record is handled by one of them. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Partition p of every topic goes to the same process. All topics must have the same number of partitions. */
  readonly coPartitioned?: boolean;
  /** Hands a record over only when it is this old by its timestamp: the log is the timer. Milliseconds. */
  readonly delayMs?: number;
  /**
   * For who is in no hurry: after records came, others may gather for so long before they are asked for. Each asking
   * costs the broker the same, for one record as for hundreds. Milliseconds (default 0).
   */
  readonly gatherMs?: number;
  /** The most records in one batch (default 500). */
  readonly maxRecords?: number;
  /**
   * Handles a batch; the next one comes when the promise resolves. The offsets are committed then, or when
   * `finished` resolves. When either rejects, everything from the last commit on is handed over again after a pause.
   */
  onBatch(batch: RecordBatch): Promise<Continuing | void>;
  /** Called after each change with all partitions now owned, before their first batch. */
  onAssigned?(owned: readonly TopicPartition[]): void;
}

export interface Consumption {
  /** The partitions owned at this moment. */
  owned(): readonly TopicPartition[];
  /** Takes no further batch, waits for the one under way (and its `finished`), commits, leaves the group. */
  stop(): Promise<void>;
}

/**
 * Shares the records of topics among the processes of a group: at least once, in order per partition, committed
 * after the handler, and only for partitions still owned. A group that never committed begins at the earliest record.
 */
export abstract class GroupConsumer {
  /** Resolves when this process has joined the group and knows its first assignment. */
  abstract consume(subscription: GroupSubscription): Promise<Consumption>;
  /**
   * Per partition where the group goes on, in whichever process: behind what it has committed, or at the earliest
   * record that is left where that is later. Records below are handled or gone.
   */
  abstract positions(group: string, topic: string): Promise<readonly number[]>;
}
