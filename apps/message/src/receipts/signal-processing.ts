import { once } from 'node:events';
import { deadLetterTopic, topics } from '@parley/contracts';
import { type GroupConsumer, type Publisher, type TopicAdmin } from '@parley/event-bus';
import { type Log } from '@parley/service';
import { type Pool } from 'pg';
import { type EndedLives, Outbox } from '../delivery/outbox.js';
import { type ConnectedSessions, Routes } from '../delivery/routes.js';
import { type BrokerClock } from '../inbound/broker-clock.js';
import { DedicatedConnection } from '../messages/dedicated-connection.js';
import { Audiences } from './audiences.js';
import { ReceiptSummaries } from './receipt-summaries.js';
import { ReceiptTeller } from './receipt-teller.js';
import { ReceiptWriter } from './receipt-writer.js';
import { type SentMarks } from './sent-marks.js';
import { SignalConsumer } from './signal-consumer.js';
import { type SignalMetrics } from './signal-metrics.js';
import { Typing } from './typing.js';

export interface SignalProcessingParts {
  readonly pool: Pool;
  readonly bus: {
    /** One that messages do not use. */
    readonly publisher: Publisher;
    readonly consumer: GroupConsumer;
    readonly topics: TopicAdmin;
  };
  readonly sessions: ConnectedSessions;
  readonly lives: EndedLives;
  readonly clock: BrokerClock;
  readonly log: Log;
  readonly metrics: SignalMetrics;
  readonly sent: SentMarks;
}

/**
 * How long marks of senders wait, so that many messages of one person cost one row. Lists do not depend on them, and
 * clients know that who wrote has read. Milliseconds.
 */
const SENT_MS = 2_000;

/** A stop waits this long until what was stored last is told: nobody tells it later. Milliseconds. */
const LAST_TELLING_MS = 2_000;

/** Everything between the log of signals and what goes out, put together; nothing here is on the way of a message. */
export class SignalProcessing {
  private readonly connection: DedicatedConnection;
  private readonly writer: ReceiptWriter;
  private readonly summaries: ReceiptSummaries;
  private readonly typing: Typing;
  private readonly outbox: Outbox;
  private readonly consumer: SignalConsumer;
  private sending: NodeJS.Timeout | undefined;

  constructor(private readonly parts: SignalProcessingParts) {
    const { pool, bus, sessions, lives, clock, log, metrics } = parts;
    this.connection = new DedicatedConnection(pool, log);
    const routes = new Routes(sessions);
    const audiences = new Audiences();
    const outbox = (this.outbox = new Outbox(bus.publisher, bus.topics, lives, log, { metrics }));
    this.summaries = new ReceiptSummaries({ pool, routes, outbox, metrics, log });
    const teller = new ReceiptTeller(routes, this.summaries, outbox);
    this.writer = new ReceiptWriter({ connection: this.connection, audiences, teller, metrics, log });
    this.typing = new Typing({ pool, audiences, routes, outbox, clock, metrics, log });
    this.consumer = new SignalConsumer(bus.consumer, {
      audiences,
      writer: this.writer,
      typing: this.typing,
      outbox,
      metrics,
    });
  }

  async start(): Promise<void> {
    const { conversationSignals } = topics;
    await this.parts.bus.topics.ensure([conversationSignals, deadLetterTopic(conversationSignals.name)]);
    await this.consumer.start();
    this.sending = setInterval(() => this.storeSent(), SENT_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.sending);
    this.storeSent();
    await Promise.all([this.writer.stop(), this.consumer.stop()]);
    const ending = AbortSignal.timeout(LAST_TELLING_MS);
    await Promise.race([this.tellLast(ending), once(ending, 'abort')]);
    this.connection.close();
  }

  private async tellLast(ending: AbortSignal): Promise<void> {
    await Promise.all([this.summaries.stop(ending), this.typing.stop()]);
    await this.outbox.emptied();
  }

  private storeSent(): void {
    const marks = this.parts.sent.drain();
    if (marks.length > 0) this.writer.add(marks).catch((error: unknown) => this.lost(error, marks.length));
  }

  private lost(error: unknown, marks: number): void {
    this.parts.log.warn({ err: error, marks }, 'marks of senders are given up: this process ends');
  }
}
