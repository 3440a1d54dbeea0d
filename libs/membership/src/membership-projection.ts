import { deadLetterTopic, topics } from '@parley/contracts';
import { isTransientDatabaseError } from '@parley/database';
import {
  type BackoffOptions,
  type Consumption,
  DeadLetters,
  eachRecord,
  type EventBus,
  type GroupSubscription,
  type RecordBatch,
} from '@parley/event-bus';
import { readMemberRows } from './member-row.js';
import { type Membership } from './membership.js';

/** The part of a structured log that is written to here: fields first, then a sentence. */
export interface MembershipLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface MembershipProjectionOptions {
  readonly bus: Pick<EventBus, 'consumer' | 'publisher' | 'topics'>;
  /** `presence.membership`: all processes of the service share the work. */
  readonly group: string;
  readonly membership: Membership;
  readonly log: MembershipLog;
  /** Pauses before another attempt. */
  readonly backoff?: BackoffOptions;
}

const topic = topics.conversationEvents;
/** Each message is an event there, and few of them change who is a member. */
const gatherMs = 100;

/** Keeps a service's `Membership` by reading `conversation.events`. */
export class MembershipProjection {
  private consumption: Consumption | undefined;
  private readonly oneByOne: GroupSubscription['onBatch'];

  constructor(private readonly options: MembershipProjectionOptions) {
    const { bus, group, membership, log, backoff } = options;
    this.oneByOne = eachRecord({
      handler: group,
      handle: (record) => membership.apply(readMemberRows(record)),
      deadLetters: new DeadLetters(bus.publisher),
      isTransient: isTransientDatabaseError,
      log: (level, message, details = {}) => log[level](details, message),
      ...(backoff && { backoff }),
    });
  }

  async start(): Promise<void> {
    const { bus, group } = this.options;
    await bus.topics.ensure([topic, deadLetterTopic(topic.name)]);
    this.consumption = await bus.consumer.consume({
      group,
      topics: [topic.name],
      gatherMs,
      onBatch: (batch) => this.apply(batch),
    });
  }

  async stop(): Promise<void> {
    await this.consumption?.stop();
  }

  /** All at once; where that fails, one by one, which finds out whom it fails for and waits for what is away. */
  private async apply(batch: RecordBatch): Promise<void> {
    const { membership, log, group } = this.options;
    try {
      await membership.apply(batch.records.flatMap((record) => readMemberRows(record)));
    } catch (error) {
      log.warn({ err: error, group }, 'a batch of events was not applied at once: going one by one');
      await this.oneByOne(batch);
    }
  }
}
