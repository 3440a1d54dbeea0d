import { afterAll, beforeAll } from '@jest/globals';
import { createKafkaBus } from '@parley/event-bus';
import { type BusUnderTest, describeEventBus, KafkaOperator } from '@parley/event-bus/testing';
import { type BusKafka, startBusKafka } from './bus-kafka.js';

let kafka: BusKafka;
let operator: KafkaOperator;

beforeAll(async () => {
  kafka = await startBusKafka();
  operator = await KafkaOperator.connect(kafka.addresses);
});
afterAll(async () => {
  await operator?.close();
  await kafka?.stop();
});

describeEventBus('the bus over Kafka', (): BusUnderTest => ({
  connect: async () => createKafkaBus({ brokers: kafka.addresses, clientId: 'contract' }),
  dropBefore: (topic, partition, offset) => operator.dropBefore(topic, partition, offset),
}));
