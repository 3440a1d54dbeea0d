import type { BusLog } from '../../bus-log.js';
import { type Consumption, GroupConsumer, type GroupSubscription } from '../../ports/group-consumer.js';
import type { TopicRegistry } from '../topic-registry.js';
import type { ClusterClient } from '../wire/cluster-client.js';
import { KafkaConsumption } from './kafka-consumption.js';

export class KafkaGroupConsumer extends GroupConsumer {
  private readonly consumptions = new Set<KafkaConsumption>();

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

  async stopAll(): Promise<void> {
    await Promise.all([...this.consumptions].map((consumption) => consumption.stop()));
    this.consumptions.clear();
  }
}
