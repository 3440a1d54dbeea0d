import { type Admin, Kafka, logLevel } from 'kafkajs';

/** What people and retention do to topics, which no service does. */
export class KafkaOperator {
  private constructor(private readonly admin: Admin) {}

  static async connect(brokers: readonly string[]): Promise<KafkaOperator> {
    const kafka = new Kafka({ brokers: [...brokers], clientId: 'operator', logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    return new KafkaOperator(admin);
  }

  /** Drops the records before an offset, as retention would. */
  async dropBefore(topic: string, partition: number, offset: number): Promise<void> {
    // Asking for offsets makes kafkajs load who leads the topic, which the deletion only looks up.
    await this.admin.fetchTopicOffsets(topic);
    await this.admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.admin.deleteTopics({ topics: [topic] });
  }

  /** The offset that a group has committed; -1 where it has not. */
  async committed(group: string, topic: string, partition: number): Promise<number> {
    const [ofTopic] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] });
    return Number(ofTopic?.partitions.find((each) => each.partition === partition)?.offset ?? -1);
  }

  /**
   * Sets a group back by so many records in each partition, but not before the first. Nobody may be in the group.
   * @returns how many records will be read again
   */
  async rewind(group: string, topic: string, records: number): Promise<number> {
    const [ofTopic] = await this.admin.fetchOffsets({ groupId: group, topics: [topic] });
    const first = new Map(
      (await this.admin.fetchTopicOffsets(topic)).map((each) => [each.partition, each.low]),
    );
    let again = 0;
    const partitions = (ofTopic?.partitions ?? []).map(({ partition, offset }) => {
      const from = Math.max(Number(first.get(partition) ?? 0), Number(offset) - records);
      again += Math.max(0, Number(offset) - from);
      return { partition, offset: String(from) };
    });
    await this.admin.setOffsets({ groupId: group, topic, partitions });
    return again;
  }

  /** The broker that leads a partition. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find((each) => each.partitionId === partition)?.leader ?? -1;
  }

  /** Moves a partition to other brokers; the first one named will lead it. */
  async move(topic: string, partition: number, replicas: readonly number[]): Promise<void> {
    await this.admin.alterPartitionReassignments({
      topics: [{ topic, partitionAssignment: [{ partition, replicas: [...replicas] }] }],
    });
  }

  async close(): Promise<void> {
    await this.admin.disconnect();
  }
}
