import { expect, test } from '@jest/globals';
import { TokenBucket } from './token-bucket.js';

test('a burst passes, then the steady rate', () => {
  const bucket = new TokenBucket(10, 3, 0);
  expect([0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0]);
  expect(bucket.take(0)).toBe(100);
  expect(bucket.take(50)).toBe(50);
  expect(bucket.take(100)).toBe(0);
  expect(bucket.take(100)).toBe(100);
});

test('a long pause fills no more than the burst', () => {
  const bucket = new TokenBucket(10, 2, 0);
  bucket.take(0);
  expect(bucket.isFull(0)).toBe(false);
  expect(bucket.isFull(60_000)).toBe(true);
  expect([bucket.take(60_000), bucket.take(60_000)]).toEqual([0, 0]);
  expect(bucket.take(60_000)).toBeGreaterThan(0);
});

test('a clock that goes back gives nothing away', () => {
  const bucket = new TokenBucket(10, 1, 1_000);
  bucket.take(1_000);
  expect(bucket.take(500)).toBeGreaterThan(0);
  expect(bucket.take(1_050)).toBeGreaterThan(0);
});
