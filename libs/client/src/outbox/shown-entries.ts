import { RequestFailed } from '../failure.js';
import { keptOf, type OutboxEntry, type OutboxObserver, type Result } from './entry.js';
import { type Owner } from './owner.js';
import { SenderClosed } from './sender.js';
import { type Waiters } from './waiters.js';

const byOrder = (left: OutboxEntry, right: OutboxEntry): number => left.order - right.order;

/**
 * The entries as this tab shows them: the owner's, whichever tab they come from. What becomes of one is told to the
 * observer and to whoever waits for it here.
 */
export class ShownEntries {
  private readonly entries = new Map<string, OutboxEntry>();
  /** Of each reading of the store that is under way, what was settled or forgotten meanwhile: it may still stand there. */
  private readonly readings = new Set<Set<string>>();
  private storeWasRead = false;
  private lastOrder = 0;

  constructor(
    private readonly owner: Owner,
    private readonly waiters: Waiters,
    private readonly observer: OutboxObserver,
  ) {}

  /** Whether what an earlier run left behind is among them. */
  get loaded(): boolean {
    return this.storeWasRead;
  }

  /** @param reading what the store holds, being read from now on */
  async load(reading: Promise<readonly OutboxEntry[]>): Promise<void> {
    const gone = new Set<string>();
    this.readings.add(gone);
    try {
      const kept = await reading;
      this.storeWasRead = true;
      for (const entry of kept) if (!gone.has(entry.id)) this.show(entry);
    } finally {
      this.readings.delete(gone);
    }
  }

  get(id: string): OutboxEntry | undefined {
    return this.entries.get(id);
  }

  /** In the order of writing, failed ones among them. */
  of(conversationId: string): OutboxEntry[] {
    const own = [...this.entries.values()].filter(({ body }) => body.conversationId === conversationId);
    return own.sort(byOrder);
  }

  /** This tab's own that the one that leads was told of, in the order of writing. */
  handedOver(): OutboxEntry[] {
    return [...this.entries.values()].filter(({ id }) => this.waiters.isHandedOver(id)).sort(byOrder);
  }

  /** Commands that wait or are on their way, of this tab or another. */
  get size(): number {
    const kept = [...this.entries.values()].filter(({ failure }) => !failure);
    return new Set([...kept.map(({ id }) => id), ...this.waiters.ids]).size;
  }

  /** For the one that is written next. */
  nextOrder(): number {
    return ++this.lastOrder;
  }

  show(kept: OutboxEntry): void {
    const entry = this.owner.claimed(kept);
    if (!this.owner.owns(entry)) return;
    this.lastOrder = Math.max(this.lastOrder, entry.order);
    this.entries.set(entry.id, entry);
    this.observer.queued(entry);
  }

  settle(entry: OutboxEntry, result: Result, error?: Error): void {
    const { id } = entry;
    this.gone(id);
    if (!this.owner.owns(entry)) return;
    const kept = keptOf(entry, result);
    if (kept) this.entries.set(id, kept);
    else this.entries.delete(id);
    // Before it is told: whoever hears of it may try it again at once.
    const waiter = this.waiters.take(id);
    this.observer.settled(entry, result);
    if ('data' in result) waiter?.resolve(result.data);
    else waiter?.reject(error ?? new RequestFailed(result.failure.error, result.failure.final));
  }

  forget(entry: OutboxEntry): void {
    this.gone(entry.id);
    this.entries.delete(entry.id);
    this.observer.discarded(entry);
  }

  /** Somebody else's now: whoever waits for it hears nothing more. */
  letGo(entry: OutboxEntry): void {
    this.forget(entry);
    this.waiters.take(entry.id)?.reject(new SenderClosed());
  }

  private gone(id: string): void {
    for (const gone of this.readings) gone.add(id);
  }

  /** Keeps the new owner's. */
  ownerChanged(): void {
    for (const entry of [...this.entries.values()].map((each) => this.owner.claimed(each))) {
      if (this.owner.owns(entry)) this.entries.set(entry.id, entry);
      else this.letGo(entry);
    }
  }
}
