import { murmur2 } from './murmur2.js';

/** The partition of a key among `count`, the same as Kafka's Java clients choose. */
export function partitionOf(key: string, count: number): number {
  return count === 1 ? 0 : (murmur2(Buffer.from(key)) & 0x7fffffff) % count;
}
