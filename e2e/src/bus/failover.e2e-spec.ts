import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createKafkaBus, type EventBus, OrderedPublisher, PublishError } from '@parley/event-bus';
import { followInto, KafkaOperator, Seen, textOf, unique } from '@parley/event-bus/testing';
import { type BusKafka, startBusKafka } from './bus-kafka.js';

const replicas = { replicationFactor: 3, minInsyncReplicas: 2 };
let kafka: BusKafka;
let bus: EventBus;
let operator: KafkaOperator;
let topic: string;

beforeAll(async () => {
  kafka = await startBusKafka({ brokers: 3 });
  bus = createKafkaBus({ brokers: kafka.addresses, clientId: 'test', ...replicas });
  operator = await KafkaOperator.connect(kafka.addresses);
}, 120_000);
afterAll(async () => {
  await bus?.close();
  await operator?.close();
  await kafka?.stop();
}, 60_000);
beforeEach(async () => {
  topic = unique('events');
  await bus.topics.ensure([{ name: topic, partitions: 6, retentionMs: 600_000 }]);
});

/** Twelve lanes that write numbers without a pause until told to stop. */
class Writer {
  readonly confirmed = new Seen<number>();
  private readonly ordered = new OrderedPublisher(bus.publisher, { timeoutMs: 15_000 });
  private stopped = false;
  private readonly writing = Promise.all(Array.from({ length: 12 }, (_, lane) => this.write(lane)));

  async stop(): Promise<readonly number[]> {
    this.stopped = true;
    await this.writing;
    return this.confirmed.items;
  }

  private async write(lane: number): Promise<void> {
    const key = `key-${lane}`;
    for (let n = lane; !this.stopped; n += 12) {
      if (await this.append(key, String(n))) this.confirmed.add(n);
    }
  }

  /** @returns whether it is confirmed */
  private append(key: string, value: string): Promise<boolean> {
    return new Promise((resolve) =>
      this.ordered.append({
        lane: key,
        record: { topic, key, value },
        onWritten: () => resolve(true),
        onFailed: () => resolve(false),
      }),
    );
  }
}

async function expectAllInLog(confirmed: readonly number[]): Promise<void> {
  const { following, seen } = await followInto(bus, topic);
  await following.caughtUp;
  await following.stop();
  const inLog = new Set(seen.items.map(textOf));
  expect(confirmed.filter((n) => !inLog.has(String(n)))).toEqual([]);
  const highest = new Map<string | null, number>();
  for (const record of seen.items) {
    const number = Number(textOf(record));
    const before = highest.get(record.key) ?? -1;
    // A record may stand there twice, but never after a later one of its key.
    expect(number).toBeGreaterThanOrEqual(before);
    highest.set(record.key, number);
  }
}

test('what was confirmed while leaders move is in the log, in order', async () => {
  const writer = new Writer();
  await writer.confirmed.count(100);
  for (let partition = 0; partition < 6; partition++) {
    const leader = await operator.leaderOf(topic, partition);
    const others = [1, 2, 3].filter((id) => id !== leader);
    await operator.move(topic, partition, others);
    while ((await operator.leaderOf(topic, partition)) === leader);
  }
  await writer.confirmed.count(writer.confirmed.items.length + 100);
  await expectAllInLog(await writer.stop());
}, 120_000);

test('what was confirmed before and after the death of a broker is in the log, in order', async () => {
  const { seen } = await followInto(bus, topic, { from: 'latest' });
  const writer = new Writer();
  await writer.confirmed.count(100);
  const victim = kafka.brokers.find(({ id }) => id === 2);
  await victim?.kill('SIGKILL');
  await writer.confirmed.count(writer.confirmed.items.length + 500);
  await victim?.start();
  await kafka.ready();
  const confirmed = await writer.stop();
  await expectAllInLog(confirmed);
  await seen.until((items) => {
    const values = new Set(items.map(textOf));
    return confirmed.every((n) => values.has(String(n)));
  });
}, 180_000);

test('a broker that does not answer holds up its own partitions only', async () => {
  const leaders = await Promise.all(
    [0, 1, 2, 3, 4, 5].map((partition) => operator.leaderOf(topic, partition)),
  );
  const keys = new Map<number, string>();
  for (let n = 0; keys.size < 6; n++) {
    const [at] = await bus.publisher.publish([{ topic, key: `k${n}`, value: 'probe' }]);
    if (at && !keys.has(at.partition)) keys.set(at.partition, `k${n}`);
  }
  const silent = kafka.brokers.find(({ id }) => id === leaders[0]);
  await silent?.kill('SIGSTOP');
  try {
    const records = [...keys].sort(([a], [b]) => a - b).map(([, key]) => ({ topic, key, value: 'x' }));
    const error = await bus.publisher
      .publish(records, { timeoutMs: 1_500 })
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PublishError);
    const { unconfirmed, written } = error as PublishError;
    expect(unconfirmed).toContain(0);
    // Replicas elsewhere are in sync, so partitions of the others may be confirmed, and none is both.
    for (const position of unconfirmed) expect(written.has(position)).toBe(false);
    expect(unconfirmed.length + written.size).toBe(6);
  } finally {
    await silent?.kill('SIGCONT');
  }
}, 120_000);
