import { expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { crc32c } from './crc32c.js';
import { decodeFetch } from './decode-fetch.js';
import { encodeProduce } from './encode-produce.js';

const now = 1_790_000_000_123;
const records = [
  { key: 'ada', value: 'first' },
  { key: null, value: 'zwölf Boxkämpfer 🥊'.repeat(1_000) },
  { key: 'linus', value: null },
  { key: '', value: '', headers: { keys: '["ä",null]' } },
  ...Array.from({ length: 200 }, (_, n) => ({ key: `k${n}`, value: 'x'.repeat(n) })),
];

/** The record batch of the only partition, as it stands in the request. */
function batchIn(request: Buffer, topic: string): Buffer {
  const sizeAt = 2 + 2 + 4 + 4 + 2 + topic.length + 4 + 4;
  const batch = request.subarray(sizeAt + 4);
  expect(request.readInt32BE(sizeAt)).toBe(batch.length);
  return batch;
}

/** An answer to a fetch that holds this record set. */
function fetchAnswer(set: Buffer): Buffer {
  const head = Buffer.alloc(10 + 4 + 2 + 6 + 4);
  head.writeInt32BE(1, 10);
  head.writeInt16BE(6, 14);
  head.write('events', 16);
  head.writeInt32BE(1, 22);
  const partition = Buffer.alloc(4 + 2 + 8 + 8 + 8 + 4 + 4 + 4);
  partition.writeInt32BE(3, 0);
  partition.writeInt32BE(-1, 34);
  partition.writeInt32BE(set.length, partition.length - 4);
  return Buffer.concat([head, partition, set]);
}

test('what is encoded is read back as it was', async () => {
  const request = encodeProduce(
    { timeoutMs: 5_000, topics: [{ topic: 'events', partitions: [{ partition: 3, records }] }] },
    now,
  );
  const [fetched] = await decodeFetch(fetchAnswer(batchIn(request, 'events')));
  expect(fetched).toMatchObject({ topic: 'events', partition: 3, errorCode: 0, nextOffset: records.length });
  const read = fetched?.records.map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key: key && key.toString(),
    value: value && value.toString(),
    ...(headers && { headers: Object.fromEntries([...headers].map(([name, text]) => [name, String(text)])) }),
  }));
  expect(read).toEqual(records.map((record, offset) => ({ offset, timestamp: now, ...record })));
});

test('a record set that the broker has cut off ends with its last whole batch', async () => {
  const one = { timeoutMs: 1, topics: [{ topic: 'events', partitions: [{ partition: 3, records }] }] };
  const batch = batchIn(encodeProduce(one, now), 'events');
  const cut = Buffer.concat([batch, batch.subarray(0, batch.length - 1)]);
  const [fetched] = await decodeFetch(fetchAnswer(cut));
  expect(fetched?.records).toHaveLength(records.length);
  const [empty] = await decodeFetch(fetchAnswer(batch.subarray(0, 100)));
  expect(empty).toMatchObject({ records: [], nextOffset: -1 });
});

test('kafkajs encodes the same batch', async () => {
  const load = createRequire(import.meta.url);
  const request = load('kafkajs/src/protocol/requests/produce/v7/request') as (options: object) => {
    encode(): Promise<{ buffer: Buffer }>;
  };
  const messages = records.map((record) => ({ ...record, timestamp: now }));
  const topicData = [{ topic: 'events', partitions: [{ partition: 3, firstSequence: -1, messages }] }];
  const theirs = await request({ acks: -1, timeout: 5_000, producerEpoch: -1, topicData }).encode();
  const ours = encodeProduce(
    { timeoutMs: 5_000, topics: [{ topic: 'events', partitions: [{ partition: 3, records }] }] },
    now,
  );
  // They differ in the leader epoch, which the broker overwrites and the checksum leaves out.
  const withoutEpoch = (body: Buffer) => {
    const copy = Buffer.from(body);
    const batch = batchIn(copy, 'events');
    batch.writeInt32BE(0, 12);
    return copy;
  };
  expect(withoutEpoch(ours).equals(withoutEpoch(theirs.buffer))).toBe(true);
});

test('the checksum is the published one', () => {
  const digits = Buffer.from('xx123456789xx');
  expect(crc32c(digits, 2, 11)).toBe(0xe3069283);
});
