import {
  type Ack,
  type CommandKind,
  type DeliveredEventName,
  type ConversationEventRecord,
  deadLetterTopic,
  inboxTopic,
  type Origin,
  type SignalRecord,
  topics,
} from '@parley/contracts';
import { decodeInboxItem } from '@parley/contracts/inbox';
import {
  createMemoryBus,
  type DeadLetter,
  type MemoryBus,
  type Publisher,
  type ReceivedRecord,
} from '@parley/event-bus';
import { createPool } from '@parley/database';
import { createLog, Registry } from '@parley/service';
import { assertDocumentedAck } from '@parley/service/testing';
import { type Pool } from 'pg';
import { randomUUID } from 'node:crypto';
import { BrokerClock } from '../inbound/broker-clock.js';
import { CommandMetrics } from '../inbound/command-metrics.js';
import { type CommandData, type CommandWish } from '../inbound/command-sender.js';
import { SentMarks } from '../receipts/sent-marks.js';
import { SignalMetrics } from '../receipts/signal-metrics.js';
import { SignalProcessing } from '../receipts/signal-processing.js';
import { CommandProcessing } from '../inbound/command-processing.js';

export interface Delivery {
  slot: string;
  recipients: number[];
  except: number | null;
  event: DeliveredEventName;
  body: Record<string, unknown> & { version: number };
}

type Wait = { holds: () => boolean; resolve: () => void };

/** The command path at its ports: commands go in, and inbox items, events and dead letters come out. */
export class CommandHarness {
  readonly deliveries: Delivery[] = [];
  readonly events: ConversationEventRecord[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly clock = new BrokerClock();
  readonly sent = new SentMarks();
  readonly replies = new Map<number, Ack<unknown>[]>();
  readonly ended = new Set<string>();
  readonly log = createLog('spec', 'silent');
  revision = 0;
  private readonly users = new Map<
    string,
    { life: { slot: string; incarnation: number }; counter: number }[]
  >();
  private readonly processes: { stop(): Promise<void> }[] = [];
  private waits: Wait[] = [];
  private requests = 0;

  private constructor(
    readonly bus: MemoryBus,
    readonly pool: Pool,
  ) {}

  static async open(databaseUrl: string): Promise<CommandHarness> {
    const pool = createPool({ url: databaseUrl, applicationName: 'spec', onIdleError: () => undefined });
    const harness = new CommandHarness(createMemoryBus(), pool);
    const { conversationCommands, conversationEvents, conversationSignals } = topics;
    const deadLetters = deadLetterTopic(conversationCommands.name);
    const deadSignals = deadLetterTopic(conversationSignals.name);
    await harness.bus.topics.ensure([
      conversationCommands,
      conversationEvents,
      deadLetters,
      conversationSignals,
      deadSignals,
      inboxTopic('rest'),
    ]);
    await harness.follow(conversationEvents.name, ({ value }) =>
      harness.events.push(JSON.parse(String(value)) as ConversationEventRecord),
    );
    for (const { name } of [deadLetters, deadSignals]) {
      await harness.follow(name, ({ value }) =>
        harness.deadLetters.push(JSON.parse(String(value)) as DeadLetter),
      );
    }
    await harness.openInbox('rest');
    return harness;
  }

  async close(): Promise<void> {
    await this.stopAll();
    await this.bus.close();
    await this.pool.end();
  }

  /** Stops all processes that were started. */
  async stopAll(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((process) => process.stop()));
  }

  /** Starts one message process; `publisher` replaces the bus's. */
  async startProcess(publisher: Publisher = this.bus.publisher, spacingMs = 0): Promise<CommandProcessing> {
    const process = new CommandProcessing({
      pool: this.pool,
      bus: { publisher, consumer: this.bus.consumer, topics: this.bus.topics },
      sessions: this,
      lives: { hasEnded: (slot, incarnation) => this.ended.has(`${slot}/${incarnation}`) },
      clock: this.clock,
      log: this.log,
      metrics: new CommandMetrics(new Registry()),
      spacingMs,
      cachedMembers: 100_000,
      sent: this.sent,
    });
    this.processes.push(process);
    await process.start();
    return process;
  }

  /** Starts what handles the signals in one message process. */
  async startSignals(publisher: Publisher = this.bus.background): Promise<SignalProcessing> {
    const { pool, bus, log, clock, sent } = this;
    const process = new SignalProcessing({
      pool,
      bus: { publisher, consumer: bus.consumer, topics: bus.topics },
      sessions: this,
      lives: { hasEnded: (slot, incarnation) => this.ended.has(`${slot}/${incarnation}`) },
      clock,
      log,
      metrics: new SignalMetrics(new Registry()),
      sent,
    });
    this.processes.push(process);
    await process.start();
    return process;
  }

