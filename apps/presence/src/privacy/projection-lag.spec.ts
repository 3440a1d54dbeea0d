import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { topics } from '@parley/contracts';
import { createMemoryBus, type MemoryBus } from '@parley/event-bus';
import { createLog, Readiness } from '@parley/service';
import { group as accountGroup } from './account-consumer.js';
import { membershipGroup } from './membership-life.js';
import { ProjectionLag } from './projection-lag.js';

let bus: MemoryBus;
let lag: ProjectionLag;
let readiness: Readiness;
/** Lets the handler of each record under way end. */
let apply: (() => void)[];

beforeEach(async () => {
  apply = [];
  bus = createMemoryBus();
  await bus.topics.ensure([topics.accountEvents, topics.conversationEvents]);
  readiness = new Readiness();
  lag = new ProjectionLag(bus.consumer, bus.topics, createLog('presence', 'silent'), readiness);
});

afterEach(async () => {
  for (const end of apply) end();
  await bus.close();
});

async function consume(group: string, topic: string): Promise<void> {
  const onBatch = () => new Promise<void>((resolve) => apply.push(resolve));
  await bus.consumer.consume({ group, topics: [topic], onBatch });
}

async function write(topic: string): Promise<void> {
  await bus.publisher.publish([{ topic, key: 'somebody', value: '{}' }]);
}

async function applied(): Promise<void> {
  while (apply.length === 0) await new Promise(setImmediate);
  for (const end of apply.splice(0)) end();
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
}

const ready = (): void => {
  for (const check of readiness.list().values()) void check();
};
const refusal = expect.objectContaining({ code: 'UNAVAILABLE' });

test('nothing to read is nothing to wait for', async () => {
  expect(ready).toThrow();
  await lag.look(0);
  expect(ready).not.toThrow();
  lag.check();
});

test('what is gone from the log is not waited for', async () => {
  await write(topics.accountEvents.name);
  const ends = await bus.topics.endOffsets(topics.accountEvents.name);
  for (const [partition, end] of ends.entries()) bus.dropBefore(topics.accountEvents.name, partition, end);
  await lag.look(0);
  lag.check();
});

test.each([
  [accountGroup, topics.accountEvents.name],
  [membershipGroup, topics.conversationEvents.name],
])('%s is waited for until what stood in %s is applied', async (group, topic) => {
  await write(topic);
  await consume(group, topic);
  await lag.look(0);
  expect(() => lag.check()).toThrow(refusal);
  expect(ready).toThrow();
  await applied();
  // What came later is under way, and not waited for at the start.
  await write(topic);
  await lag.look(1);
  lag.check();
  expect(ready).not.toThrow();
});

test('whoever comes to be more than five seconds behind says so, until that is over', async () => {
  await consume(membershipGroup, topics.conversationEvents.name);
  await lag.look(0);
  await write(topics.conversationEvents.name);
  await lag.look(1_000);
  await lag.look(6_000);
  lag.check();
  await lag.look(6_001);
  expect(() => lag.check()).toThrow(refusal);
  expect(ready).not.toThrow();
  await applied();
  await lag.look(6_002);
  lag.check();
});

test('while the log is away, what was known last stands', async () => {
  await lag.look(0);
  bus.topics.endOffsets = () => Promise.reject(new Error('away'));
  await expect(lag.look(60_000)).rejects.toThrow('away');
  lag.check();
});
