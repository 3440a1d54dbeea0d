import type { ReceivedRecord } from './records.js';

/** Records between two offsets are gone: deleted by retention, or the topic was made anew. */
export interface Jump {
  readonly topic: string;
  readonly partition: number;
  readonly expectedOffset: number;
  readonly foundOffset: number;
}

export interface FollowOptions {
  readonly topics: readonly string[];
  /** `{ time }`: from the first record at or after it; milliseconds since the epoch. */
  readonly from: 'earliest' | 'latest' | { readonly time: number };
  /**
   * As in a group's subscription: after records came, others may gather for so long, once all that stood in the log is
   * read. Milliseconds (default 0).
   */
  readonly gatherMs?: number;
  /**
   * Receives records in order per partition. The next ones come when it has resolved. It must not throw on what a
   * record contains; when it rejects, the same records are handed over again after a pause.
   */
  onRecords(records: readonly ReceivedRecord[]): void | Promise<void>;
  /** Told before the records that follow it. Gaps that compaction leaves are no jump. */
  onJump?(jump: Jump): void;
}

export interface Following {
  /** Resolves when everything that stood in the log when `follow` was called has been handed over. */
  readonly caughtUp: Promise<void>;
  /** The offset that is read next. */
  position(topic: string, partition: number): number;
  stop(): Promise<void>;
}

/**
 * Reads whole topics, every record in every process that follows, without a shared place: a follower keeps its own,
 * also over broker failures and reconnects.
 */
export abstract class LogReader {
  /** Resolves when the starting offsets are fixed: with `latest`, whatever is published from then on is received. */
  abstract follow(options: FollowOptions): Promise<Following>;
}
