import { expect, test } from '@jest/globals';
import { maxBundleBytes, packBundles, packSingly, unpackBundle, type WireRecord } from './record-codec.js';
import type { FetchedRecord } from './wire/decode-fetch.js';

const positioned = (records: { key?: string; value: string }[]) =>
  records.map((record, position) => ({ position, record: { topic: 'commands', ...record } }));

/** As the broker would hand it back. */
function stored({ key, value, headers }: WireRecord): FetchedRecord {
  const buffers = Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)] as const);
  return {
    offset: 7,
    timestamp: 1,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: buffers.length > 0 ? new Map(buffers) : undefined,
  };
}

function roundTrip(records: { key?: string; value: string }[]) {
  const [bundle] = packBundles(positioned(records));
  if (!bundle) throw new Error('no bundle');
  return unpackBundle('commands', 0, stored(bundle.record)).map(({ offset, index, key, value }) => ({
    at: `${offset}.${index}`,
    key,
    value: value?.toString(),
  }));
}

test('the items of a bundle come back with their keys and places', () => {
  expect(roundTrip([{ key: 'a', value: '1' }, { key: 'b', value: '' }, { value: 'täst' }])).toEqual([
    { at: '7.0', key: 'a', value: '1' },
    { at: '7.1', key: 'b', value: '' },
    { at: '7.2', key: null, value: 'täst' },
  ]);
});

test('a key that all items share travels once', () => {
  const records = [
    { key: 'a', value: '1' },
    { key: 'a', value: '2' },
  ];
  const [bundle] = packBundles(positioned(records));
  expect(bundle?.record).toEqual({ key: 'a', value: '1\n2' });
  expect(roundTrip(records).map((item) => item.key)).toEqual(['a', 'a']);
});

test('a bundle ends before it is too long for the broker', () => {
  const items = Array.from({ length: 50 }, (_, n) => ({ value: String(n).padEnd(100_000, 'x') }));
  const bundles = packBundles(positioned(items));
  expect(bundles.length).toBeGreaterThan(5);
  for (const { record } of bundles) {
    expect(Buffer.byteLength(record.value ?? '')).toBeLessThanOrEqual(maxBundleBytes);
  }
  expect(bundles.flatMap(({ positions }) => positions)).toEqual(items.map((_, n) => n));
});

test('without bundles every record is its own, tombstones too', () => {
  const packed = packSingly([{ position: 3, record: { topic: 'sessions', key: 'a', value: null } }]);
  expect(packed).toMatchObject([{ record: { key: 'a', value: null }, positions: [3] }]);
});

test('a bundle whose keys cannot be read still has its items', () => {
  const record = { ...stored({ key: null, value: 'a\nb' }), headers: new Map([['keys', Buffer.from('{')]]) };
  expect(unpackBundle('commands', 0, record).map(({ key }) => key)).toEqual([null, null]);
});
