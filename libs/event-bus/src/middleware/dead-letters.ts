import { maxRecordBytes } from '../partitioning/check-record.js';
import type { Publisher } from '../ports/publisher.js';
import type { ReceivedRecord } from '../ports/records.js';

/** What stands in `<topic>.dead-letter`, as JSON. */
export interface DeadLetter {
  /** Where the record was read. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly index: number;
  /** Milliseconds since the epoch: when the record was written, and when it was given up. */
  readonly timestamp: number;
  readonly failedAt: number;
  readonly key: string | null;
  /** The record's value in base64; cut off where `valueTruncated` is true. */
  readonly value: string | null;
  readonly valueTruncated?: true;
  /** Who could not handle it, how often it tried, and what went wrong the last time. */
  readonly handler: string;
  readonly attempts: number;
  readonly reason: string;
}

export interface FailedRecord {
  readonly record: ReceivedRecord;
  readonly handler: string;
  readonly attempts: number;
  readonly error: unknown;
}

/** Base64 is a third longer than what it holds, and the rest of the letter needs room too. */
const maxValueBytes = Math.floor((maxRecordBytes - 20_000) * 0.75);
const maxReasonLength = 2_000;

export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dead-letter`;
}

/** Puts away records that cannot be handled, for people to look at. The topics must be ensured by their reader. */
export class DeadLetters {
  constructor(private readonly publisher: Publisher) {}

  /** @throws PublishError */
  async write(failed: FailedRecord): Promise<void> {
    const { topic, key } = failed.record;
    const value = JSON.stringify(toLetter(failed));
    await this.publisher.publish([{ topic: deadLetterTopicOf(topic), value, ...(key !== null && { key }) }]);
  }
}

function toLetter({ record, handler, attempts, error }: FailedRecord): DeadLetter {
  const { value, ...position } = record;
  const truncated = value !== null && value.length > maxValueBytes;
  return {
    ...position,
    failedAt: Date.now(),
    value: value === null ? null : value.subarray(0, maxValueBytes).toString('base64'),
    ...(truncated && { valueTruncated: true }),
    handler,
    attempts,
    reason: describe(error).slice(0, maxReasonLength),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