  /** Appends signals as a gateway does. */
  async signal(...signals: readonly SignalRecord[]): Promise<void> {
    const topic = topics.conversationSignals.name;
    await this.bus.publisher.publish(
      signals.map((signal) => ({
        topic,
        partitionBy: signal.conversationId,
        value: JSON.stringify(signal),
      })),
    );
  }

  async openInbox(slot: string): Promise<void> {
    const { name } = inboxTopic(slot);
    await this.bus.topics.ensure([inboxTopic(slot)]);
    await this.follow(name, ({ value }) => {
      const item = decodeInboxItem(value ?? Buffer.alloc(0));
      if (item.kind === 'reply') {
        const acks = this.replies.get(item.request) ?? [];
        this.replies.set(item.request, [...acks, JSON.parse(item.ack.toString()) as Ack<unknown>]);
      }
      if (item.kind === 'deliver') {
        const { recipients, except, event } = item;
        const body = JSON.parse(item.body.toString()) as Delivery['body'];
        this.deliveries.push({ slot, recipients, except, event, body });
      }
    });
  }

  sessionsOf(userId: string) {
    return this.users.get(userId) ?? [];
  }

  connect(userId: string, life: { slot: string; incarnation: number }, counter: number): void {
    this.users.set(userId, [...this.sessionsOf(userId), { life, counter }]);
    this.revision += 1;
  }

  /** Appends a command; the request's number finds its answers in `replies`. */
  async append<Kind extends CommandKind>(
    wish: CommandWish<Kind>,
    origin: Partial<Origin> = {},
  ): Promise<number> {
    const request = ++this.requests;
    await this.appendRaw(
      wish.conversationId,
      JSON.stringify({
        ...wish,
        origin: { slot: 'rest', incarnation: 1, session: null, request, ...origin },
      }),
    );
    return request;
  }

  async appendRaw(key: string, value: string): Promise<void> {
    await this.bus.publisher.publish([{ topic: topics.conversationCommands.name, key, value }]);
  }

  /** Every refusal is compared with what is documented. */
  async ask<Kind extends CommandKind>(
    wish: CommandWish<Kind>,
    origin: Partial<Origin> = {},
  ): Promise<Ack<CommandData[Kind]>> {
    const request = await this.append(wish, origin);
    const ack = (await this.replyTo(request)) as Ack<CommandData[Kind]>;
    assertDocumentedAck(wish.kind, ack);
    return ack;
  }

  async replyTo(request: number): Promise<Ack<unknown>> {
    await this.until(() => this.replies.has(request));
    return this.replies.get(request)?.[0] as Ack<unknown>;
  }

  send(
    conversationId: string,
    userId: string,
    text: string,
    commandId: string = randomUUID(),
  ): CommandWish<'message.send'> {
    return { kind: 'message.send', conversationId, userId, commandId, body: { text } };
  }

  /** Resolves when something that comes out makes it true. */
  async until(holds: () => boolean): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => this.waits.push({ holds, resolve }));
  }

  async insertConversation(
    members: Record<string, 'owner' | 'admin' | 'member'>,
    kind: 'direct' | 'group' = 'group',
  ): Promise<string> {
    const id = randomUUID();
    await this.pool.query(`INSERT INTO messaging.conversations VALUES ($1, $2, $3, 'all', 1, 0, 1, now())`, [
      id,
      kind,
      kind === 'group' ? 'a group' : null,
    ]);
    await this.pool.query(
      `INSERT INTO messaging.members (conversation_id, user_id, role, version, joined_version, visible_from_seq)
       SELECT $1, u, r::messaging.member_role, 1, 1, 1 FROM unnest($2::uuid[], $3::text[]) AS m (u, r)`,
      [id, Object.keys(members), Object.values(members)],
    );
    return id;
  }

  private async follow(topic: string, read: (record: ReceivedRecord) => void): Promise<void> {
    await this.bus.reader.follow({
      topics: [topic],
      from: 'earliest',
      onRecords: (records) => {
        for (const record of records) read(record);
        const met = this.waits.filter(({ holds }) => holds());
        this.waits = this.waits.filter((wait) => !met.includes(wait));
        for (const { resolve } of met) resolve();
      },
    });
  }
}
