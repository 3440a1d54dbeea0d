import { whyUnwritable } from '../partitioning/check-record.js';
import { partitionOf } from '../partitioning/partition-of.js';
import { PublishError, Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import { TopicAdmin, type TopicSpec } from '../ports/topic-admin.js';
import { type MemoryLimits, MemoryPartition } from './memory-partition.js';

/** A topic and who waits for its records. */
export class MemoryTopic {
  readonly partitions: MemoryPartition[];
  private readonly readers = new Set<() => void>();

  constructor(
    readonly spec: TopicSpec,
    limits: MemoryLimits,
  ) {
    this.partitions = Array.from({ length: spec.partitions }, (_, p) => new MemoryPartition(spec, p, limits));
  }

  wakeReaders(): void {
    for (const wake of this.readers) wake();
  }

  onAppended(wake: () => void): () => void {
    this.readers.add(wake);
    return () => this.readers.delete(wake);
  }
}

/** All topics of one process. */
export class MemoryTopics extends TopicAdmin {
  private readonly topics = new Map<string, MemoryTopic>();

  constructor(private readonly limits: MemoryLimits) {
    super();
  }

  override async ensure(specs: readonly TopicSpec[]): Promise<void> {
    for (const spec of specs) {
      const existing = this.topics.get(spec.name);
      if (existing && existing.spec.partitions !== spec.partitions) {
        throw new Error(
          `topic ${spec.name} has ${existing.spec.partitions} partitions, expected ${spec.partitions}`,
        );
      }
      if (!existing) this.topics.set(spec.name, new MemoryTopic(spec, this.limits));
    }
  }

  override async endOffsets(topic: string): Promise<readonly number[]> {
    return this.get(topic).partitions.map((partition) => partition.endOffset);
  }

  find(name: string): MemoryTopic | undefined {
    return this.topics.get(name);
  }

  /** @throws Error for a topic that was not ensured */
  get(name: string): MemoryTopic {
    const topic = this.topics.get(name);
    if (!topic) throw new Error(`unknown topic ${name}: ensure it before it is used`);
    return topic;
  }

  trim(now: number): void {
    for (const topic of this.topics.values()) for (const partition of topic.partitions) partition.trim(now);
  }
}

/** Appends at once: two publishes are written in the order of their calls. */
export class MemoryPublisher extends Publisher {
  private publishes = 0;

  constructor(private readonly topics: MemoryTopics) {
    super();
  }

  override async publish(records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    const publish = this.publishes++;
    const now = Date.now();
    const written = new Array<WrittenAt>(records.length);
    const touched = new Set<MemoryTopic>();
    const refused = new Map<number, string>();
    for (const [position, record] of records.entries()) {
      const topic = this.topics.find(record.topic);
      const value = record.value === null ? null : Buffer.from(record.value);
      const reason = topic
        ? whyUnwritable(record, topic.spec, value?.length ?? 0)
        : `unknown topic ${record.topic}`;
      const chosenBy = record.partitionBy ?? record.key;
      const count = topic?.partitions.length ?? 1;
      const partition =
        topic?.partitions[chosenBy === undefined ? publish % count : partitionOf(chosenBy, count)];
      if (!topic || !partition || reason !== undefined) {
        refused.set(position, reason ?? 'no such partition');
        continue;
      }
      written[position] = partition.append(record, value, now, publish);
      touched.add(topic);
    }
    for (const topic of touched) topic.wakeReaders();
    if (refused.size > 0) {
      const confirmed = new Map([...written.entries()].filter(([position]) => !refused.has(position)));
      const reasons = [...new Set(refused.values())].join('; ');
      throw new PublishError(reasons, [...refused.keys()], { written: confirmed });
    }
    return written;
  }
}
