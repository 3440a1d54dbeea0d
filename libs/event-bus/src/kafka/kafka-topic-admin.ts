import { TopicAdmin, type TopicSpec } from '../ports/topic-admin.js';
import type { TopicRegistry } from './topic-registry.js';
import { type ClusterClient, latest, type OffsetQuery } from './wire/cluster-client.js';
import { errorCode, throwIfError } from './wire/error-codes.js';
import { offsetsAt } from './wire/offsets-at.js';
import { retryTransient } from './wire/retry-transient.js';

export interface ReplicationOptions {
  /** Copies of each partition (default 1). */
  readonly replicationFactor: number;
  /** Copies that must have a record before it counts as written (default 1). */
  readonly minInsyncReplicas: number;
}

const minute = 60_000;
/** How long `ensure` waits for brokers that do not answer, and for leaders of new topics. */
const ensureTimeoutMs = 30_000;
const endOffsetsTimeoutMs = 5_000;

export class KafkaTopicAdmin extends TopicAdmin {
  constructor(
    private readonly client: ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly replication: ReplicationOptions,
  ) {
    super();
  }

  override async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const names = specs.map((spec) => spec.name);
    const created = new Set<string>();
    await retryTransient(ensureTimeoutMs, async () => {
      await this.client.refresh(names);
      const missing = specs.filter((spec) => this.client.isUnknown(spec.name));
      if (missing.length > 0) {
        await this.create(missing);
        for (const { name } of missing) created.add(name);
        await this.client.refresh(names);
      }
      const leaderless = specs.find((spec) => !this.hasLeaders(spec));
      if (leaderless) throw new Error(`topic ${leaderless.name} has no leaders yet`);
      // A broker may be named as leader before it knows: only its answer proves that it is.
      await this.client.listOffsets([...created].flatMap((name) => this.endQueries(name)));
    });
    for (const spec of specs) {
      const count = this.client.partitionCount(spec.name);
      if (count !== spec.partitions) {
        throw new Error(`topic ${spec.name} has ${count} partitions, expected ${spec.partitions}`);
      }
      this.registry.add(spec);
    }
  }

  override async endOffsets(topic: string): Promise<readonly number[]> {
    const partitions = this.registry.partitionsOf([topic]);
    return retryTransient(endOffsetsTimeoutMs, (attempt) =>
      offsetsAt(this.client, partitions, latest, attempt),
    );
  }

  private hasLeaders({ name }: TopicSpec): boolean {
    const queries = this.endQueries(name);
    return queries.length > 0 && queries.every((each) => this.client.leaderOf(each) !== undefined);
  }

  private endQueries(topic: string): OffsetQuery[] {
    const count = this.client.partitionCount(topic) ?? 0;
    return Array.from({ length: count }, (_, partition) => ({ topic, partition, timestamp: latest }));
  }

  private async create(specs: readonly TopicSpec[]): Promise<void> {
    const topics = specs.map((spec) => ({
      topic: spec.name,
      numPartitions: spec.partitions,
      replicationFactor: this.replication.replicationFactor,
      configEntries: Object.entries(configOf(spec, this.replication)).map(([name, value]) => ({
        name,
        value,
      })),
    }));
    const answer = await this.client.sendToAny<{ topicErrors: { topic: string; errorCode: number }[] }>(
      'CreateTopics',
      { topics, timeout: 5_000 },
      7_000,
    );
    for (const { topic, errorCode: code } of answer.topicErrors) {
      if (code !== errorCode.topicAlreadyExists) throwIfError(code, `creating topic ${topic}`);
    }
  }
}

function configOf(spec: TopicSpec, { minInsyncReplicas }: ReplicationOptions): Record<string, string> {
  const common = {
    'min.insync.replicas': String(minInsyncReplicas),
    'message.timestamp.type': spec.brokerTime ? 'LogAppendTime' : 'CreateTime',
  };
  if (!spec.compacted)
    return { ...common, 'cleanup.policy': 'delete', 'retention.ms': String(spec.retentionMs) };
  return {
    ...common,
    'cleanup.policy': 'compact',
    // The segment that is written to is never compacted: without these a quiet topic would keep everything.
    'segment.ms': String(10 * minute),
    'max.compaction.lag.ms': String(10 * minute),
    'delete.retention.ms': String(15 * minute),
  };
}
