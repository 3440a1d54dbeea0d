import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  createKafkaBus,
  type EventBus,
  type Jump,
  type ReceivedRecord,
  type RecordBatch,
} from '@parley/event-bus';
import { followInto, KafkaOperator, numbered, Seen, textOf, unique } from '@parley/event-bus/testing';
import { type BusKafka, startBusKafka } from './bus-kafka.js';

let kafka: BusKafka;
let operator: KafkaOperator;
let bus: EventBus;
let topic: string;

beforeAll(async () => {
  kafka = await startBusKafka({ links: ['far'] });
});
afterAll(() => kafka?.stop());
beforeEach(async () => {
  operator = await KafkaOperator.connect(kafka.addresses);
  bus = createKafkaBus({ brokers: kafka.addresses, clientId: 'test' });
  topic = unique('events');
  await bus.topics.ensure([{ name: topic, partitions: 3, retentionMs: 600_000 }]);
});
afterEach(async () => {
  kafka.links.get('far')?.heal();
  await bus.close();
  await operator.close();
});

const distinct = (items: readonly ReceivedRecord[]) => new Set(items.map(textOf)).size;

async function publishUntilConfirmed(count: number, from: number): Promise<void> {
  for (;;) {
    try {
      await bus.publisher.publish(numbered(topic, count, from), { timeoutMs: 2_000 });
      return;
    } catch (error) {
      expect(error).toMatchObject({ name: 'PublishError' });
    }
  }
}

test('everything recovers by itself when the broker was killed and comes back', async () => {
  const { seen: followed } = await followInto(bus, topic, { from: 'latest' });
  const consumed = new Seen<ReceivedRecord>();
  await bus.consumer.consume({
    group: unique('group'),
    topics: [topic],
    onBatch: async ({ records }) => consumed.add(...records),
  });
  await publishUntilConfirmed(30, 0);
  await Promise.all([followed.count(30), consumed.count(30)]);
  const [broker] = kafka.brokers;
  await broker?.kill('SIGKILL');
  const startedAt = Date.now();
  const lost = bus.publisher.publish(numbered(topic, 3, 30), { timeoutMs: 1_500 });
  await expect(lost).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0, 1, 2] });
  expect(Date.now() - startedAt).toBeLessThan(2_500);
  await broker?.start();
  await broker?.ready(1);
  await publishUntilConfirmed(30, 30);
  await followed.until((items) => distinct(items) === 60);
  await consumed.until((items) => distinct(items) === 60);
});

test('a follower that could not reach the broker for longer than any session goes on where it was', async () => {
  const link = kafka.links.get('far');
  const far = createKafkaBus({ brokers: link?.addresses ?? [], clientId: 'far' });
  try {
    await far.topics.ensure([{ name: topic, partitions: 3, retentionMs: 600_000 }]);
    const jumps: Jump[] = [];
    const { seen } = await followInto(far, topic, { from: 'latest', onJump: (jump) => jumps.push(jump) });
    await publishUntilConfirmed(10, 0);
    await seen.count(10);
    link?.cut('silent');
    await publishUntilConfirmed(20, 10);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    link?.heal();
    await publishUntilConfirmed(10, 30);
    await seen.until((items) => distinct(items) === 40);
    expect(seen.items).toHaveLength(40);
    expect(jumps).toEqual([]);
  } finally {
    await far.close();
  }
});

test('a follower is told when its topic was made anew, and reads the new one from its start', async () => {
  const jumps = new Seen<Jump>();
  const { seen } = await followInto(bus, topic, { onJump: (jump) => jumps.add(jump) });
  const inbox = (value: string) => ({ topic, key: 'inbox', value });
  for (let n = 0; n < 5; n++) await bus.publisher.publish([inbox(String(n))]);
  const items = await seen.count(5);
  await operator.deleteTopic(topic);
  const gone = await bus.publisher.publish([inbox('lost')]).catch((error: unknown) => error);
  expect(gone).toMatchObject({ name: 'PublishError', unconfirmed: [0] });
  const anew = createKafkaBus({ brokers: kafka.addresses, clientId: 'anew' });
  await anew.topics.ensure([{ name: topic, partitions: 3, retentionMs: 600_000 }]);
  await anew.publisher.publish([inbox('anew')]);
  await anew.close();
  await seen.count(6);
  expect(seen.items.map(textOf).at(-1)).toBe('anew');
  expect(jumps.items).toEqual([{ topic, partition: items[0]?.partition, expectedOffset: 5, foundOffset: 0 }]);
});

test('a group goes on in a topic that was made anew, and commits what it has read there', async () => {
  const group = unique('group');
  const seen = new Seen<ReceivedRecord>();
  const onBatch = async ({ records }: RecordBatch) => seen.add(...records);
  const publish = (value: string) => bus.publisher.publish([{ topic, key: 'one', value }]);
  const consumption = await bus.consumer.consume({ group, topics: [topic], onBatch });
  for (let n = 0; n < 5; n++) await publish(String(n));
  const [first] = await seen.count(5);
  await operator.deleteTopic(topic);
  const anew = createKafkaBus({ brokers: kafka.addresses, clientId: 'anew' });
  await anew.topics.ensure([{ name: topic, partitions: 3, retentionMs: 600_000 }]);
  await anew.publisher.publish([{ topic, key: 'one', value: 'anew' }]);
  await anew.close();
  await seen.until((items) => items.some((item) => textOf(item) === 'anew'));
  await consumption.stop();
  expect(await operator.committed(group, topic, first?.partition ?? 0)).toBe(1);
});

test('an inbox that vanished fails alone: the others get theirs, in the same publish and in later ones', async () => {
  const vanished = unique('inbox');
  await bus.topics.ensure([{ name: vanished, partitions: 1, retentionMs: 600_000 }]);
  const { seen } = await followInto(bus, topic, { from: 'latest' });
  const send = (n: number) =>
    bus.publisher.publish([
      { topic: vanished, value: String(n) },
      { topic, value: String(n) },
    ]);
  await send(0);
  await operator.deleteTopic(vanished);
  for (let n = 1; n <= 10; n++) {
    await expect(send(n)).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0] });
  }
  await seen.count(11);
  const startedAt = Date.now();
  await bus.publisher.publish([{ topic, value: 'alone' }]);
  expect(Date.now() - startedAt).toBeLessThan(1_000);
});
