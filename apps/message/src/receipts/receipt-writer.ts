import { setTimeout as sleep } from 'node:timers/promises';
import { timing } from '@parley/contracts';
import { Backoff } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type DedicatedConnection } from '../messages/dedicated-connection.js';
import { advanceReceipts } from './advance-receipts.js';
import { type Audiences } from './audiences.js';
import { type Mark, MergedMarks } from './marks.js';
import { type ReceiptTeller } from './receipt-teller.js';
import { type SignalMetrics } from './signal-metrics.js';

export interface ReceiptWriterParts {
  readonly connection: DedicatedConnection;
  readonly audiences: Audiences;
  readonly teller: ReceiptTeller;
  readonly metrics: SignalMetrics;
  readonly log: Log;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** Marks are gathered this long: each statement, and each delivery to a group, then carries many. Milliseconds. */
const GATHER_MS = 100;
/** Marks of different people and conversations; beyond it no more are taken from the log. */
const MAX_WAITING = 10_000;

/** Delivered marks of large groups, where nobody is told of them one by one, are gathered for longer. Milliseconds. */
const GATHER_DELIVERIES_MS = timing.deliverySummaryMs;

/**
 * Stores marks: one statement is under way, and everything that arrives meanwhile is merged into the next. A database
 * that is away is asked again for ever.
 */
export class ReceiptWriter {
  private readonly waiting = new MergedMarks();
  private waiters: Waiter[] = [];
  private readonly deferred = new MergedMarks();
  /** When what is deferred will be stored. */
  private deferral: Promise<void> | undefined;
  private endDeferral: () => void = () => undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private roomWaiters: (() => void)[] = [];

  constructor(private readonly parts: ReceiptWriterParts) {}

  /**
   * Resolves when all of them are stored.
   * @throws Error (by rejection) when it is stopped before
   */
  add(marks: readonly Mark[]): Promise<void> {
    if (marks.length === 0) return Promise.resolve();
    for (const mark of marks) this.waiting.add(mark);
    const stored = new Promise<void>((resolve, reject) => this.waiters.push({ resolve, reject }));
    this.running ??= this.run();
    return stored;
  }

  /** The same, but not soon: for what would otherwise be stored again with every message, and told to nobody. */
  addLater(marks: readonly Mark[]): Promise<void> {
    if (marks.length === 0) return Promise.resolve();
    for (const mark of marks) this.deferred.add(mark);
    this.deferral ??= this.defer();
    return this.deferral;
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.waiting.size + this.deferred.size > MAX_WAITING && !this.isStopping) {
      this.endDeferral();
      await new Promise<void>((resolve) => this.roomWaiters.push(resolve));
    }
  }

  /** Tries once more to store what waits, and gives up what cannot be stored then: the log has it. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.endDeferral();
    this.freeRoom();
    await this.running;
  }

  private defer(): Promise<void> {
    const isOver = new Promise<void>((resolve) => (this.endDeferral = resolve));
    const timer = setTimeout(() => this.endDeferral(), this.isStopping ? 0 : GATHER_DELIVERIES_MS);
    return isOver.then(() => {
      clearTimeout(timer);
      this.deferral = undefined;
      return this.add(this.deferred.drain());
    });
  }

  private get isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (this.waiting.size > 0) {
      await this.pause(GATHER_MS);
      const waiters = this.waiters;
      this.waiters = [];
      try {
        await this.store(this.waiting.drain());
        for (const waiter of waiters) waiter.resolve();
      } catch (error) {
        for (const waiter of waiters) waiter.reject(error as Error);
      }
      this.freeRoom();
    }
    this.running = undefined;
  }

  private async store(marks: readonly Mark[]): Promise<void> {
    const { connection, audiences, teller, metrics } = this.parts;
    const began = performance.now();
    const moved = await this.untilDone(() => connection.use((database) => advanceReceipts(database, marks)));
    metrics.stored(marks.length, moved.length, performance.now() - began);
    if (moved.length === 0) return;
    const versions = new Map(moved.map((mark) => [mark.conversationId, mark.membersVersion]));
    const told = await this.untilDone(() =>
      connection.use((database) => audiences.current(database, versions)),
    );
    teller.tell(moved, told);
  }

  private async untilDone<T>(work: () => Promise<T>): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.isStopping) throw error;
        const pauseMs = backoff.next();
        this.parts.log.warn({ err: error, pauseMs }, 'receipts are not stored yet');
        await this.pause(pauseMs);
      }
    }
  }

  /** Ends at once when it is stopped. */
  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private freeRoom(): void {
    for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}
