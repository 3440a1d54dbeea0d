import { lookupCodecByAttributes } from './kafkajs-internals.js';

/** A record as it stands in the log, before bundles are taken apart. */
export interface FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: ReadonlyMap<string, Buffer | null> | undefined;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The end of what is replicated. */
  readonly highWatermark: number;
  readonly records: FetchedRecord[];
  /** The offset after the last record batch, also where compaction has emptied it; -1 without any batch. */
  readonly nextOffset: number;
}

const batchOverhead = 61;
const controlBatch = 0x20;
const logAppendTime = 0x08;
const compressionMask = 0x07;

class Reader {
  at = 0;

  constructor(readonly buffer: Buffer) {}

  int8(): number {
    return this.buffer.readInt8(this.at++);
  }

  int16(): number {
    return this.buffer.readInt16BE((this.at += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.at += 4) - 4);
  }

  /** Offsets and times stay far below 2^53. */
  int64(): number {
    const at = (this.at += 8) - 8;
    return this.buffer.readInt32BE(at) * 0x1_0000_0000 + this.buffer.readUInt32BE(at + 4);
  }

  varint(): number {
    let result = 0;
    let factor = 1;
    for (;;) {
      const byte = this.buffer[this.at++] ?? 0;
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) break;
      factor *= 128;
    }
    return result % 2 === 0 ? result / 2 : -(result + 1) / 2;
  }

  string(): string {
    const length = this.int16();
    return length < 0 ? '' : this.buffer.toString('utf8', this.at, (this.at += length));
  }

  bytes(length: number): Buffer | null {
    return length < 0 ? null : this.buffer.subarray(this.at, (this.at += length));
  }
}

/** Decodes an answer to Fetch version 11; values are slices of its buffer, nothing is copied. */
export async function decodeFetch(raw: Buffer): Promise<FetchedPartition[]> {
  const reader = new Reader(raw);
  reader.int32(); // throttle time
  const sessionError = reader.int16();
  reader.int32(); // session id
  if (sessionError !== 0) throw new Error(`the fetch was refused with code ${sessionError}`);
  const partitions: FetchedPartition[] = [];
  for (let topics = reader.int32(); topics > 0; topics--) {
    const topic = reader.string();
    for (let count = reader.int32(); count > 0; count--)
      partitions.push(await decodePartition(reader, topic));
  }
  return partitions;
}

async function decodePartition(reader: Reader, topic: string): Promise<FetchedPartition> {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  reader.int64(); // last stable offset
  reader.int64(); // log start offset
  for (let aborted = reader.int32(); aborted > 0; aborted--) reader.at += 16;
  reader.int32(); // preferred read replica
  const set = reader.bytes(Math.max(0, reader.int32())) ?? Buffer.alloc(0);
  const records: FetchedRecord[] = [];
  let nextOffset = -1;
  // The last batch may be cut off by the size limit: it comes again with the next fetch.
  for (let at = 0; at + batchOverhead <= set.length;) {
    const end = at + 12 + set.readInt32BE(at + 8);
    if (end > set.length) break;
    nextOffset = await decodeBatch(set.subarray(at, end), records);
    at = end;
  }
  return { topic, partition, errorCode, highWatermark, records, nextOffset };
}

async function decodeBatch(batch: Buffer, into: FetchedRecord[]): Promise<number> {
  const reader = new Reader(batch);
  const baseOffset = reader.int64();
  reader.at = 16;
  const magic = reader.int8();
  if (magic !== 2) throw new Error(`record batches of format ${magic} are not supported`);
  reader.at = 21;
  const attributes = reader.int16();
  const nextOffset = baseOffset + reader.int32() + 1;
  const baseTimestamp = reader.int64();
  const maxTimestamp = reader.int64();
  reader.at = 57;
  const count = reader.int32();
  if (attributes & controlBatch) return nextOffset;
  const fixedTimestamp = attributes & logAppendTime ? maxTimestamp : undefined;
  const records =
    attributes & compressionMask
      ? new Reader(await decompress(attributes, batch.subarray(reader.at)))
      : reader;
  for (let n = 0; n < count; n++) into.push(decodeRecord(records, baseOffset, baseTimestamp, fixedTimestamp));
  return nextOffset;
}

function decodeRecord(
  reader: Reader,
  baseOffset: number,
  baseTimestamp: number,
  fixedTimestamp: number | undefined,
): FetchedRecord {
  const end = reader.varint() + reader.at;
  reader.int8(); // attributes
  const timestamp = baseTimestamp + reader.varint();
  const offset = baseOffset + reader.varint();
  const key = reader.bytes(reader.varint());
  const value = reader.bytes(reader.varint());
  const headers = decodeHeaders(reader);
  reader.at = end;
  return { offset, timestamp: fixedTimestamp ?? timestamp, key, value, headers };
}

function decodeHeaders(reader: Reader): Map<string, Buffer | null> | undefined {
  let count = reader.varint();
  if (count <= 0) return undefined;
  const headers = new Map<string, Buffer | null>();
  for (; count > 0; count--) {
    const name = reader.bytes(reader.varint())?.toString() ?? '';
    headers.set(name, reader.bytes(reader.varint()));
  }
  return headers;
}

async function decompress(attributes: number, compressed: Buffer): Promise<Buffer> {
  const codec = lookupCodecByAttributes(attributes);
  if (!codec) throw new Error(`compression ${attributes & compressionMask} is not supported`);
  return codec.decompress(compressed);
}
