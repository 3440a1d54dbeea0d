import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PublishError } from '../ports/publisher.js';
import { type BusUnderTest, BusTest, followInto, numbered, textOf, unique } from './bus-under-test.js';

export function describePublishing(makeBus: () => BusUnderTest): void {
  describe('publishing', () => {
    let t: BusTest;
    beforeEach(() => {
      t = new BusTest(makeBus());
    });
    afterEach(() => t.closeAll());

    test('tells where each record was written, in the order given', async () => {
      const { topic, buses } = await t.connectTo({});
      const [bus] = buses as [(typeof buses)[number]];
      const written = await bus.publisher.publish(numbered(topic, 20));
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(written).toHaveLength(20);
      for (const [number, { partition, offset, index }] of written.entries()) {
        const found = seen.items.find((each) => each.partition === partition && each.offset === offset);
        expect(found && textOf(found)).toBe(String(number));
        expect(index).toBe(0);
      }
      const ends = await bus.topics.endOffsets(topic);
      expect(ends.reduce((sum, end) => sum + end, 0)).toBe(20);
    });

    test('confirms and orders what is published in the background as well', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      await bus.publisher.publish([{ topic, value: 'first' }]);
      const written = await bus.background.publish(['second', 'third'].map((value) => ({ topic, value })));
      expect(written.map(({ offset }) => offset)).toEqual([1, 2]);
      await bus.publisher.publish([{ topic, value: 'fourth' }]);
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items.map(textOf)).toEqual(['first', 'second', 'third', 'fourth']);
    });

    test('keeps one key in one partition and in order, and lets partitionBy decide where given', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 6 });
      const [bus] = buses as [(typeof buses)[number]];
      for (let n = 0; n < 30; n++) {
        await bus.publisher.publish([{ topic, key: `s-${n}`, partitionBy: 'user', value: String(n) }]);
      }
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(new Set(seen.items.map(({ partition }) => partition)).size).toBe(1);
      expect(seen.items.map(textOf)).toEqual(Array.from({ length: 30 }, (_, n) => String(n)));
      expect(seen.items.map(({ key }) => key)).toEqual(Array.from({ length: 30 }, (_, n) => `s-${n}`));
    });

    test('what one publish holds for a partition of a bundled topic shares an offset', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1, bundled: true });
      const [bus] = buses as [(typeof buses)[number]];
      const items = (...values: string[]) => values.map((value) => ({ topic, key: `k-${value}`, value }));
      const first = await bus.publisher.publish(items('a', 'b', 'c'));
      const second = await bus.publisher.publish(items('d'));
      expect(first.map(({ offset, index }) => [offset, index])).toEqual([
        [0, 0],
        [0, 1],
        [0, 2],
      ]);
      expect(second).toEqual([{ topic, partition: 0, offset: 1, index: 0 }]);
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items.map((each) => [each.offset, each.index, each.key, textOf(each)])).toEqual([
        [0, 0, 'k-a', 'a'],
        [0, 1, 'k-b', 'b'],
        [0, 2, 'k-c', 'c'],
        [1, 0, 'k-d', 'd'],
      ]);
    });

    test('takes large records, and splits what is too long for one', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1, bundled: true });
      const [bus] = buses as [(typeof buses)[number]];
      const sizes = [950_000, 10, 400_000, 400_000, 400_000, 20, 900_000, ...Array<number>(40).fill(60_000)];
      const records = sizes.map((size, n) => ({ topic, value: `${n}:`.padEnd(size, 'x') }));
      const written = await bus.publisher.publish(records);
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items.map((each) => each.value?.length)).toEqual(sizes);
      expect(seen.items.map((each) => parseInt(textOf(each)))).toEqual(sizes.map((_, n) => n));
      expect(seen.items.map(({ offset, index }) => [offset, index])).toEqual(
        written.map(({ offset, index }) => [offset, index]),
      );
    });

    test('a record that can never be written fails alone', async () => {
      const { topic, buses } = await t.connectTo({});
      const [bus] = buses as [(typeof buses)[number]];
      const publish = bus.publisher.publish([
        { topic, key: 'a', value: 'fine' },
        { topic, key: 'a', value: 'x'.repeat(2_000_000) },
        { topic, key: 'b', value: 'fine too' },
      ]);
      const error = await publish.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PublishError);
      expect((error as PublishError).unconfirmed).toEqual([1]);
      expect([...(error as PublishError).written.keys()]).toEqual([0, 2]);
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items.map(textOf).sort()).toEqual(['fine', 'fine too']);
    });

    test('a topic that is not there fails alone', async () => {
      const { topic, buses } = await t.connectTo({});
      const [bus] = buses as [(typeof buses)[number]];
      const publish = bus.publisher.publish([
        { topic: unique('nowhere'), value: 'lost' },
        { topic, value: 'fine' },
      ]);
      await expect(publish).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0] });
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items.map(textOf)).toEqual(['fine']);
    });

    test('a bundled topic refuses what would not come back as it was', async () => {
      const { topic, buses } = await t.connectTo({ bundled: true });
      const [bus] = buses as [(typeof buses)[number]];
      const publish = bus.publisher.publish([
        { topic, value: 'two\nlines' },
        { topic, value: null },
        { topic, value: '' },
      ]);
      await expect(publish).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0, 1] });
    });

    test('ensuring a topic again is harmless, with another number of partitions an error', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 3 });
      const [bus] = buses as [(typeof buses)[number]];
      await bus.topics.ensure([{ name: topic, partitions: 3, retentionMs: 600_000 }]);
      const other = await t.connect();
      const ensure = other.topics.ensure([{ name: topic, partitions: 5, retentionMs: 600_000 }]);
      await expect(ensure).rejects.toThrow(/has 3 partitions, expected 5/);
    });

    test('records carry the time they were written', async () => {
      const { topic, buses } = await t.connectTo({ brokerTime: true });
      const [bus] = buses as [(typeof buses)[number]];
      const before = Date.now();
      await bus.publisher.publish([{ topic, value: 'now' }]);
      const { seen } = await followInto(bus, topic);
      const [record] = await seen.count(1);
      expect(record?.timestamp).toBeGreaterThanOrEqual(before - 1_000);
      expect(record?.timestamp).toBeLessThanOrEqual(Date.now() + 1_000);
    });
  });
}
