import type { OutgoingRecord, ReceivedRecord, WrittenAt } from '../ports/records.js';
import type { TopicSpec } from '../ports/topic-admin.js';

/** How long a tombstone stays for readers that are behind, as on the broker. */
export const tombstoneRetentionMs = 15 * 60_000;

/** Where a reader stands: the first record at or after this place is its next. */
export interface Place {
  offset: number;
  index: number;
}

export interface MemoryLimits {
  /** How many records a partition keeps once all its readers are past them. */
  readonly maxRecords: number;
  /** How many it keeps for a reader that is behind, before that one loses the oldest. */
  readonly maxUnreadRecords: number;
}

/** One partition: the records that are kept, in order, and what decides how many these are. */
export class MemoryPartition {
  /** The first offset that retention has left; compaction does not move it. */
  startOffset = 0;
  endOffset = 0;
  private records: ReceivedRecord[] = [];
  private lastPublish = -1;
  private itemsInBundle = 0;
  private readonly readers = new Set<() => number>();
  private trimAt: number;

  constructor(
    readonly spec: TopicSpec,
    readonly partition: number,
    private readonly limits: MemoryLimits,
  ) {
    this.trimAt = limits.maxRecords * 2;
  }

  /** Items that one publish writes to a bundled topic share an offset. */
  append(record: OutgoingRecord, value: Buffer | null, timestamp: number, publish: number): WrittenAt {
    const joins = this.spec.bundled === true && publish === this.lastPublish;
    const offset = joins ? this.endOffset - 1 : this.endOffset++;
    const index = joins ? this.itemsInBundle++ : 0;
    if (!joins) this.itemsInBundle = 1;
    this.lastPublish = publish;
    const { topic, key = null } = record;
    this.records.push({ topic, partition: this.partition, offset, index, key, value, timestamp });
    if (this.records.length >= this.trimAt) this.trim(timestamp);
    return { topic, partition: this.partition, offset, index };
  }

  /** Appends up to `max` records from a place on to `into` and moves the place behind them. */
  read(place: Place, max: number, into: ReceivedRecord[], writtenBefore = Infinity): number {
    const first = this.find(place);
    let at = first;
    for (; at < this.records.length && at - first < max; at++) {
      const record = this.records[at];
      if (!record || record.timestamp > writtenBefore) break;
      into.push(record);
    }
    const next = this.records[at];
    if (next) {
      place.offset = next.offset;
      place.index = next.index;
    } else {
      place.offset = this.endOffset;
      place.index = 0;
    }
    return at - first;
  }

  /** The timestamp of the record at a place; undefined at the end. */
  timestampAt(place: Place): number | undefined {
    return this.records[this.find(place)]?.timestamp;
  }

  /** The offset of the first record written at `time` or later. */
  offsetAt(time: number): number {
    return this.records.find((record) => record.timestamp >= time)?.offset ?? this.endOffset;
  }

  /** Keeps what `position` and later offsets hold, within `maxUnreadRecords`, until released. */
  hold(position: () => number): () => void {
    this.readers.add(position);
    return () => this.readers.delete(position);
  }

  /** Drops what retention by time, count or key no longer keeps. */
  trim(now: number): void {
    if (this.spec.compacted) this.compact(now);
    else this.dropOldest(now);
    this.trimAt = Math.max(this.limits.maxRecords, this.records.length) * 2;
  }

  /** Drops the records before an offset. */
  dropBefore(offset: number): void {
    this.records = this.records.slice(this.find({ offset, index: 0 }));
    this.startOffset = Math.max(this.startOffset, Math.min(offset, this.endOffset));
  }

  private dropOldest(now: number): void {
    const { maxRecords, maxUnreadRecords } = this.limits;
    const count = this.records.length;
    const read = Math.min(...[...this.readers].map((position) => position()), this.endOffset);
    const expired = this.records.findIndex((record) => record.timestamp >= now - this.spec.retentionMs);
    const surplus = Math.min(Math.max(0, count - maxRecords), this.find({ offset: read, index: 0 }));
    const drop = Math.max(expired < 0 ? count : expired, surplus, count - maxUnreadRecords);
    if (drop > 0) this.dropBefore(this.records[drop]?.offset ?? this.endOffset);
  }

  private compact(now: number): void {
    const last = new Map(this.records.map((record) => [record.key, record]));
    this.records = this.records.filter(
      (record) =>
        last.get(record.key) === record &&
        (record.value !== null || record.timestamp > now - tombstoneRetentionMs),
    );
  }

  /** The index of the first record at or after a place. */
  private find({ offset, index }: Place): number {
    if (offset >= this.endOffset) return this.records.length;
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const record = this.records[middle];
      if (record && (record.offset < offset || (record.offset === offset && record.index < index))) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
