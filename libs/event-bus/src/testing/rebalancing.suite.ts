import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventBus } from '../ports/event-bus.js';
import type { Consumption, RecordBatch } from '../ports/group-consumer.js';
import type { ReceivedRecord, TopicPartition } from '../ports/records.js';
import { type BusUnderTest, BusTest, Gate, numbered, Seen, textOf, unique } from './bus-under-test.js';

const numbers = (owned: readonly TopicPartition[]) => owned.map(({ partition }) => partition).sort();

export function describeRebalancing(makeBus: () => BusUnderTest): void {
  describe('sharing partitions', () => {
    let t: BusTest;
    let group: string;
    beforeEach(() => {
      t = new BusTest(makeBus());
      group = unique('group');
    });
    afterEach(() => t.closeAll());

    /** A member that notes what it owns and what it gets. */
    const join = async (bus: EventBus, topics: readonly string[], coPartitioned = false) => {
      const seen = new Seen<ReceivedRecord>();
      const owned = new Seen<readonly TopicPartition[]>();
      const consumption = await bus.consumer.consume({
        group,
        topics,
        coPartitioned,
        onAssigned: (partitions) => owned.add(partitions),
        onBatch: async ({ records }) => seen.add(...records),
      });
      return { consumption, seen, owned };
    };
    const owns = (count: number) => (items: readonly (readonly TopicPartition[])[]) =>
      items.at(-1)?.length === count;

    test('a member that joins takes its part, and all of it goes back when it leaves', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 6 }, 2);
      const [here, there] = buses as [EventBus, EventBus];
      const first = await join(here, [topic]);
      expect(first.consumption.owned()).toHaveLength(6);
      const second = await join(there, [topic]);
      await first.owned.until(owns(3));
      await second.owned.until(owns(3));
      const both = [...numbers(first.consumption.owned()), ...numbers(second.consumption.owned())];
      expect(both.sort()).toEqual([0, 1, 2, 3, 4, 5]);
      await here.publisher.publish(numbered(topic, 200));
      const all = () => new Set([...first.seen.items, ...second.seen.items].map(textOf)).size;
      await Promise.race([first.seen.until(() => all() === 200), second.seen.until(() => all() === 200)]);
      expect(first.seen.items.length).toBeGreaterThan(0);
      expect(second.seen.items.length).toBeGreaterThan(0);
      await second.consumption.stop();
      await first.owned.until(owns(6));
      await here.publisher.publish(numbered(topic, 50, 200));
      await first.seen.until(() => all() === 250);
    });

    test('nothing is lost while members come and go under load', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 6 }, 3);
      const [first, second, third] = buses as [EventBus, EventBus, EventBus];
      const seen = new Set<string>();
      const skipped: string[] = [];
      const order = new Map<string, number>();
      const done = new Gate();
      const onBatch = async ({ records, isOwned }: RecordBatch) => {
        for (const record of records) {
          if (!isOwned(record)) continue;
          const key = record.key ?? '';
          const number = Number(textOf(record));
          const before = order.get(key) ?? -8 + (number % 8);
          // The first time a number is seen, all before it of its key have been.
          if (number > before && number !== before + 8) skipped.push(`${before} → ${number}`);
          order.set(key, Math.max(number, before));
          seen.add(textOf(record));
        }
        if (seen.size === 1_000) done.open();
      };
      const enter = (bus: EventBus) => bus.consumer.consume({ group, topics: [topic], onBatch });
      const members: Consumption[] = [await enter(first)];
      for (let n = 0; n < 1_000; n += 20) {
        await first.publisher.publish(numbered(topic, 20, n));
        if (n === 200) members.push(await enter(second));
        if (n === 400) members.push(await enter(third));
        if (n === 600) await members[0]?.stop();
        if (n === 800) await members[1]?.stop();
      }
      await done.opened;
      expect(seen.size).toBe(1_000);
      expect(skipped).toEqual([]);
    });

    test('a former owner learns that it lost a partition, and its late work is not committed', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 2 }, 3);
      const [slow, quick, last] = buses as [EventBus, EventBus, EventBus];
      await slow.publisher.publish(numbered(topic, 16));
      const [inHandler, release] = [new Gate(), new Gate()];
      const late: { record: ReceivedRecord; owned: boolean }[] = [];
      const finished = new Gate();
      const former = await slow.consumer.consume({
        group,
        topics: [topic],
        onBatch: async ({ records, isOwned }) => {
          inHandler.open();
          await release.opened;
          late.push(...records.map((record) => ({ record, owned: isOwned(record) })));
          finished.open();
        },
      });
      await inHandler.opened;
      const successor = await join(quick, [topic]);
      await successor.owned.until(owns(1));
      const [taken] = successor.consumption.owned();
      await successor.seen.until((items) => items.length > 0);
      const ofTaken = successor.seen.items.length;
      release.open();
      await finished.opened;
      for (const { record, owned } of late) {
        if (record.partition === taken?.partition) expect(owned).toBe(false);
      }
      await Promise.all([former.stop(), successor.consumption.stop()]);
      // The successor's commit stands: what it has done does not come again.
      const heir = await join(last, [topic]);
      await last.publisher.publish(numbered(topic, 16, 16));
      const ofHeir = () => heir.seen.items.filter(({ partition }) => partition === taken?.partition);
      const newOnes = (items: readonly ReceivedRecord[]) =>
        items.filter((each) => Number(textOf(each)) >= 16);
      await heir.seen.until((items) => newOnes(items).length === 16);
      expect(ofTaken).toBeGreaterThan(0);
      expect(ofHeir().every((record) => Number(textOf(record)) >= 16)).toBe(true);
    });

    test('partition p of both topics goes to the same member', async () => {
      const { topic: events, buses } = await t.connectTo({ name: 'events', partitions: 5 }, 2);
      const signals = unique('signals');
      for (const bus of buses)
        await bus.topics.ensure([{ name: signals, partitions: 5, retentionMs: 600_000 }]);
      const [here, there] = buses as [EventBus, EventBus];
      const first = await join(here, [events, signals], true);
      const second = await join(there, [events, signals], true);
      await second.owned.until((items) => (items.at(-1)?.length ?? 0) > 0);
      await first.owned.until((items) => (items.at(-1)?.length ?? 10) < 10);
      for (const { consumption } of [first, second]) {
        const of = (topic: string) => numbers(consumption.owned().filter((each) => each.topic === topic));
        expect(of(events)).toEqual(of(signals));
      }
      expect(first.consumption.owned().length + second.consumption.owned().length).toBe(10);
    });

    test('topics with different numbers of partitions cannot be co-partitioned', async () => {
      const { topic, buses } = await t.connectTo({ partitions: 2 });
      const [bus] = buses as [EventBus];
      const other = unique('other');
      await bus.topics.ensure([{ name: other, partitions: 3, retentionMs: 600_000 }]);
      await expect(join(bus, [topic, other], true)).rejects.toThrow(/same number of partitions/);
    });

    test('groups do not take records from each other', async () => {
      const { topic, buses } = await t.connectTo({});
      const [bus] = buses as [EventBus];
      const first = await join(bus, [topic]);
      group = unique('other-group');
      const second = await join(bus, [topic]);
      await bus.publisher.publish(numbered(topic, 30));
      await first.seen.count(30);
      await second.seen.count(30);
    });
  });
}
