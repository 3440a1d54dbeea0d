import { PublishError, type Publisher } from '../ports/publisher.js';
import type { OutgoingRecord, WrittenAt } from '../ports/records.js';
import { QueueFullError } from './queue-full-error.js';

export interface OrderedPublisherOptions {
  /** Appends that may wait while a produce is in flight (default 10,000). */
  readonly maxQueued?: number;
  /** How long the first append of an idle publisher waits for others (default 0: for the rest of this turn). */
  readonly lingerMs?: number;
  /** The time limit of each produce (default 5,000). */
  readonly timeoutMs?: number;
}

interface Append {
  readonly lane: string;
  readonly records: readonly OutgoingRecord[];
  readonly resolve: (written: WrittenAt[]) => void;
  readonly reject: (error: PublishError) => void;
}

/**
 * Writes in the order of the appends: one produce is in flight, and everything that arrives meanwhile goes into the
 * next. When an append fails, those of its lane that wait behind it fail too: their order would be broken.
 */
export class OrderedPublisher {
  private queue: Append[] = [];
  private scheduled = false;
  private onIdle: (() => void)[] = [];

  constructor(
    private readonly publisher: Publisher,
    private readonly options: OrderedPublisherOptions = {},
  ) {}

  /** Appends that wait for the produce in flight. */
  get queued(): number {
    return this.queue.length;
  }

  /**
   * @param lane what keeps an order of its own: a conversation, a session
   * @returns where each record was written, in the order given
   * @throws QueueFullError at once
   * @throws PublishError (by rejection) with the unconfirmed ones of these records
   */
  append(lane: string, records: readonly OutgoingRecord[]): Promise<WrittenAt[]> {
    const { maxQueued = 10_000 } = this.options;
    if (this.queue.length >= maxQueued) throw new QueueFullError(this.queue.length);
    return new Promise((resolve, reject) => {
      this.queue.push({ lane, records, resolve, reject });
      this.schedule();
    });
  }

  /** Resolves when nothing waits and nothing is in flight. */
  async settled(): Promise<void> {
    if (this.scheduled) await new Promise<void>((resolve) => this.onIdle.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const { lingerMs = 0 } = this.options;
    if (lingerMs > 0) setTimeout(() => void this.drain(), lingerMs);
    else setImmediate(() => void this.drain());
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const appends = this.queue;
      this.queue = [];
      await this.produce(appends);
    }
    this.scheduled = false;
    for (const resolve of this.onIdle.splice(0)) resolve();
  }

  private async produce(appends: readonly Append[]): Promise<void> {
    const { timeoutMs = 5_000 } = this.options;
    const records =
      appends.length === 1 ? (appends[0]?.records ?? []) : appends.flatMap((each) => each.records);
    try {
      const written = await this.publisher.publish(records, { timeoutMs });
      let start = 0;
      for (const { records: own, resolve } of appends) {
        resolve(appends.length === 1 ? written : written.slice(start, start + own.length));
        start += own.length;
      }
    } catch (error) {
      this.fail(appends, error);
    }
  }

  private fail(appends: readonly Append[], error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const outcome = error instanceof PublishError ? error : undefined;
    const unconfirmed = outcome && new Set(outcome.unconfirmed);
    const broken = new Set<string>();
    let start = 0;
    for (const { lane, records, resolve, reject } of appends) {
      const positions = records.map((_, index) => start + index);
      const lost = positions.filter((position) => unconfirmed?.has(position) ?? true);
      if (lost.length === 0) {
        resolve(positions.flatMap((position) => outcome?.written.get(position) ?? []));
      } else {
        broken.add(lane);
        const own = lost.map((position) => position - start);
        reject(new PublishError(message, own, { cause: error }));
      }
      start += records.length;
    }
    this.failBehind(broken, error);
  }

  private failBehind(lanes: ReadonlySet<string>, cause: unknown): void {
    const behind = this.queue.filter(({ lane }) => lanes.has(lane));
    this.queue = this.queue.filter(({ lane }) => !lanes.has(lane));
    for (const { records, reject } of behind) {
      reject(new PublishError('an earlier append of the same lane failed', [...records.keys()], { cause }));
    }
  }
}
