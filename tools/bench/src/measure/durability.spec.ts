import { describe, expect, test } from '@jest/globals';
import { NotDurable, requireDurability } from './durability.js';

const durable = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', acks: 'all' };

describe('requireDurability', () => {
  test('lets a durable configuration pass', () => {
    expect(() => requireDurability(durable, 'cluster')).not.toThrow();
  });

  test.each(['fsync', 'full_page_writes', 'synchronous_commit'])('refuses %s = off', (name) => {
    expect(() => requireDurability({ ...durable, [name]: 'off' }, 'cluster')).toThrow(NotDurable);
    expect(() => requireDurability({ ...durable, [name]: 'off' }, 'cluster')).toThrow(
      `${name} is off, not on`,
    );
  });

  test('refuses a commit that only waits for the local log, and a leader-only ack', () => {
    const risky = { ...durable, synchronous_commit: 'local', acks: '1' };
    expect(() => requireDurability(risky, 'cluster')).toThrow(
      'synchronous_commit is local, not on; acks is 1, not all',
    );
  });
});
