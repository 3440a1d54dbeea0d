import type { BusLog } from '../bus-log.js';
import { whyUnwritable } from '../partitioning/check-record.js';
import { partitionOf } from '../partitioning/partition-of.js';
import { PublishError, Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import type { TopicSpec } from '../ports/topic-admin.js';
import type { ClusterClient } from './wire/cluster-client.js';
import { ProduceAttempt, type PartitionWork } from './produce-attempt.js';
import { packBundles, packSingly, type PositionedRecord } from './record-codec.js';
import type { TopicRegistry } from './topic-registry.js';

const defaultTimeoutMs = 5_000;
/** For so long after brokers said that a topic does not exist, records for it fail without being sent. */
const absentForMs = 1_000;

/** Writes through one connection per broker: requests to a broker are answered in the order they were sent. */
export class KafkaPublisher extends Publisher {
  private publishes = 0;
  private readonly absentUntil = new Map<string, number>();
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly client: ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly log: BusLog,
  ) {
    super();
  }

  override publish(
    records: readonly OutgoingRecord[],
    { timeoutMs = defaultTimeoutMs }: { timeoutMs?: number } = {},
  ): Promise<WrittenAt[]> {
    const publishing = this.write(records, timeoutMs);
    const ended = publishing.then(
      () => undefined,
      () => undefined,
    );
    this.underWay.add(ended);
    void ended.then(() => this.underWay.delete(ended));
    return publishing;
  }

  /** Resolves when no publish is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private async write(records: readonly OutgoingRecord[], timeoutMs: number): Promise<WrittenAt[]> {
    const refused = new Map<number, string>();
    const works = this.distribute(records, refused);
    const written = new Array<WrittenAt>(records.length);
    if (works.length > 0) {
      const attempt = new ProduceAttempt(this.client, works, Date.now() + timeoutMs, this.log);
      const failed = await attempt.run((position, at) => (written[position] = at));
      for (const [position, reason] of failed) refused.set(position, reason);
      for (const topic of attempt.absentTopics) this.absentUntil.set(topic, Date.now() + absentForMs);
    }
    if (refused.size === 0) return written;
    const confirmed = new Map([...written.entries()].filter(([position]) => !refused.has(position)));
    const unconfirmed = [...refused.keys()].sort((a, b) => a - b);
    throw new PublishError([...new Set(refused.values())].join('; '), unconfirmed, { written: confirmed });
  }

  private distribute(records: readonly OutgoingRecord[], refused: Map<number, string>): PartitionWork[] {
    const publish = this.publishes++;
    const works = new Map<string, Map<number, PositionedRecord[]>>();
    for (const [position, record] of records.entries()) {
      const spec = this.registry.find(record.topic);
      const reason = this.whyRefused(record, spec);
      if (!spec || reason !== undefined) {
        refused.set(position, reason ?? '');
        continue;
      }
      const chosenBy = record.partitionBy ?? record.key;
      const partition =
        chosenBy === undefined ? publish % spec.partitions : partitionOf(chosenBy, spec.partitions);
      let partitions = works.get(record.topic);
      if (!partitions) works.set(record.topic, (partitions = new Map<number, PositionedRecord[]>()));
      const items = partitions.get(partition);
      if (items) items.push({ position, record });
      else partitions.set(partition, [{ position, record }]);
    }
    return [...works].flatMap(([topic, partitions]) => {
      const pack = this.registry.get(topic).bundled ? packBundles : packSingly;
      return [...partitions].map(([partition, items]) => ({ topic, partition, queue: pack(items) }));
    });
  }

  private whyRefused(record: OutgoingRecord, spec: TopicSpec | undefined): string | undefined {
    if (!spec) return `unknown topic ${record.topic}`;
    if (this.absentUntil.size > 0) {
      const until = this.absentUntil.get(record.topic);
      if (until !== undefined && Date.now() < until) return `topic ${record.topic} does not exist`;
      if (until !== undefined) this.absentUntil.delete(record.topic);
    }
    return whyUnwritable(record, spec, record.value === null ? 0 : Buffer.byteLength(record.value));
  }
}
