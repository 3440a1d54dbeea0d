import { expect, test } from '@jest/globals';
import { MemoryPartition, tombstoneRetentionMs } from './memory-partition.js';

const spec = { name: 'events', partitions: 1, retentionMs: 1_000 };
const limits = { maxRecords: 10, maxUnreadRecords: 50 };

function filled(partition: MemoryPartition, count: number, timestamp = 0): MemoryPartition {
  for (let n = 0; n < count; n++) {
    partition.append({ topic: 'events', value: '' }, Buffer.from(String(n)), timestamp, n);
  }
  return partition;
}

function offsets(partition: MemoryPartition): number[] {
  const records: { offset: number }[] = [];
  partition.read({ offset: 0, index: 0 }, 1_000, records as never);
  return records.map((record) => record.offset);
}

test('keeps no more records than its bound allows, however many are written', () => {
  const partition = filled(new MemoryPartition(spec, 0, limits), 10_000);
  expect(offsets(partition).length).toBeLessThanOrEqual(20);
  expect(partition.endOffset).toBe(10_000);
  expect(partition.startOffset).toBe(offsets(partition)[0]);
});

test('keeps what a reader has not read yet, up to a bound of its own', () => {
  const partition = new MemoryPartition(spec, 0, limits);
  partition.hold(() => 7);
  filled(partition, 40);
  partition.trim(0);
  expect(partition.startOffset).toBe(7);
  filled(partition, 1_000);
  partition.trim(0);
  expect(offsets(partition)).toHaveLength(50);
});

test('drops what is older than the retention', () => {
  const partition = filled(filled(new MemoryPartition(spec, 0, limits), 3, 0), 2, 5_000);
  partition.trim(5_500);
  expect(offsets(partition)).toEqual([3, 4]);
  partition.trim(50_000);
  expect(offsets(partition)).toEqual([]);
  expect(partition.startOffset).toBe(5);
});

test('a compacted partition keeps the last record of each key, and a tombstone for a while', () => {
  const partition = new MemoryPartition({ ...spec, compacted: true }, 0, limits);
  const write = (key: string, value: string | null) =>
    partition.append({ topic: 'events', key, value }, value === null ? null : Buffer.from(value), 0, 0);
  for (let n = 0; n < 1_000; n++) write(`user-${n % 3}`, String(n));
  write('user-1', null);
  partition.trim(0);
  expect(offsets(partition)).toEqual([998, 999, 1_000]);
  expect(partition.startOffset).toBe(0);
  partition.trim(tombstoneRetentionMs + 1);
  expect(offsets(partition)).toEqual([998, 999]);
});

test('reads on from within a bundle', () => {
  const partition = new MemoryPartition({ ...spec, bundled: true }, 0, limits);
  for (let n = 0; n < 5; n++) partition.append({ topic: 'events', value: '' }, Buffer.from(String(n)), 0, 1);
  partition.append({ topic: 'events', value: '' }, Buffer.from('next'), 0, 2);
  const place = { offset: 0, index: 0 };
  const records: { offset: number; index: number }[] = [];
  partition.read(place, 3, records as never);
  expect(place).toEqual({ offset: 0, index: 3 });
  partition.read(place, 3, records as never);
  expect(records.map(({ offset, index }) => [offset, index])).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 4],
    [1, 0],
  ]);
});
