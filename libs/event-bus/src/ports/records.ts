/** A record to be written. */
export interface OutgoingRecord {
  readonly topic: string;
  /** Kept with the record; what a compacted topic keeps the last record of. */
  readonly key?: string;
  /** What decides the partition; the key where absent, any partition where both are. */
  readonly partitionBy?: string;
  /** Null is a tombstone. */
  readonly value: string | null;
}

/** A record, or one item of a bundled record, as it was read. */
export interface ReceivedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Place in the bundle; 0 where the topic is not bundled. `offset` and `index` together are the position. */
  readonly index: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** Milliseconds since the epoch: the broker's clock on topics with `brokerTime`, otherwise the writer's. */
  readonly timestamp: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where a record was written. */
export interface WrittenAt extends TopicPartition {
  readonly offset: number;
  readonly index: number;
}
