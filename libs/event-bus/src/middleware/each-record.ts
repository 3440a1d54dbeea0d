import { setTimeout as sleep } from 'node:timers/promises';
import { type BusLog, silent } from '../bus-log.js';
import { Backoff, type BackoffOptions } from '../consuming/backoff.js';
import type { GroupSubscription, RecordBatch } from '../ports/group-consumer.js';
import { PublishError } from '../ports/publisher.js';
import type { ReceivedRecord } from '../ports/records.js';
import type { DeadLetters } from './dead-letters.js';

export interface EachRecordOptions {
  /** Named in logs and dead letters. */
  readonly handler: string;
  /** Handles one record, or one item of a bundled record. */
  handle(record: ReceivedRecord): Promise<void> | void;
  readonly deadLetters: DeadLetters;
  /** Whether the error says nothing about the record: a lost database … The bus's own errors are known here. */
  isTransient?(error: unknown): boolean;
  /** Attempts before a record whose error is not transient goes to the dead letters (default 5). */
  readonly maxAttempts?: number;
  readonly backoff?: BackoffOptions;
  readonly log?: BusLog;
}

/**
 * Makes a handler of single records into one of batches: the records of a partition one after the other, partitions
 * side by side. Trouble around the handler is retried for ever, a record that cannot be handled is put away.
 */
export function eachRecord(options: EachRecordOptions): GroupSubscription['onBatch'] {
  return async (batch) => {
    const outcomes = await Promise.allSettled(
      byPartition(batch.records).map((records) => handlePartition(options, batch, records)),
    );
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) throw failed.reason;
  };
}

function byPartition(records: readonly ReceivedRecord[]): ReceivedRecord[][] {
  const partitions = new Map<string, ReceivedRecord[]>();
  for (const record of records) {
    const key = `${record.topic}/${record.partition}`;
    const those = partitions.get(key);
    if (those) those.push(record);
    else partitions.set(key, [record]);
  }
  return [...partitions.values()];
}

async function handlePartition(
  options: EachRecordOptions,
  batch: RecordBatch,
  records: readonly ReceivedRecord[],
): Promise<void> {
  for (const record of records) {
    if (!batch.isOwned(record)) return;
    await handleOne(options, batch, record);
  }
}

async function handleOne(
  options: EachRecordOptions,
  batch: RecordBatch,
  record: ReceivedRecord,
): Promise<void> {
  const { handler, deadLetters, maxAttempts = 5, log = silent } = options;
  const backoff = new Backoff(options.backoff);
  let attempts = 0;
  let verdict: unknown;
  while (batch.isOwned(record)) {
    try {
      if (attempts < maxAttempts) await options.handle(record);
      else await deadLetters.write({ record, handler, attempts, error: verdict });
      if (attempts >= maxAttempts)
        log('error', 'A record went to the dead letters', { handler, ...place(record) });
      return;
    } catch (error) {
      const transient =
        attempts >= maxAttempts || error instanceof PublishError || options.isTransient?.(error) === true;
      if (!transient) {
        attempts++;
        verdict = error;
      }
      const pauseMs = backoff.next();
      log('warn', 'A record was not handled', { handler, ...place(record), attempts, pauseMs, error });
      if (batch.stopping?.aborted) throw error;
      await sleep(pauseMs, undefined, { ...(batch.stopping && { signal: batch.stopping }) });
    }
  }
}

function place({ topic, partition, offset, index }: ReceivedRecord) {
  return { topic, partition, offset, index };
}
