import { Refusal, type SignalOf, topics } from '@parley/contracts';
import { encodeReply } from '@parley/contracts/inbox';
import {
  type Consumption,
  type Continuing,
  type GroupConsumer,
  type ReceivedRecord,
  type RecordBatch,
} from '@parley/event-bus';
import { CommitTicket } from '../delivery/commit-ticket.js';
import { toDeadLetter } from '../delivery/dead-letters.js';
import { type Outbox } from '../delivery/outbox.js';
import { type Outgoing, toInbox } from '../delivery/outgoing.js';
import { serializeRefusal } from '../messages/command-result.js';
import { type Audiences } from './audiences.js';
import { keyOf, type Mark } from './marks.js';
import { readSignal } from './read-signal.js';
import { type ReceiptWriter, type RefusedMarks } from './receipt-writer.js';
import { type SignalMetrics } from './signal-metrics.js';
import { type Typing } from './typing.js';

interface ReceivedMark {
  readonly signal: SignalOf<'receipt.advance'>;
  /** All of the record but its value, which would keep everything in memory that was fetched together with it. */
  readonly head: Omit<ReceivedRecord, 'value'>;
}

const done = JSON.stringify({ ok: true, data: {} });
const refusal = new Refusal('INVALID', 'It holds something that cannot be stored.');

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
    const received: ReceivedMark[] = [];
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
        const { topic, partition, offset, index, timestamp, key } = record;
        const head = { topic, partition, offset, index, timestamp, key };
        received.push({ signal: reading.signal, head });
      }
    }
    const stored = this.store(received).then((refused) => this.answer(received, refused, ticket));
    const finished = Promise.all([stored, ticket.finished]).then(() => undefined);
    // It may fail before whoever waits for it does.
    finished.catch(() => undefined);
    await Promise.all([this.parts.writer.room(), this.parts.outbox.room()]);
    return { finished };
  }

  private async store(received: readonly ReceivedMark[]): Promise<RefusedMarks> {
    const marks = received.map(({ signal }) => toMark(signal));
    const isAwaited = received.some(({ signal }) => signal.origin !== undefined);
    const mayWait = (mark: Mark) =>
      !isAwaited &&
      mark.readSeq === 0 &&
      this.parts.audiences.recent(mark.conversationId, Infinity)?.isLarge === true;
    const later = marks.filter(mayWait);
    const soon = later.length === 0 ? marks : marks.filter((mark) => !mayWait(mark));
    const { writer } = this.parts;
    const refused = await Promise.all([writer.add(soon), writer.addLater(later)]);
    return new Map(refused.flatMap((some) => [...some]));
  }

  /** Answers who waits, and puts aside what was refused. */
  private answer(received: readonly ReceivedMark[], refused: RefusedMarks, ticket: CommitTicket): void {
    const records: Outgoing[] = [];
    for (const { signal, head } of received) {
      const error = refused.get(keyOf(signal));
      if (error !== undefined) {
        const record = { ...head, value: Buffer.from(JSON.stringify(signal)) };
        records.push(toDeadLetter({ record, handler: signal.kind, attempts: 1, error }, ticket));
      }
      const { origin } = signal;
      if (!origin) continue;
      const ack = error === undefined ? done : serializeRefusal(refusal, String(origin.request));
      records.push(toInbox(origin, encodeReply(origin.incarnation, origin.request, ack), ticket));
    }
    this.parts.outbox.add(records);
    ticket.release();
  }
}

function toMark({
  conversationId,
  userId,
  deliveredSeq = 0,
  readSeq = 0,
}: SignalOf<'receipt.advance'>): Mark {
  return { conversationId, userId, deliveredSeq, readSeq, isImplied: false };
}
