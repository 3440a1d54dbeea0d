import { type OutgoingRecord, PublishError, type Publisher } from '@parley/event-bus';
import { setTimeout as pause } from 'node:timers/promises';

const RECORDS_PER_PUBLISH = 4_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/** What became of records that a publish did not confirm: those to be tried again, in order. */
export type OnUnconfirmed<T> = (unconfirmed: T[], of: readonly T[], error: PublishError) => T[];

/**
 * Publishes in order: one publish under way, and all that is added meanwhile goes into the next. What is not
 * confirmed is published again, before anything later.
 */
export class PublishingLane<T extends OutgoingRecord> {
  private waiting: T[] = [];
  private running: Promise<void> | undefined;
  private failures = 0;

  constructor(
    private readonly publisher: Publisher,
    private readonly timeoutMs: number,
    private readonly onConfirmed: (records: readonly T[]) => void,
    private readonly onUnconfirmed: OnUnconfirmed<T>,
    private readonly onIdle: () => void = () => undefined,
  ) {}

  get size(): number {
    return this.waiting.length;
  }

  add(records: readonly T[]): void {
    for (const record of records) this.waiting.push(record);
    this.running ??= this.run();
  }

  /** Takes out what is waiting and fits, in order. */
  remove(fits: (record: T) => boolean): T[] {
    const removed = this.waiting.filter(fits);
    if (removed.length > 0) this.waiting = this.waiting.filter((record) => !fits(record));
    return removed;
  }

  private async run(): Promise<void> {
    // Whatever is added in the same turn of the event loop shares the publish.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      await this.publishNext();
    }
    this.running = undefined;
    this.onIdle();
  }

  private async publishNext(): Promise<void> {
    const records = this.waiting.splice(0, RECORDS_PER_PUBLISH);
    if (records.length === 0) return;
    try {
      await this.publisher.publish(records, { timeoutMs: this.timeoutMs });
    } catch (error) {
      await this.tryAgain(records, toPublishError(error, records.length));
      return;
    }
    this.failures = 0;
    this.onConfirmed(records);
  }

  private async tryAgain(records: readonly T[], error: PublishError): Promise<void> {
    const missing = new Set(error.unconfirmed);
    this.onConfirmed(records.filter((_, index) => !missing.has(index)));
    const unconfirmed = records.filter((_, index) => missing.has(index));
    const again = this.onUnconfirmed(unconfirmed, records, error);
    this.waiting = [...again, ...this.waiting];
    if (again.length === 0) return;
    await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 8)));
    this.failures += 1;
  }
}

/** A publisher that fails as a whole has confirmed nothing. */
function toPublishError(error: unknown, count: number): PublishError {
  if (error instanceof PublishError) return error;
  const all = Array.from({ length: count }, (_, index) => index);
  return new PublishError('the publish failed as a whole', all, { cause: error });
}
