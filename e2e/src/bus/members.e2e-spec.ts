import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createKafkaBus, type EventBus, type ReceivedRecord } from '@parley/event-bus';
import { KafkaOperator, numbered, Seen, textOf, unique } from '@parley/event-bus/testing';
import { type BusKafka, startBusKafka } from './bus-kafka.js';
import { ChildMember } from './child-member.js';

const partitions = 4;
let kafka: BusKafka;
let operator: KafkaOperator;
let bus: EventBus;
let topic: string;
let group: string;
let members: ChildMember[];

beforeAll(async () => {
  kafka = await startBusKafka();
  operator = await KafkaOperator.connect(kafka.addresses);
});
afterAll(async () => {
  await operator?.close();
  await kafka?.stop();
});
beforeEach(async () => {
  [topic, group, members] = [unique('commands'), unique('group'), []];
  bus = createKafkaBus({ brokers: kafka.addresses, clientId: 'test' });
  await bus.topics.ensure([{ name: topic, partitions, retentionMs: 600_000 }]);
});
afterEach(async () => {
  await Promise.all(members.map((member) => member.kill()));
  await bus.close();
});

function startMember(hold = false): ChildMember {
  const member = ChildMember.start({ brokers: kafka.addresses, group, topic, partitions, hold });
  members.push(member);
  return member;
}

async function join(): Promise<Seen<ReceivedRecord>> {
  const seen = new Seen<ReceivedRecord>();
  await bus.consumer.consume({
    group,
    topics: [topic],
    onBatch: async ({ records }) => seen.add(...records),
  });
  return seen;
}

const values = (count: number) => Array.from({ length: count }, (_, n) => String(n));
const distinct = (items: readonly ReceivedRecord[]) => new Set(items.map(textOf));

test('what a killed member had taken and not finished goes to the others within ten seconds', async () => {
  const doomed = startMember(true);
  await doomed.saw('assigned');
  await bus.publisher.publish(numbered(topic, 40));
  await doomed.saw('took');
  await doomed.kill();
  const killedAt = Date.now();
  const seen = await join();
  await seen.until((items) => distinct(items).size === 40);
  expect(Date.now() - killedAt).toBeLessThan(10_000);
  expect([...distinct(seen.items)].sort()).toEqual(values(40).sort());
});

test('a stopped and continued owner sees that it lost its partitions, and moves no offset back', async () => {
  const zombie = startMember(true);
  await zombie.saw('assigned');
  await bus.publisher.publish(numbered(topic, 40));
  await zombie.saw('took');
  zombie.signal('SIGSTOP');
  const seen = await join();
  await seen.until((items) => distinct(items).size === 40);
  const ends = await bus.topics.endOffsets(topic);
  const committed = () =>
    Promise.all(ends.map((_, partition) => operator.committed(group, topic, partition)));
  const untilCommitted = async () => {
    while ((await committed()).some((offset, partition) => offset < (ends[partition] ?? 0)));
  };
  await untilCommitted();
  zombie.signal('SIGCONT');
  zombie.release();
  await zombie.saw('handled');
  const late = zombie.reports.items.find((each) => each.event === 'handled');
  expect(late?.event === 'handled' && late.owned.every((owned) => !owned)).toBe(true);
  // It joins again and owns partitions: by then its late work would have been committed, if it ever were.
  await zombie.reports.until((reports) => reports.filter((each) => each.event === 'assigned').length > 1);
  expect(await committed()).toEqual([...ends]);
  await bus.publisher.publish(numbered(topic, 40, 40));
  const handledByZombie = () =>
    zombie.reports.items.flatMap((each) => (each.event === 'handled' ? each.values : []));
  await Promise.race(
    [seen, zombie.reports].map((each: Seen<unknown>) =>
      each.until(() => new Set([...distinct(seen.items), ...handledByZombie()]).size === 80),
    ),
  );
});
