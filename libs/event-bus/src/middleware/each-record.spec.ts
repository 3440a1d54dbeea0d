import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createMemoryBus, type MemoryBus } from '../memory/create-memory-bus.js';
import type { ReceivedRecord } from '../ports/records.js';
import { type DeadLetter, DeadLetters } from './dead-letters.js';
import { eachRecord, type EachRecordOptions } from './each-record.js';

const backoff = { minMs: 1, maxMs: 2 };
const topics = ['events', 'bundles', 'events.dead-letter', 'bundles.dead-letter'];
class DatabaseGone extends Error {}

let bus: MemoryBus;
beforeEach(async () => {
  bus = createMemoryBus();
  await bus.topics.ensure(
    topics.map((name) => ({ name, partitions: 1, retentionMs: 1e6, bundled: name === 'bundles' })),
  );
});
afterEach(() => bus.close());

/** Consumes `topic` with a handler, until `count` records are handled or put away. */
async function consume(topic: string, count: number, options: Partial<EachRecordOptions>) {
  const handled: string[] = [];
  const letters: DeadLetter[] = [];
  await new Promise<void>((resolve) => {
    const check = () => handled.length + letters.length === count && resolve();
    void bus.reader.follow({
      topics: ['events.dead-letter', 'bundles.dead-letter'],
      from: 'earliest',
      onRecords: (records) => {
        for (const { value } of records) letters.push(JSON.parse(String(value)) as DeadLetter);
        check();
      },
    });
    const onBatch = eachRecord({
      handler: 'test',
      deadLetters: new DeadLetters(bus.publisher),
      backoff,
      ...options,
      handle: async (record) => {
        await options.handle?.(record);
        handled.push(String(record.value));
        check();
      },
    });
    void bus.consumer.consume({ group: 'readers', topics: [topic], onBatch });
  });
  return { handled, letters };
}

const poison = ({ value }: ReceivedRecord) => {
  if (String(value) === 'poison') throw new Error('cannot be handled');
};

test('a record that cannot be handled is put away with all that is known, and the partition goes on', async () => {
  const values = ['1', 'poison', '2'];
  await bus.publisher.publish(values.map((value) => ({ topic: 'events', key: 'k', value })));
  const { handled, letters } = await consume('events', 3, { handle: poison, maxAttempts: 3 });
  expect(handled).toEqual(['1', '2']);
  expect(letters).toEqual([
    {
      topic: 'events',
      partition: 0,
      offset: 1,
      index: 0,
      key: 'k',
      timestamp: expect.any(Number),
      failedAt: expect.any(Number),
      value: Buffer.from('poison').toString('base64'),
      handler: 'test',
      attempts: 3,
      reason: expect.stringContaining('cannot be handled'),
    },
  ]);
});

test('of a bundle only the guilty item is put away', async () => {
  await bus.publisher.publish(['1', 'poison', '2'].map((value) => ({ topic: 'bundles', value })));
  const { handled, letters } = await consume('bundles', 3, { handle: poison });
  expect(handled).toEqual(['1', '2']);
  expect(letters).toMatchObject([{ topic: 'bundles', offset: 0, index: 1 }]);
});

test('trouble around the handler is retried for ever and puts nothing away', async () => {
  let attempts = 0;
  await bus.publisher.publish([{ topic: 'events', value: '1' }]);
  const { handled, letters } = await consume('events', 1, {
    maxAttempts: 2,
    isTransient: (error) => error instanceof DatabaseGone,
    handle: () => {
      if (++attempts < 20) throw new DatabaseGone();
    },
  });
  expect(handled).toEqual(['1']);
  expect(letters).toEqual([]);
});

test('a record too long for its letter is put away cut off, however long key and reason are', async () => {
  // Six bytes each in JSON.
  const long = '\u0001'.repeat(20_000);
  await bus.publisher.publish([{ topic: 'events', key: long, value: 'x'.repeat(970_000) }]);
  const handle = () => {
    throw new Error(long);
  };
  const { letters } = await consume('events', 1, { handle, maxAttempts: 1 });
  expect(letters).toMatchObject([{ valueTruncated: true, offset: 0, key: long.slice(0, 1_000) }]);
});

test('a consumption that is stopped gives up waiting, and its record comes again elsewhere', async () => {
  await bus.publisher.publish([{ topic: 'events', value: '1' }]);
  let onTried: () => void;
  const tried = new Promise<void>((resolve) => (onTried = resolve));
  const stuck = await bus.consumer.consume({
    group: 'readers',
    topics: ['events'],
    onBatch: eachRecord({
      handler: 'stuck',
      deadLetters: new DeadLetters(bus.publisher),
      isTransient: () => true,
      handle: () => {
        onTried();
        throw new DatabaseGone();
      },
      backoff: { minMs: 60_000, maxMs: 60_000 },
    }),
  });
  await tried;
  await stuck.stop();
  const { handled } = await consume('events', 1, {});
  expect(handled).toEqual(['1']);
});
