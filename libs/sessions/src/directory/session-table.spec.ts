import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { userId } from '../testing/world.js';
import { SessionTable } from './session-table.js';

function heapAfterCollection(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

test('a session costs at most 600 bytes, and all of an incarnation end at once', () => {
  const count = 100_000;
  let changes = 0;
  const table = new SessionTable(
    () => true,
    () => void changes++,
  );
  const before = heapAfterCollection();
  for (let n = 0; n < count; n++) {
    const value = { userId: userId(n), deviceId: userId(n + count), state: 'active', connectedAt: 'now' };
    table.apply(`${userId(n)}/gateway-${n % 4}/${n % 4}/${n}`, Buffer.from(JSON.stringify(value)));
  }
  expect((heapAfterCollection() - before) / count).toBeLessThan(600);
  table.end({ slot: 'gateway-1', incarnation: 1 });
  expect(changes).toBe(count * 1.25);
  expect(table.sessionsOf(userId(1))).toEqual([]);
  expect(table.sessionsOf(userId(2))).toHaveLength(1);
  expect([...table.orphans()]).toHaveLength(count / 4);
});
