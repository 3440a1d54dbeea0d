import { maxRecordBytes } from '../partitioning/check-record.js';
import type { Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, ReceivedRecord } from '../ports/records.js';

/** What stands in `<topic>.dead-letter`, as JSON: everything that is known of a record that could not be handled. */
export interface DeadLetter {
  /** Where the record was read. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Its place in the bundle; 0 where the topic is not bundled. */
  readonly index: number;
  /** Milliseconds since the epoch: when the record was written, and when it was given up. */
  readonly timestamp: number;
  readonly failedAt: number;
  /** Cut off after 1,000 characters. */
  readonly key: string | null;
  /** The record's value in base64; cut off where `valueTruncated` is true. */
  readonly value: string | null;
  readonly valueTruncated?: true;
  /** Who could not handle it, how often it tried, and what went wrong the last time (cut off after 2,000 characters). */
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

const maxKeyLength = 1_000;
const maxReasonLength = 2_000;
/** For all but the value. A character takes up to six bytes in JSON, and the key stands there twice. */
const roomForTheRest = 25_000;
/** Base64 is a third longer than what it holds. */
const maxValueBytes = Math.floor((maxRecordBytes - roomForTheRest) * 0.75);

export function deadLetterTopicOf(topic: string): string {
  return `${topic}.dead-letter`;
}

/** Puts away records that cannot be handled, for people to look at. The topics must be ensured by their reader. */
export class DeadLetters {
  constructor(private readonly publisher: Publisher) {}

  /** @throws PublishError */
  async write(failed: FailedRecord): Promise<void> {
    await this.publisher.publish([toDeadLetterRecord(failed)]);
  }
}

/**
 * The letter as a record, for who publishes it together with others. It is never too long: a letter that no topic takes
 * would be published again for ever, and no offset after it committed.
 */
export function toDeadLetterRecord(failed: FailedRecord): OutgoingRecord {
  const letter = toLetter(failed);
  const { topic, key } = letter;
  const value = JSON.stringify(letter);
  return { topic: deadLetterTopicOf(topic), value, ...(key !== null && { key }) };
}

function toLetter({ record, handler, attempts, error }: FailedRecord): DeadLetter {
  const { value, key, ...position } = record;
  const truncated = value !== null && value.length > maxValueBytes;
  return {
    ...position,
    failedAt: Date.now(),
    key: key?.slice(0, maxKeyLength) ?? null,
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
