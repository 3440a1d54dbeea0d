import { type SessionRecord, topics } from '@parley/contracts';
import {
  type OutgoingRecord,
  PublishError,
  type Publisher,
  realTime,
  Spacing,
  type SpacingTime,
} from '@parley/event-bus';
import { sessionKey } from '../directory/session-table.js';
import type { SessionsLog } from '../log.js';

/** The most sessions in one publish: some 300 KB. */
const maxRecords = 1_000;
/** So many are worth a publish of their own. */
const enough = 64;
/** Between the beginnings of two publishes of fewer: those who follow the sessions read each of them. Milliseconds. */
const spacingMs = 25;
/** The pause after a publish that failed. */
const retryMs = 500;

/** A change on its way into the log. */
interface Change {
  readonly key: string;
  /** Written together, in order. */
  readonly records: readonly OutgoingRecord[];
  readonly onWritten?: (() => void) | undefined;
}

/**
 * Tells who is connected to this process. One publish is under way at a time; everything that changes meanwhile, or soon
 * after it began, goes into the next, of each session the latest state only. What is not confirmed is written again
 * until it is.
 */
export class SessionAnnouncer {
  /** What is still to be written, by key; null ends the session. */
  private readonly waiting = new Map<string, Change>();
  private readonly spacing: Spacing;
  private writing = false;
  private stopped = false;
  private settled: (() => void)[] = [];
  private callOff: (() => void) | undefined;

  constructor(
    private readonly publisher: Publisher,
    private readonly log: SessionsLog,
    private readonly time: SpacingTime = realTime,
  ) {
    this.spacing = new Spacing(spacingMs, time);
  }

  /**
   * A session began, or its state changed.
   * @param onWritten called once this or a later state is confirmed; not when the session ended before, nor when what
   * is told of it later is to call another one
   */
  announce(session: SessionRecord, onWritten?: () => void): void {
    this.put(session.userId, session.sessionId, [JSON.stringify(session)], onWritten);
  }

  end(userId: string, sessionId: string): void {
    this.put(userId, sessionId, [null]);
  }

  /** Ends a session whose socket died without a word: who is told about it need not wait for a reconnect. */
  lose(session: SessionRecord): void {
    this.put(session.userId, session.sessionId, [JSON.stringify({ ...session, lost: true }), null]);
  }

  /** Ends the session under its former id and announces it under its new one. */
  renew(formerSessionId: string, session: SessionRecord, onWritten?: () => void): void {
    this.end(session.userId, formerSessionId);
    this.announce(session, onWritten);
  }

  /** Resolves when all that was told so far, and what comes meanwhile, is written; never while Kafka is away. */
  async written(): Promise<void> {
    if (!this.writing && this.waiting.size === 0) return;
    await new Promise<void>((resolve) => this.settled.push(resolve));
  }

  /** Gives up what is not written yet. */
  stop(): void {
    this.stopped = true;
    this.callOff?.();
    this.waiting.clear();
    this.settle();
  }

  private put(
    userId: string,
    sessionId: string,
    values: readonly (string | null)[],
    onWritten?: () => void,
  ): void {
    if (this.stopped) return;
    const key = sessionKey(userId, sessionId);
    // Deleted first, so that it stands behind what was told before it.
    const former = this.waiting.get(key);
    this.waiting.delete(key);
    const records = values.map((value) => {
      return { topic: topics.sessions.name, key, partitionBy: userId, value };
    });
    const change = { key, records, onWritten };
    this.waiting.set(key, former ? merged(former, change) : change);
    if (this.waiting.size >= enough) this.spacing.hurry();
    if (this.writing) return;
    this.writing = true;
    // All that is told in this turn of the event loop goes together.
    queueMicrotask(() => void this.write());
  }

  private async write(): Promise<void> {
    if (this.waiting.size > 0 && this.waiting.size < enough) await this.spacing.rested();
    const batch = this.takeBatch();
    if (batch.length === 0) {
      this.settle();
      return;
    }
    this.spacing.begin();
    try {
      await this.publisher.publish(batch.flatMap(({ records }) => records));
    } catch (error) {
      const unconfirmed = unconfirmedOf(batch, error);
      this.keep(batch.filter((change) => unconfirmed.has(change)));
      tellWritten(batch.filter((change) => !unconfirmed.has(change)));
      this.log.warn({ err: error, waiting: this.waiting.size }, 'sessions could not be announced');
      this.retry();
      return;
    }
    tellWritten(batch);
    void this.write();
  }

  private retry(): void {
    if (this.stopped) this.settle();
    else this.callOff = this.time.later(retryMs, () => void this.write());
  }

  private takeBatch(): Change[] {
    const batch: Change[] = [];
    for (const [key, change] of this.waiting) {
      this.waiting.delete(key);
      if (batch.push(change) === maxRecords) break;
    }
    return batch;
  }

  /** What was not confirmed waits again, unless something newer is known of that session. */
  private keep(changes: readonly Change[]): void {
    if (this.stopped) return;
    for (const change of changes) {
      const newer = this.waiting.get(change.key);
      this.waiting.set(change.key, newer ? merged(change, newer) : change);
    }
  }

  private settle(): void {
    this.writing = false;
    const settled = this.settled;
    this.settled = [];
    for (const resolve of settled) resolve();
  }
}

/** The newer state, told to whom the older one was to be told, unless the session has ended. */
function merged(older: Change, newer: Change): Change {
  const ended = newer.records.at(-1)?.value === null;
  return newer.onWritten || ended ? newer : { ...newer, onWritten: older.onWritten };
}

/** Those of which not every record was confirmed. */
function unconfirmedOf(batch: readonly Change[], error: unknown): Set<Change> {
  if (!(error instanceof PublishError)) return new Set(batch);
  const owners = batch.flatMap((change) => change.records.map(() => change));
  return new Set(error.unconfirmed.flatMap((index) => owners[index] ?? []));
}

function tellWritten(changes: readonly Change[]): void {
  for (const { onWritten } of changes) onWritten?.();
}
