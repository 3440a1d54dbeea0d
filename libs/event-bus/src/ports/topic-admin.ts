/** What has to be known of a topic to create and use it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly compacted?: boolean;
  readonly bundled?: boolean;
  readonly brokerTime?: boolean;
}

export abstract class TopicAdmin {
  /**
   * Creates the topics that do not exist and makes them known to this process; a topic must be ensured before it
   * is published to or read. Never deletes or changes one.
   * @throws Error when one exists with another number of partitions
   */
  abstract ensure(topics: readonly TopicSpec[]): Promise<void>;
  /** Per partition the offset that the next record will get. */
  abstract endOffsets(topic: string): Promise<readonly number[]>;
}
