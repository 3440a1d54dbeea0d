import { PublishError, type Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import { Spacing } from './spacing.js';

/** A record on its way into the log. None of the callbacks may throw. */
export interface Append {
  /** What keeps an order of its own, compared by identity: a socket, a conversation's id. */
  readonly lane: unknown;
  readonly record: OutgoingRecord;
  /** Asked just before the publish; when false, the record is left out and nothing more is called. */
  isWanted?(): boolean;
  onWritten?(at: WrittenAt): void;
  /** @param outcome `none` when it certainly was not written; `unknown` when it may be, or may still come to be */
  onFailed(outcome: 'none' | 'unknown'): void;
}

export interface OrderedPublisherOptions {
  /** The most records in one publish (default 1,000). */
  readonly maxRecords?: number;
  /** The time limit of each publish, milliseconds (default the publisher's: 5,000). */
  readonly timeoutMs?: number;
  /**
   * A publish begins so long after the one before, at the earliest, unless many records wait. It costs the log, and all
   * who read it, as much for one record as for many; a record that comes alone does not wait. Milliseconds (default 0).
   */
  readonly spacingMs?: number;
  /** Told after each publish, however it ended, how long it took. */
  onPublished?(milliseconds: number): void;
}

/** So many records are worth a publish of their own. */
const enough = 16;

/**
 * Writes in the order of the appends: one publish is under way at a time, and everything that arrives meanwhile goes
 * into the next. So order holds, and batches form by themselves when it matters. When a publish fails, whatever waits
 * behind it in the same lanes fails too, or it would overtake. The queue has no bound: who appends bounds what is in
 * flight.
 */
export class OrderedPublisher {
  private waiting: Append[] = [];
  private publishing = false;
  private readonly spacing: Spacing;

  constructor(
    private readonly publisher: Publisher,
    private readonly options: OrderedPublisherOptions = {},
  ) {
    this.spacing = new Spacing(options.spacingMs ?? 0);
  }

  append(append: Append): void {
    this.waiting.push(append);
    if (this.waiting.length >= enough) this.spacing.hurry();
    if (this.publishing) return;
    this.publishing = true;
    // After whatever else is appended in this turn: packets of one read come in ticks of their own.
    queueMicrotask(() => void this.publishAll());
  }

  private async publishAll(): Promise<void> {
    const { maxRecords = 1_000 } = this.options;
    while (this.waiting.length > 0) {
      if (this.waiting.length < enough) await this.spacing.rested();
      this.spacing.begin();
      const batch = this.waiting.splice(0, maxRecords).filter((append) => append.isWanted?.() ?? true);
      if (batch.length > 0) await this.publish(batch);
    }
    this.publishing = false;
  }

  private async publish(batch: readonly Append[]): Promise<void> {
    const { timeoutMs } = this.options;
    const begin = performance.now();
    try {
      const records = batch.map(({ record }) => record);
      const written = await this.publisher.publish(records, timeoutMs === undefined ? {} : { timeoutMs });
      tellWritten(batch, (index) => written[index]);
    } catch (error) {
      this.fail(batch, error);
    }
    this.options.onPublished?.(performance.now() - begin);
  }

  private fail(batch: readonly Append[], error: unknown): void {
    let unconfirmed = batch;
    if (error instanceof PublishError) {
      tellWritten(batch, (index) => error.written.get(index));
      unconfirmed = error.unconfirmed.flatMap((index) => batch[index] ?? []);
    }
    const lanes = new Set(unconfirmed.map(({ lane }) => lane));
    const behind = this.waiting.filter(({ lane }) => lanes.has(lane));
    this.waiting = this.waiting.filter(({ lane }) => !lanes.has(lane));
    for (const append of unconfirmed) append.onFailed('unknown');
    for (const append of behind) append.onFailed('none');
  }
}

function tellWritten(batch: readonly Append[], placeOf: (index: number) => WrittenAt | undefined): void {
  for (let index = 0; index < batch.length; index++) {
    const append = batch[index];
    if (!append?.onWritten) continue;
    const place = placeOf(index);
    if (place) append.onWritten(place);
  }
}
