import { setTimeout as sleep } from 'node:timers/promises';
import { timing } from '@parley/contracts';
import { Backoff } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { isDataError } from '../messages/database-errors.js';
import { type DedicatedConnection } from '../messages/dedicated-connection.js';
import { advanceReceipts, type MovedMark } from './advance-receipts.js';
import { type Audiences } from './audiences.js';
import { keyOf, type Mark, MergedMarks } from './marks.js';
import { type ReceiptTeller } from './receipt-teller.js';
import { type SignalMetrics } from './signal-metrics.js';

export interface ReceiptWriterParts {
  readonly connection: DedicatedConnection;
  readonly audiences: Audiences;
  readonly teller: ReceiptTeller;
  readonly metrics: SignalMetrics;
  readonly log: Log;
}

/** Why the database refuses marks, whatever they stand beside; by `keyOf`, for all that were merged into one. */
export type RefusedMarks = ReadonlyMap<string, Error>;

interface Waiter {
  resolve(refused: RefusedMarks): void;
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
 * that is away is asked again for ever; a mark that it refuses spoils the others only until it is found.
 */
export class ReceiptWriter {
  private readonly waiting = new MergedMarks();
  private waiters: Waiter[] = [];
  private readonly deferred = new MergedMarks();
  /** When what is deferred will be stored. */
  private deferral: Promise<RefusedMarks> | undefined;
  private endDeferral: () => void = () => undefined;
  private running: Promise<void> | undefined;
  private readonly stopping = new AbortController();
  private roomWaiters: (() => void)[] = [];

  constructor(private readonly parts: ReceiptWriterParts) {}

  /**
   * Resolves when all of them are stored that can be.
   * @returns those that cannot be, others that were stored beside them among them
   * @throws Error (by rejection) when it is stopped before
   */
  add(marks: readonly Mark[]): Promise<RefusedMarks> {
    if (marks.length === 0) return Promise.resolve(new Map());
    for (const mark of marks) this.waiting.add(mark);
    const stored = new Promise<RefusedMarks>((resolve, reject) => this.waiters.push({ resolve, reject }));
    this.running ??= this.run();
    return stored;
  }

  /** The same, but not soon: for what would otherwise be stored again with every message, and told to nobody. */
  addLater(marks: readonly Mark[]): Promise<RefusedMarks> {
    if (marks.length === 0) return Promise.resolve(new Map());
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

  private defer(): Promise<RefusedMarks> {
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
        const refused = await this.store(this.waiting.drain());
        for (const waiter of waiters) waiter.resolve(refused);
      } catch (error) {
        for (const waiter of waiters) waiter.reject(error as Error);
      }
      this.freeRoom();
    }
    this.running = undefined;
  }

  private async store(marks: readonly Mark[]): Promise<RefusedMarks> {
    const { connection, audiences, teller, metrics } = this.parts;
    const began = performance.now();
    const refused = new Map<string, Error>();
    const moved = await this.raise(marks, refused);
    metrics.stored(marks.length - refused.size, moved.length, refused.size, performance.now() - began);
    if (moved.length === 0) return refused;
    const versions = new Map(moved.map((mark) => [mark.conversationId, mark.membersVersion]));
    const told = await this.untilDone(() =>
      connection.use((database) => audiences.current(database, versions)),
    );
    teller.tell(moved, told);
    return refused;
  }

  /** What spoils the others is found by halving until it is alone. */
  private async raise(marks: readonly Mark[], refused: Map<string, Error>): Promise<MovedMark[]> {
    const { connection, log } = this.parts;
    try {
      return await this.untilDone(() => connection.use((database) => advanceReceipts(database, marks)));
    } catch (error) {
      if (!isDataError(error)) throw error;
      const [mark] = marks;
      if (mark !== undefined && marks.length === 1) {
        log.error({ err: error, mark }, 'a receipt cannot be stored');
        refused.set(keyOf(mark), error as Error);
        return [];
      }
      const middle = marks.length >> 1;
      const first = await this.raise(marks.slice(0, middle), refused);
      return [...first, ...(await this.raise(marks.slice(middle), refused))];
    }
  }

  private async untilDone<T>(work: () => Promise<T>): Promise<T> {
    const backoff = new Backoff();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (this.isStopping || isDataError(error)) throw error;
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
