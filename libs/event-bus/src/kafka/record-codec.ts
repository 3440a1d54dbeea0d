import type { OutgoingRecord, ReceivedRecord } from '../ports/records.js';
import type { FetchedRecord } from './wire/decode-fetch.js';

/** A record as it goes to the broker. */
export interface WireRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers?: Record<string, string>;
}

/** What one wire record holds: the places of its items in the publish. */
export interface Packed {
  readonly record: WireRecord;
  readonly positions: readonly number[];
  readonly bytes: number;
}

/** A bundle ends before it gets longer than this; brokers refuse more than 1 MiB. Bytes. */
export const maxBundleBytes = 900_000;

/** Header with the keys of a bundle's items, a JSON array; absent where all have the key of the record. */
const keysHeader = 'keys';
/** Around each record and item, roughly. */
const overheadBytes = 40;

export interface PositionedRecord {
  readonly position: number;
  readonly record: OutgoingRecord;
}

/** One wire record per record. */
export function packSingly(records: readonly PositionedRecord[]): Packed[] {
  return records.map(({ position, record: { key = null, value } }) => ({
    record: { key, value },
    positions: [position],
    bytes: byteLength(value) + byteLength(key) + overheadBytes,
  }));
}

/** As few wire records as the size allows; the items are lines. */
export function packBundles(records: readonly PositionedRecord[]): Packed[] {
  const bundles: Packed[] = [];
  let items: PositionedRecord[] = [];
  let bytes = 0;
  for (const item of records) {
    const itemBytes = byteLength(item.record.value) + byteLength(item.record.key) + overheadBytes;
    if (items.length > 0 && bytes + itemBytes > maxBundleBytes) {
      bundles.push(toBundle(items, bytes));
      items = [];
      bytes = 0;
    }
    items.push(item);
    bytes += itemBytes;
  }
  if (items.length > 0) bundles.push(toBundle(items, bytes));
  return bundles;
}

function toBundle(items: readonly PositionedRecord[], bytes: number): Packed {
  const keys = items.map(({ record }) => record.key ?? null);
  const [key = null] = keys;
  const same = keys.every((each) => each === key);
  const value = items.map(({ record }) => record.value).join('\n');
  return {
    record: same ? { key, value } : { key: null, value, headers: { [keysHeader]: JSON.stringify(keys) } },
    positions: items.map(({ position }) => position),
    bytes,
  };
}

/** A record as readers of the port see it. */
export function unpackSingle(topic: string, partition: number, fetched: FetchedRecord): ReceivedRecord {
  const { offset, key, value, timestamp } = fetched;
  return { topic, partition, offset, index: 0, key: key?.toString() ?? null, value, timestamp };
}

/** The items of a bundle; their values are slices of it. */
export function unpackBundle(topic: string, partition: number, fetched: FetchedRecord): ReceivedRecord[] {
  const { offset, timestamp, value, headers } = fetched;
  const key = fetched.key?.toString() ?? null;
  const keys = readKeys(headers?.get(keysHeader));
  const records: ReceivedRecord[] = [];
  if (value === null) return [{ topic, partition, offset, index: 0, key, value, timestamp }];
  for (let start = 0, index = 0; ; index++) {
    const end = value.indexOf(0x0a, start);
    const item = value.subarray(start, end < 0 ? value.length : end);
    records.push({
      topic,
      partition,
      offset,
      index,
      key: keys ? (keys[index] ?? null) : key,
      value: item,
      timestamp,
    });
    if (end < 0) return records;
    start = end + 1;
  }
}

function readKeys(header: Buffer | null | undefined): (string | null)[] | undefined {
  if (!header) return undefined;
  try {
    const keys: unknown = JSON.parse(header.toString());
    return Array.isArray(keys) ? keys.map((key) => (typeof key === 'string' ? key : null)) : undefined;
  } catch {
    // Written by something else than this bus: its items are still readable without keys.
    return undefined;
  }
}

function byteLength(text: string | null | undefined): number {
  return text ? Buffer.byteLength(text) : 0;
}
