import type { BusLog } from '../../bus-log.js';
import { type Consumption, GroupConsumer, type GroupSubscription } from '../../ports/group-consumer.js';
import type { TopicRegistry } from '../topic-registry.js';
import { type ClusterClient, earliest } from '../wire/cluster-client.js';
import { offsetsAt } from '../wire/offsets-at.js';
import { retryTransient } from '../wire/retry-transient.js';
import { committedOffsets } from './committed-offsets.js';
import { KafkaConsumption } from './kafka-consumption.js';

const positionsTimeoutMs = 5_000;

export class KafkaGroupConsumer extends GroupConsumer {
  private readonly consumptions = new Set<KafkaConsumption>();
  /** For questions about groups, which no long poll may hold up. */
  private asking: ClusterClient | undefined;

  constructor(
    private readonly connect: () => ClusterClient,
    private readonly registry: TopicRegistry,
    private readonly log: BusLog,
  ) {
    super();
  }

  override async consume(subscription: GroupSubscription): Promise<Consumption> {
    const counts = new Set(subscription.topics.map((topic) => this.registry.get(topic).partitions));
    if (subscription.coPartitioned && counts.size > 1) {
      throw new Error(`${subscription.topics.join(', ')} must have the same number of partitions`);
    }
    const consumption = new KafkaConsumption(subscription, this.connect(), this.registry, this.log);
    this.consumptions.add(consumption);
    await consumption.start();
    return consumption;
  }

  override async positions(group: string, topic: string): Promise<readonly number[]> {
    const client = (this.asking ??= this.connect());
    const partitions = this.registry.partitionsOf([topic]);
    return retryTransient(positionsTimeoutMs, async (attempt) => {
      const starts = await offsetsAt(client, partitions, earliest, attempt);
      const coordinator = await client.coordinatorOf(group);
      const committed = await committedOffsets(client, { group, coordinator }, partitions);
      return committed.map((offset, index) => Math.max(offset, starts[index] ?? 0));
    });
  }

  async stopAll(): Promise<void> {
    this.asking?.close();
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
  }
}
