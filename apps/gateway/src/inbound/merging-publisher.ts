import { setTimeout as sleep } from 'node:timers/promises';
import { type OutgoingRecord, PublishError, type Publisher } from '@parley/event-bus';

export interface MergingPublisherOptions<Item> {
  /** The item that stands for both. */
  merge(former: Item, latter: Item): Item;
  toRecord(item: Item): OutgoingRecord;
  /** Items of one key are merged for this long; milliseconds. */
  readonly gatherMs: number;
  /** The time limit of each publish; milliseconds. */
  readonly timeoutMs: number;
  /** What has waited for longer is left out, where given: it would be told as if it were new. Milliseconds. */
  readonly freshMs?: number;
  /** Told after each publish: how many records, and how long it took in milliseconds. */
  onPublished?(records: number, milliseconds: number): void;
}

interface Waiting<Item> {
  item: Item;
  readonly since: number;
  readonly settle: ((error?: Error) => void)[];
}

/**
 * Publishes what may be merged, in no order: of all that arrives under one key within a while one record is made. One
 * publish is under way at a time, and everything that arrives meanwhile goes into the next.
 */
export class MergingPublisher<Item> {
  private waiting = new Map<string, Waiting<Item>>();
  private publishing = false;
  private unsettled = 0;

  constructor(
    private readonly publisher: Publisher,
    private readonly options: MergingPublisherOptions<Item>,
  ) {}

  /** Additions that are not settled yet, merged ones too. */
  get size(): number {
    return this.unsettled;
  }

  /**
   * Resolves when the record that it became part of is confirmed, or left out for its age.
   * @throws Error (by rejection) when it is not confirmed; it may be written nevertheless
   */
  add(key: string, item: Item): Promise<void> {
    let waiting = this.waiting.get(key);
    if (waiting) waiting.item = this.options.merge(waiting.item, item);
    else this.waiting.set(key, (waiting = { item, since: performance.now(), settle: [] }));
    if (!this.publishing) {
      this.publishing = true;
      void this.publishAll();
    }
    const { settle } = waiting;
    this.unsettled += 1;
    return new Promise((resolve, reject) =>
      settle.push((error) => {
        this.unsettled -= 1;
        if (error) reject(error);
        else resolve();
      }),
    );
  }

  private async publishAll(): Promise<void> {
    while (this.waiting.size > 0) {
      await sleep(this.options.gatherMs);
      const gathered = [...this.waiting.values()];
      this.waiting = new Map();
      await this.publish(gathered);
    }
    this.publishing = false;
  }

  private async publish(gathered: readonly Waiting<Item>[]): Promise<void> {
    const { freshMs = Infinity, timeoutMs } = this.options;
    const oldest = performance.now() - freshMs;
    const fresh = gathered.filter(({ since }) => since >= oldest);
    const failed = new Set<Waiting<Item>>();
    let error: Error | undefined;
    if (fresh.length > 0) {
      const began = performance.now();
      try {
        await this.publisher.publish(
          fresh.map(({ item }) => this.options.toRecord(item)),
          { timeoutMs },
        );
      } catch (reason) {
        error = reason instanceof Error ? reason : new Error(String(reason));
        const lost = reason instanceof PublishError ? reason.unconfirmed : fresh.keys();
        for (const index of lost) failed.add(fresh[index] as Waiting<Item>);
      }
      this.options.onPublished?.(fresh.length - failed.size, performance.now() - began);
    }
    for (const waiting of gathered) {
      for (const settle of waiting.settle) settle(failed.has(waiting) ? error : undefined);
    }
  }
}
