import type { WireRecord } from '../record-codec.js';
import { crc32c } from './crc32c.js';

export interface ProducePartition {
  readonly partition: number;
  readonly records: readonly WireRecord[];
}

export interface ProduceRequest {
  readonly timeoutMs: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly ProducePartition[] }[];
}

/** Whose answer a produce waits for: all replicas that are in sync. Not a setting, because acks rest on it. */
export const producerAcks = -1;
const batchHeaderBytes = 61;
/** More than the varints of one record or header can take. */
const varintBytes = 30;

class Writer {
  at = 0;
  readonly buffer: Buffer;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafe(bytes);
  }

  int8(value: number): void {
    this.at = this.buffer.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  int64(value: number): void {
    this.int32(Math.floor(value / 0x1_0000_0000));
    this.at = this.buffer.writeUInt32BE((value % 0x1_0000_0000) >>> 0, this.at);
  }

  /** Zigzag; lengths and offsets stay below 2^30. */
  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  string(text: string): void {
    const start = (this.at += 2);
    this.at += this.buffer.write(text, start);
    this.buffer.writeInt16BE(this.at - start, start - 2);
  }

  /** Text whose length in bytes is known, with the length before it; null has the length -1. */
  text(text: string | null, bytes: number): void {
    this.varint(text === null ? -1 : bytes);
    if (text !== null) this.at += this.buffer.write(text, this.at);
  }
}

/** Encodes the body of a Produce request of version 7: no compression, no transaction, one batch per partition. */
export function encodeProduce({ timeoutMs, topics }: ProduceRequest, now = Date.now()): Buffer {
  const writer = new Writer(upperBound(topics));
  writer.int16(-1); // no transactional id
  writer.int16(producerAcks);
  writer.int32(timeoutMs);
  writer.int32(topics.length);
  for (const { topic, partitions } of topics) {
    writer.string(topic);
    writer.int32(partitions.length);
    for (const each of partitions) writePartition(writer, each, now);
  }
  return writer.buffer.subarray(0, writer.at);
}

function writePartition(writer: Writer, { partition, records }: ProducePartition, now: number): void {
  writer.int32(partition);
  const start = (writer.at += 4);
  writer.int64(0); // base offset: the broker's to say
  writer.at += 4; // length
  writer.int32(-1); // leader epoch
  writer.int8(2); // format
  writer.at += 4; // checksum
  const checked = writer.at;
  writer.int16(0); // attributes
  writer.int32(records.length - 1);
  writer.int64(now);
  writer.int64(now);
  writer.int64(-1); // producer id
  writer.int16(-1); // producer epoch
  writer.int32(-1); // first sequence
  writer.int32(records.length);
  for (const [index, record] of records.entries()) writeRecord(writer, record, index);
  const { buffer, at } = writer;
  buffer.writeInt32BE(at - start, start - 4);
  buffer.writeInt32BE(at - start - 12, start + 8);
  buffer.writeUInt32BE(crc32c(buffer, checked, at), checked - 4);
}

function writeRecord(writer: Writer, { key, value, headers }: WireRecord, index: number): void {
  const keyBytes = key === null ? 0 : Buffer.byteLength(key);
  const valueBytes = value === null ? 0 : Buffer.byteLength(value);
  const entries = headers ? Object.entries(headers) : [];
  const sized = entries.map(([name, text]) => ({ name, text, bytes: Buffer.byteLength(text) }));
  let length = 2 + varintSize(index) + varintSize(entries.length);
  length += keyBytes + varintSize(key === null ? -1 : keyBytes);
  length += valueBytes + varintSize(value === null ? -1 : valueBytes);
  for (const { name, bytes } of sized)
    length += varintSize(name.length) + name.length + varintSize(bytes) + bytes;
  writer.varint(length);
  writer.int8(0); // attributes
  writer.varint(0); // time after the batch's
  writer.varint(index);
  writer.text(key, keyBytes);
  writer.text(value, valueBytes);
  writer.varint(entries.length);
  for (const { name, text, bytes } of sized) {
    writer.text(name, name.length); // names of headers are ASCII
    writer.text(text, bytes);
  }
}

function varintSize(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  if (zigzag < 1 << 7) return 1;
  if (zigzag < 1 << 14) return 2;
  if (zigzag < 1 << 21) return 3;
  return zigzag < 1 << 28 ? 4 : 5;
}

function upperBound(topics: ProduceRequest['topics']): number {
  let bytes = 16;
  for (const { topic, partitions } of topics) {
    bytes += topic.length * 3 + 6;
    for (const { records } of partitions) {
      bytes += batchHeaderBytes + 8;
      for (const { key, value, headers } of records) {
        bytes += varintBytes + Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
        for (const [name, text] of Object.entries(headers ?? {})) {
          bytes += varintBytes + name.length + Buffer.byteLength(text);
        }
      }
    }
  }
  return bytes;
}
