import type { ConnectionOptions } from 'node:tls';
import { type BusLog, silent } from '../bus-log.js';
import type { EventBus } from '../ports/event-bus.js';
import { KafkaLogReader } from './fetching/kafka-log-reader.js';
import { KafkaGroupConsumer } from './groups/kafka-group-consumer.js';
import { KafkaPublisher } from './kafka-publisher.js';
import { KafkaTopicAdmin, type ReplicationOptions } from './kafka-topic-admin.js';
import { TopicRegistry } from './topic-registry.js';
import { ClusterClient } from './wire/cluster-client.js';
import { createLogger } from './wire/kafkajs-internals.js';

export interface KafkaBusOptions extends Partial<ReplicationOptions> {
  /** host:port of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas call this process. */
  readonly clientId: string;
  /** How long opening a connection may take (default 1,000). */
  readonly connectionTimeoutMs?: number;
  readonly ssl?: ConnectionOptions | true;
  /** As kafkajs takes it: `{ mechanism: 'scram-sha-512', username, password }` … */
  readonly sasl?: object;
  readonly log?: BusLog;
}

/** The bus over Apache Kafka 2.1 or later. It connects when it is first used. */
export function createKafkaBus(options: KafkaBusOptions): EventBus {
  const { brokers, clientId, connectionTimeoutMs = 1_000, ssl, sasl, log = silent } = options;
  const { replicationFactor = 1, minInsyncReplicas = 1 } = options;
  const logger = createLogger({
    level: 1,
    logCreator: () => (entry) => {
      log('warn', `kafkajs ${entry.namespace}: ${entry.log.message}`);
    },
  });
  const link = { clientId, connectionTimeoutMs, logger, ...(ssl && { ssl }), ...(sasl && { sasl }) };
  // A request that waits at the broker holds up what follows on its connection: so each use has its own.
  const connect = () => new ClusterClient(brokers, link);
  const registry = new TopicRegistry();
  const producing = connect();
  const producingApart = connect();
  const asking = connect();
  const publisher = new KafkaPublisher(producing, registry, log);
  const background = new KafkaPublisher(producingApart, registry, log);
  const consumer = new KafkaGroupConsumer(connect, registry, log);
  const reader = new KafkaLogReader(connect, registry, log);
  return {
    publisher,
    background,
    consumer,
    reader,
    topics: new KafkaTopicAdmin(asking, registry, { replicationFactor, minInsyncReplicas }),
    close: async () => {
      await Promise.all([consumer.stopAll(), reader.stopAll()]);
      await Promise.all([publisher.settled(), background.settled()]);
      producing.close();
      producingApart.close();
      asking.close();
    },
  };
}
