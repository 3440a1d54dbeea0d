import { expect, test } from '@jest/globals';
import { murmur2 } from './murmur2.js';
import { partitionOf } from './partition-of.js';

// Kafka's own test vectors (org.apache.kafka.common.utils.UtilsTest).
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('hashes %s as the Java client does', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('a negative hash gives a partition that exists', () => {
  expect(partitionOf('foobar', 12)).toBe((-790332482 & 0x7fffffff) % 12);
});
