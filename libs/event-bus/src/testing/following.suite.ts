import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Jump } from '../ports/log-reader.js';
import type { ReceivedRecord } from '../ports/records.js';
import { type BusUnderTest, BusTest, followInto, Gate, numbered, Seen, textOf } from './bus-under-test.js';

export function describeFollowing(makeBus: () => BusUnderTest): void {
  describe('following', () => {
    let t: BusTest;
    beforeEach(() => {
      t = new BusTest(makeBus());
    });
    afterEach(() => t.closeAll());

    test('from the earliest: all that is there, then what comes', async () => {
      const { topic, buses } = await t.connectTo({});
      const [bus] = buses as [(typeof buses)[number]];
      await bus.publisher.publish(numbered(topic, 50));
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items).toHaveLength(50);
      await bus.publisher.publish(numbered(topic, 10, 50));
      await seen.count(60);
      expect(new Set(seen.items.map(textOf)).size).toBe(60);
    });

    test('from the latest: nothing from before, everything from the moment it follows', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 2 }, 2);
      const [bus, other] = buses as [(typeof buses)[number], (typeof buses)[number]];
      await other.publisher.publish(numbered(topic, 20));
      const { following, seen } = await followInto(bus, topic, { from: 'latest' });
      await other.publisher.publish(numbered(topic, 5, 20));
      await following.caughtUp;
      await seen.count(5);
      expect(seen.items.map(textOf).sort()).toEqual(['20', '21', '22', '23', '24']);
    });

    test('from a time on', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      await bus.publisher.publish([{ topic, value: 'before' }]);
      const { seen: first } = await followInto(bus, topic);
      const [old] = await first.count(1);
      const time = (old?.timestamp ?? 0) + 1;
      while (Date.now() <= time) await new Promise((resolve) => setImmediate(resolve));
      await bus.publisher.publish([{ topic, value: 'after' }]);
      const { following, seen } = await followInto(bus, topic, { from: { time } });
      await following.caughtUp;
      expect(seen.items.map(textOf)).toEqual(['after']);
      const { following: later } = await followInto(bus, topic, { from: { time: Date.now() + 60_000 } });
      await later.caughtUp;
      expect(later.position(topic, 0)).toBe(2);
    });

    test('has caught up with an empty topic at once', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 3 });
      const [bus] = buses as [(typeof buses)[number]];
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      expect(seen.items).toEqual([]);
      expect([0, 1, 2].map((partition) => following.position(topic, partition))).toEqual([0, 0, 0]);
    });

    test('replays a compacted topic to its end: the last record of each key, tombstones too', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 2, compacted: true });
      const [bus] = buses as [(typeof buses)[number]];
      for (let round = 0; round < 5; round++) {
        await bus.publisher.publish(
          ['ada', 'grace', 'linus'].map((key) => ({ topic, key, value: `${key} ${round}` })),
        );
      }
      await bus.publisher.publish([{ topic, key: 'linus', value: null }]);
      const { following, seen } = await followInto(bus, topic);
      await following.caughtUp;
      const last = new Map(seen.items.map(({ key, value }) => [key, value && value.toString()]));
      expect([...last].sort()).toEqual([
        ['ada', 'ada 4'],
        ['grace', 'grace 4'],
        ['linus', null],
      ]);
    });

    test('a record without a key does not fit into a compacted topic', async () => {
      const { topic, buses } = await t.connectTo({ compacted: true });
      const [bus] = buses as [(typeof buses)[number]];
      const publish = bus.publisher.publish([{ topic, value: 'whose?' }]);
      await expect(publish).rejects.toMatchObject({ name: 'PublishError', unconfirmed: [0] });
    });

    test('every follower gets every record', async () => {
      const { topic, buses } = await t.connectTo({}, 2);
      const [bus, other] = buses as [(typeof buses)[number], (typeof buses)[number]];
      const all = [
        await followInto(bus, topic),
        await followInto(bus, topic),
        await followInto(other, topic),
      ];
      await bus.publisher.publish(numbered(topic, 40));
      for (const { seen } of all) expect(new Set((await seen.count(40)).map(textOf)).size).toBe(40);
    });

    test('hands the same records over again when the handler fails, in order', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      await bus.publisher.publish(numbered(topic, 10));
      const seen = new Seen<ReceivedRecord>();
      let failures = 2;
      const onRecords = (records: readonly ReceivedRecord[]) => {
        if (failures-- > 0) throw new Error('not now');
        seen.add(...records);
      };
      const { following } = await followInto(bus, topic, { onRecords });
      await following.caughtUp;
      expect(seen.items.map(textOf)).toEqual(numbered(topic, 10).map((record) => record.value));
    });

    test('its position is behind what was handled, not what was handed over', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      const [inHandler, release] = [new Gate(), new Gate()];
      const onRecords = async () => {
        inHandler.open();
        await release.opened;
      };
      const { following } = await followInto(bus, topic, { onRecords });
      await bus.publisher.publish([{ topic, value: '1' }]);
      await inHandler.opened;
      expect(following.position(topic, 0)).toBe(0);
      release.open();
      await following.stop();
      expect(following.position(topic, 0)).toBe(1);
    });

    test('hands nothing over any more once it was stopped', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      const stopped = await followInto(bus, topic);
      const live = await followInto(bus, topic);
      await bus.publisher.publish([{ topic, value: '1' }]);
      await stopped.seen.count(1);
      await stopped.following.stop();
      await bus.publisher.publish([{ topic, value: '2' }]);
      await live.seen.count(2);
      expect(stopped.seen.items.map(textOf)).toEqual(['1']);
      expect(stopped.following.position(topic, 0)).toBe(1);
    });

    test('tells a jump before the records that follow it when retention has overtaken it', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 1 });
      const [bus] = buses as [(typeof buses)[number]];
      const story = new Seen<{ jump?: Jump; record?: ReceivedRecord }>();
      const [inHandler, release] = [new Gate(), new Gate()];
      await followInto(bus, topic, {
        from: 'latest',
        onJump: (jump) => story.add({ jump }),
        onRecords: async (records) => {
          inHandler.open();
          await release.opened;
          story.add(...records.map((record) => ({ record })));
        },
      });
      await bus.publisher.publish([{ topic, value: 'first' }]);
      await inHandler.opened;
      // More than a follower holds in memory, so that it has to ask for what is gone by then.
      const filler = 'x'.repeat(900_000);
      for (let n = 0; n < 30; n++) await bus.publisher.publish([{ topic, value: filler }]);
      await bus.publisher.publish([{ topic, value: 'last' }]);
      await t.dropBefore(topic, 0, 31);
      release.open();
      await story.until((items) => items.some(({ record }) => record && textOf(record) === 'last'));
      const jumpAt = story.items.findIndex(({ jump }) => jump);
      const jump = story.items[jumpAt]?.jump;
      expect(jump).toMatchObject({ topic, partition: 0, foundOffset: 31 });
      expect(story.items.slice(jumpAt + 1).map(({ record }) => record && textOf(record))).toEqual(['last']);
      // What came before the jump came without a hole.
      const before = story.items.slice(0, jumpAt).map(({ record }) => record?.offset);
      expect(before).toEqual(Array.from({ length: jump?.expectedOffset ?? 0 }, (_, offset) => offset));
    });
  });
}
