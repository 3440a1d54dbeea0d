import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { World } from '../testing/world.js';
import type { InstanceLog, Life } from './instance-log.js';

let world: World;
let log: InstanceLog;
let ended: Life[];

beforeEach(async () => {
  world = await World.create();
  log = await world.instanceLog();
  ended = [];
  log.listen({ onEnded: ({ slot, incarnation }) => void ended.push({ slot, incarnation }) });
});
afterEach(() => world.close());

test('an incarnation lives from its start record on; one without a record does not', async () => {
  const first = await world.start('gateway-0');
  expect(log.isAlive('gateway-0', first)).toBe(true);
  expect(log.isAlive('gateway-0', first + 1)).toBe(false);
  expect(log.hasEnded('gateway-0', first + 1)).toBe(false);
  expect(log.isAlive('gateway-1', first)).toBe(false);
});

test('a newer start in the slot ends the older life, other slots are not concerned', async () => {
  const other = await world.start('gateway-1');
  const first = await world.start('gateway-0');
  const second = await world.start('gateway-0');
  expect(log.isAlive('gateway-0', first)).toBe(false);
  expect(log.isAlive('gateway-0', second)).toBe(true);
  expect(log.isAlive('gateway-1', other)).toBe(true);
  expect(ended).toEqual([{ slot: 'gateway-0', incarnation: first }]);
});

test.each(['process.died', 'process.stopped'] as const)(
  '%s is final: later beats change nothing',
  async (event) => {
    const incarnation = await world.start('gateway-0');
    await world.write({ event, slot: 'gateway-0', incarnation });
    await world.write({ event, slot: 'gateway-0', incarnation });
    await world.beat('gateway-0', incarnation);
    expect(log.isAlive('gateway-0', incarnation)).toBe(false);
    expect(log.hasEnded('gateway-0', incarnation)).toBe(true);
    expect(ended).toEqual([{ slot: 'gateway-0', incarnation }]);
  },
);

test('the death of an older life does not end the newer one', async () => {
  const first = await world.start('gateway-0');
  const second = await world.start('gateway-0');
  await world.write({ event: 'process.died', slot: 'gateway-0', incarnation: first });
  expect(log.isAlive('gateway-0', second)).toBe(true);
  expect(ended).toHaveLength(1);
});

test('a beat tells of a life whose start is older than the log, and a later reader agrees', async () => {
  await world.start('gateway-1');
  await world.beat('gateway-0', 0);
  expect(log.isAlive('gateway-0', 0)).toBe(true);
  const later = await world.instanceLog();
  expect(later.alive()).toEqual(log.alive());
});

test('what is unreadable is passed over', async () => {
  await world.memory.publisher.publish([
    { topic: 'instances', value: '{' },
    { topic: 'instances', value: '{"event":"process.danced"}' },
    { topic: 'instances', value: null },
  ]);
  const incarnation = await world.start('gateway-0');
  expect(log.isAlive('gateway-0', incarnation)).toBe(true);
});

test('a long silence is told, because it was we who were away', async () => {
  let gaps = 0;
  log.listen({ onGap: () => void gaps++ });
  const incarnation = await world.start('gateway-0');
  await world.time.pass(9 * 60_000);
  await world.beat('gateway-0', incarnation);
  expect(gaps).toBe(0);
  await world.time.pass(10 * 60_000);
  await world.beat('gateway-0', incarnation);
  expect(gaps).toBe(1);
});
