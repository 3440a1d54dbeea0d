import { type BusLog, silent } from '../bus-log.js';
import type { EventBus } from '../ports/event-bus.js';
import { MemoryGroupConsumer } from './memory-group.js';
import { MemoryPublisher, MemoryTopics } from './memory-log.js';
import type { MemoryLimits } from './memory-partition.js';
import { MemoryLogReader } from './memory-reader.js';

export interface MemoryBusOptions extends Partial<MemoryLimits> {
  readonly log?: BusLog;
  /** How often retention is applied to topics that nothing is written to (default 30,000). */
  readonly trimEveryMs?: number;
}

export interface MemoryBus extends EventBus {
  /** Drops the records before an offset, as retention would. */
  dropBefore(topic: string, partition: number, offset: number): void;
}

/**
 * The log of one process: it keeps Kafka's promises while the process lives, and forgets all when it ends.
 * A partition keeps 5,000 records (`maxRecords`), and up to 200,000 (`maxUnreadRecords`) for a reader that is behind.
 */
export function createMemoryBus(options: MemoryBusOptions = {}): MemoryBus {
  const { maxRecords = 5_000, maxUnreadRecords = 200_000, trimEveryMs = 30_000, log = silent } = options;
  const topics = new MemoryTopics({ maxRecords, maxUnreadRecords });
  const consumer = new MemoryGroupConsumer(topics, log);
  const reader = new MemoryLogReader(topics, log);
  const trimming = setInterval(() => topics.trim(Date.now()), trimEveryMs).unref();
  return {
    publisher: new MemoryPublisher(topics),
    background: new MemoryPublisher(topics),
    consumer,
    reader,
    topics,
    dropBefore: (topic, partition, offset) => topics.get(topic).partitions[partition]?.dropBefore(offset),
    close: async () => {
      clearInterval(trimming);
      await Promise.all([consumer.stopAll(), reader.stopAll()]);
    },
  };
}
