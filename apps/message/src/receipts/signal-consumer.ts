import { type Origin, topics } from '@parley/contracts';
import { encodeReply } from '@parley/contracts/inbox';
import { type Consumption, type Continuing, type GroupConsumer, type RecordBatch } from '@parley/event-bus';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { type Outbox } from '../delivery/outbox.js';
import { toInbox } from '../delivery/outgoing.js';
import { type Audiences } from './audiences.js';
import { type Mark } from './marks.js';
import { readSignal } from './read-signal.js';
import { type ReceiptWriter } from './receipt-writer.js';
import { type SignalMetrics } from './signal-metrics.js';
import { type Typing } from './typing.js';

const done = JSON.stringify({ ok: true, data: {} });

export interface SignalConsumerParts {
  readonly audiences: Audiences;
  readonly writer: ReceiptWriter;
  readonly typing: Typing;
  readonly outbox: Outbox;
  readonly metrics: SignalMetrics;
}

/** Takes signals from the log, in a group of its own: no fetch that they share lets them delay a message. */
export class SignalConsumer {
  private consumption: Consumption | undefined;

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly parts: SignalConsumerParts,
  ) {}

  async start(): Promise<void> {
    this.consumption = await this.consumer.consume({
      group: 'message-signals',
      topics: [topics.conversationSignals.name],
      maxRecords: 2_000,
      onBatch: (batch) => this.take(batch),
    });
  }

  async stop(): Promise<void> {
    await this.consumption?.stop();
  }

  private async take({ records }: RecordBatch): Promise<Continuing> {
    const ticket = new CommitTicket();
    const marks: Mark[] = [];
    const origins: Origin[] = [];
    for (const record of records) {
      const reading = readSignal(record.value);
      if (reading.outcome === 'unreadable') {
        this.parts.metrics.unread.inc({ reason: 'unreadable' });
        const failed = { record, handler: 'read-signal', attempts: 1, error: reading.reason };
        this.parts.outbox.add([toDeadLetter(failed, ticket)]);
      } else if (reading.outcome === 'unknown kind') {
        this.parts.metrics.unread.inc({ reason: 'unknown kind' });
      } else if (reading.signal.kind === 'typing.set') {
        this.parts.typing.take(reading.signal, record.timestamp);
      } else {
        const { conversationId, userId, deliveredSeq = 0, readSeq = 0, origin } = reading.signal;
        marks.push({ conversationId, userId, deliveredSeq, readSeq, isImplied: false });
        if (origin) origins.push(origin);
      }
    }
    const stored = this.store(marks, origins.length > 0).then(() => this.answer(origins, ticket));
    const finished = Promise.all([stored, ticket.finished]).then(() => undefined);
    // It may fail before whoever waits for it does.
    finished.catch(() => undefined);
    await Promise.all([this.parts.writer.room(), this.parts.outbox.room()]);
    return { finished };
  }

  /** @param isAwaited somebody waits for one of them */
  private async store(marks: readonly Mark[], isAwaited: boolean): Promise<void> {
    const mayWait = (mark: Mark) =>
      !isAwaited &&
      mark.readSeq === 0 &&
      this.parts.audiences.recent(mark.conversationId, Infinity)?.isLarge === true;
    const later = marks.filter(mayWait);
    const soon = later.length === 0 ? marks : marks.filter((mark) => !mayWait(mark));
    await Promise.all([this.parts.writer.add(soon), this.parts.writer.addLater(later)]);
  }

  private answer(origins: readonly Origin[], ticket: CommitTicket): void {
    this.parts.outbox.add(
      origins.map((origin) => toInbox(origin, encodeReply(origin.incarnation, origin.request, done), ticket)),
    );
    ticket.release();
  }
}
