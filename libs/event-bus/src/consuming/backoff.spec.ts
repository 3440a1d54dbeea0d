import { expect, test } from '@jest/globals';
import { Backoff } from './backoff.js';

test('doubles up to its limit, and begins anew after a success', () => {
  const backoff = new Backoff({ minMs: 100, maxMs: 1_000, random: () => 0.5 });
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
});

test('jitter stays within a quarter', () => {
  expect(new Backoff({ minMs: 100, random: () => 0 }).next()).toBe(75);
  expect(new Backoff({ minMs: 100, random: () => 0.999 }).next()).toBe(125);
});
