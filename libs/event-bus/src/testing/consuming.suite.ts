import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Continuing, GroupSubscription, RecordBatch } from '../ports/group-consumer.js';
import type { EventBus } from '../ports/event-bus.js';
import type { ReceivedRecord } from '../ports/records.js';
import { DeadLetters, deadLetterTopicOf } from '../middleware/dead-letters.js';
import { eachRecord } from '../middleware/each-record.js';
import {
  assertOrderPerKey,
  type BusUnderTest,
  BusTest,
  followInto,
  Gate,
  numbered,
  Seen,
  textOf,
  unique,
} from './bus-under-test.js';

type OnBatch = (batch: RecordBatch) => Promise<Continuing | void>;

const texts = (records: readonly ReceivedRecord[]) => records.map(textOf);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => String(n));
const numerically = (a: string, b: string) => Number(a) - Number(b);

export function describeConsuming(makeBus: () => BusUnderTest): void {
  describe('consuming in a group', () => {
    let t: BusTest;
    let group: string;
    beforeEach(() => {
      t = new BusTest(makeBus());
      group = unique('group');
    });
    afterEach(() => t.closeAll());

    const one = async (spec: Parameters<BusTest['connectTo']>[0]) => {
      const { topic, buses } = await t.connectTo(spec);
      return { topic, bus: buses[0] as EventBus };
    };
    const consume = (bus: EventBus, topic: string, onBatch: OnBatch, more: Partial<GroupSubscription> = {}) =>
      bus.consumer.consume({ group, topics: [topic], onBatch, ...more });
    const collect = (seen: Seen<ReceivedRecord>) => async (batch: RecordBatch) => seen.add(...batch.records);

    test('begins at the earliest record, keeps the order of each key, misses nothing', async () => {
      const { topic, bus } = await one({ partitions: 6 });
      await bus.publisher.publish(numbered(topic, 300));
      const seen = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(seen));
      for (let n = 300; n < 400; n += 10) await bus.publisher.publish(numbered(topic, 10, n));
      await seen.count(400);
      assertOrderPerKey(seen.items);
      expect(texts(seen.items).sort(numerically)).toEqual(upTo(400));
    });

    test('merges what all partitions have ready into one batch, within its limit', async () => {
      const { topic, bus } = await one({ partitions: 8 });
      const batches = new Seen<readonly ReceivedRecord[]>();
      const [inHandler, release] = [new Gate(), new Gate()];
      const onBatch = async ({ records }: RecordBatch) => {
        batches.add(records);
        inHandler.open();
        await release.opened;
      };
      await consume(bus, topic, onBatch, { maxRecords: 50 });
      await bus.publisher.publish(numbered(topic, 1));
      await inHandler.opened;
      await bus.publisher.publish(numbered(topic, 160, 1));
      release.open();
      await batches.until((items) => items.flat().length === 161);
      expect(Math.max(...batches.items.map((records) => records.length))).toBeLessThanOrEqual(50);
      const partitions = batches.items.map((records) => new Set(records.map((each) => each.partition)).size);
      expect(Math.max(...partitions)).toBeGreaterThan(1);
    });

    test('goes on behind what was handled when it comes back', async () => {
      const { topic, bus } = await one({});
      await bus.publisher.publish(numbered(topic, 100));
      const first = new Seen<ReceivedRecord>();
      const consumption = await consume(bus, topic, collect(first));
      await first.count(100);
      await consumption.stop();
      await bus.publisher.publish(numbered(topic, 50, 100));
      const second = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(second));
      await second.count(50);
      expect(texts(second.items).sort(numerically)).toEqual(upTo(150).slice(100));
      expect(first.items).toHaveLength(100);
    });

    test('says where the group goes on, in whichever process, and never at what is gone', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 3 }, 2);
      const [bus, other] = buses as [EventBus, EventBus];
      expect(await other.consumer.positions(group, topic)).toEqual([0, 0, 0]);
      await bus.publisher.publish(numbered(topic, 60));
      const ends = await bus.topics.endOffsets(topic);
      expect(await other.consumer.positions(group, topic)).toEqual([0, 0, 0]);
      const seen = new Seen<ReceivedRecord>();
      const consumption = await consume(bus, topic, collect(seen));
      await seen.count(60);
      await consumption.stop();
      expect(await other.consumer.positions(group, topic)).toEqual(ends);
      await bus.publisher.publish(numbered(topic, 60));
      expect(await other.consumer.positions(group, topic)).toEqual(ends);
      const laterEnds = await bus.topics.endOffsets(topic);
      await Promise.all(laterEnds.map((end, partition) => t.dropBefore(topic, partition, end)));
      expect(await other.consumer.positions(group, topic)).toEqual(laterEnds);
    });

    test('hands everything from the last commit on over again after a failure', async () => {
      const { topic, bus } = await one({ partitions: 1 });
      const attempts = new Seen<string[]>();
      let failures = 2;
      await consume(bus, topic, async ({ records }) => {
        attempts.add(texts(records));
        if (texts(records).includes('5') && failures-- > 0) throw new Error('not now');
      });
      await bus.publisher.publish(numbered(topic, 10));
      await attempts.until((items) => items.length >= 3 && items.at(-1)?.at(-1) === '9');
      const all = attempts.items.flat();
      // Each failed batch came again from its first record on.
      for (let at = 1; at < all.length; at++) {
        const [before, after] = [Number(all[at - 1]), Number(all[at])];
        expect(after === before + 1 || after <= 5).toBe(true);
      }
      expect(all.filter((text) => text === '5')).toHaveLength(3);
    });

    test('takes the next batch while the former is still finishing', async () => {
      const { topic, bus } = await one({ partitions: 1 });
      const seen = new Seen<ReceivedRecord>();
      const finish = new Gate();
      const consumption = await consume(bus, topic, async ({ records }) => {
        seen.add(...records);
        return { finished: finish.opened };
      });
      await bus.publisher.publish(numbered(topic, 1));
      await seen.count(1);
      await bus.publisher.publish(numbered(topic, 1, 1));
      await seen.count(2);
      let stopped = false;
      const stopping = consumption.stop().then(() => (stopped = true));
      await new Promise((resolve) => setImmediate(resolve));
      expect(stopped).toBe(false);
      finish.open();
      await stopping;
      const next = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(next));
      await bus.publisher.publish(numbered(topic, 1, 2));
      await next.count(1);
      expect(texts(next.items)).toEqual(['2']);
    });

    test('commits in order: what follows a failed finish comes again too', async () => {
      const { topic, bus } = await one({ partitions: 1 });
      const seen = new Seen<ReceivedRecord>();
      const fail = new Gate();
      let first = true;
      await consume(bus, topic, async ({ records }) => {
        seen.add(...records);
        if (!first) return;
        first = false;
        return {
          finished: fail.opened.then(() => {
            throw new Error('the publish was not confirmed');
          }),
        };
      });
      await bus.publisher.publish(numbered(topic, 1));
      await seen.count(1);
      await bus.publisher.publish(numbered(topic, 1, 1));
      await seen.count(2);
      fail.open();
      await seen.count(4);
      expect(texts(seen.items)).toEqual(['0', '1', '0', '1']);
    });

    test('stops only when the batch under way is done and committed', async () => {
      const { topic, bus } = await one({ partitions: 2 });
      await bus.publisher.publish(numbered(topic, 40));
      const handled: string[] = [];
      const started = new Gate();
      const consumption = await consume(
        bus,
        topic,
        async ({ records }) => {
          started.open();
          await new Promise((resolve) => setImmediate(resolve));
          handled.push(...texts(records));
        },
        { maxRecords: 3 },
      );
      await started.opened;
      await consumption.stop();
      expect(handled.length).toBeGreaterThan(0);
      const rest = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(rest));
      await rest.count(40 - handled.length);
      expect([...handled, ...texts(rest.items)].sort(numerically)).toEqual(upTo(40));
    });

    test('a limit within a bundle neither loses nor skips items', async () => {
      const { topic, bus } = await one({ partitions: 1, bundled: true });
      await bus.publisher.publish(numbered(topic, 10));
      const seen = new Seen<ReceivedRecord>();
      const consumption = await consume(bus, topic, collect(seen), { maxRecords: 4 });
      await seen.count(10);
      await consumption.stop();
      expect(texts(seen.items)).toEqual(upTo(10));
      await bus.publisher.publish(numbered(topic, 5, 10));
      const next = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(next), { maxRecords: 4 });
      await next.count(5);
      expect(texts(next.items)).toEqual(['10', '11', '12', '13', '14']);
    });

    test('a failure within a bundle brings the whole bundle again', async () => {
      const { topic, bus } = await one({ partitions: 1, bundled: true });
      const seen = new Seen<ReceivedRecord>();
      let failures = 1;
      await consume(
        bus,
        topic,
        async ({ records }) => {
          if (texts(records).includes('7') && failures-- > 0) throw new Error('not now');
          seen.add(...records);
        },
        { maxRecords: 4 },
      );
      await bus.publisher.publish(numbered(topic, 10));
      await seen.until((items) => items.some((item) => textOf(item) === '9'));
      expect(texts(seen.items)).toEqual(['0', '1', '2', '3', ...upTo(10)]);
    });

    test('hands a record over only when it has the age that was asked for', async () => {
      const { topic, bus } = await one({ partitions: 2, brokerTime: true });
      const seen = new Seen<{ text: string; age: number }>();
      const onBatch = async ({ records }: RecordBatch) =>
        seen.add(...records.map((each) => ({ text: textOf(each), age: Date.now() - each.timestamp })));
      await consume(bus, topic, onBatch, { delayMs: 400 });
      await bus.publisher.publish(numbered(topic, 20));
      await seen.count(20);
      await bus.publisher.publish(numbered(topic, 5, 20));
      await seen.count(25);
      expect(Math.min(...seen.items.map(({ age }) => age))).toBeGreaterThanOrEqual(400);
      expect(seen.items.map(({ text }) => text).sort(numerically)).toEqual(upTo(25));
    });

    test('a poison record goes to the dead letters, and its partition goes on', async () => {
      const { topic, bus } = await one({ partitions: 1, bundled: true });
      const deadLetterTopic = deadLetterTopicOf(topic);
      await bus.topics.ensure([{ name: deadLetterTopic, partitions: 1, retentionMs: 600_000 }]);
      const { seen: letters } = await followInto(bus, deadLetterTopic);
      const handled = new Seen<ReceivedRecord>();
      const onBatch = eachRecord({
        handler: 'counter',
        deadLetters: new DeadLetters(bus.publisher),
        maxAttempts: 2,
        backoff: { minMs: 1, maxMs: 2 },
        handle: (record) => {
          if (textOf(record) === '3') throw new Error('cannot be counted');
          handled.add(record);
        },
      });
      const consumption = await consume(bus, topic, onBatch);
      await bus.publisher.publish(numbered(topic, 8));
      await handled.count(7);
      const [letter] = await letters.count(1);
      expect(JSON.parse(letter ? textOf(letter) : '')).toMatchObject({
        topic,
        partition: 0,
        offset: 0,
        index: 3,
        key: 'key-3',
        value: Buffer.from('3').toString('base64'),
        handler: 'counter',
        attempts: 2,
      });
      await consumption.stop();
      const again = new Seen<ReceivedRecord>();
      await consume(bus, topic, collect(again));
      await bus.publisher.publish(numbered(topic, 1, 8));
      await again.count(1);
      expect(texts(again.items)).toEqual(['8']);
    });
  });
}
