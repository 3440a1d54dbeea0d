import { timing } from '@parley/contracts';
import { type Log } from '@parley/service';
import { type Pool } from 'pg';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { liveDeliveries } from '../delivery/live-deliveries.js';
import { type Outbox } from '../delivery/outbox.js';
import { type Routes } from '../delivery/routes.js';
import { countReceipts } from './count-receipts.js';
import { type SignalMetrics } from './signal-metrics.js';

export interface ReceiptSummariesParts {
  readonly pool: Pool;
  readonly routes: Routes;
  readonly outbox: Outbox;
  readonly metrics: SignalMetrics;
  readonly log: Log;
}

interface Scheduled {
  /** By this process's steady clock, milliseconds. */
  readonly dueAt: number;
  readonly timer: NodeJS.Timeout;
}

/** What moves together is told together, the first time too. Milliseconds. */
const GATHER_MS = 100;

/**
 * Tells those who wrote in a large group lately how far their messages have come: at most once a second, and less often
 * while nobody reads on.
 */
export class ReceiptSummaries {
  private readonly scheduled = new Map<string, Scheduled>();
  /** When each was told last; forgotten once it does not matter any more. */
  private readonly toldAt = new Map<string, number>();
  /** One after the other: counting is the least of what the database is for. */
  private counting: Promise<void> = Promise.resolve();
  private stopping: AbortSignal | undefined;

  constructor(private readonly parts: ReceiptSummariesParts) {}

  /** Marks have moved there; `hasReadOn` where read marks are among them. */
  touch(conversationId: string, hasReadOn: boolean): void {
    if (this.stopping) return;
    const now = performance.now();
    const pauseMs = hasReadOn ? timing.receiptSummaryMs : timing.deliverySummaryMs;
    const dueAt = Math.max(now + GATHER_MS, (this.toldAt.get(conversationId) ?? -Infinity) + pauseMs);
    const before = this.scheduled.get(conversationId);
    if (before !== undefined && before.dueAt <= dueAt) return;
    clearTimeout(before?.timer);
    const timer = setTimeout(() => this.begin(conversationId), dueAt - now);
    this.scheduled.set(conversationId, { dueAt, timer });
  }

  /** Tells now what was to be told later, until the signal ends it. */
  async stop(signal: AbortSignal): Promise<void> {
    this.stopping = signal;
    for (const [conversationId, { timer }] of this.scheduled) {
      clearTimeout(timer);
      this.begin(conversationId);
    }
    await this.counting;
  }

  private begin(conversationId: string): void {
    this.scheduled.delete(conversationId);
    const now = performance.now();
    for (const [id, at] of this.toldAt) {
      if (now - at < timing.deliverySummaryMs) break;
      this.toldAt.delete(id);
    }
    this.toldAt.delete(conversationId);
    this.toldAt.set(conversationId, now);
    this.counting = this.counting.then(() => this.summarize(conversationId));
  }

  private async summarize(conversationId: string): Promise<void> {
    if (this.stopping?.aborted) return;
    const { pool, routes, outbox, metrics, log } = this.parts;
    try {
      const { counts, senderIds } = await countReceipts(pool, conversationId);
      const body = JSON.stringify({ conversationId, counts });
      const records = liveDeliveries(
        routes.toUsers(senderIds),
        'receipt.summarized',
        body,
        new CommitTicket(),
      );
      if (records.length > 0) outbox.add(records);
      metrics.summaries.inc();
    } catch (error) {
      log.warn({ err: error, conversationId }, 'receipts are not counted yet');
      this.touch(conversationId, true);
    }
  }
}
