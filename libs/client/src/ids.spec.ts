import { expect, test } from '@jest/globals';
import { mintId } from './ids.js';

test('ids are UUIDs of version 7 that begin with the time', () => {
  const before = Date.now();
  const id = mintId();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const time = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  expect(time).toBeGreaterThanOrEqual(before);
  expect(time).toBeLessThanOrEqual(Date.now());
});

test('ids differ', () => {
  expect(new Set(Array.from({ length: 1_000 }, mintId)).size).toBe(1_000);
});
