import { Injectable } from '@nestjs/common';
import {
  type AccountEventRecord,
  accountEventRecordSchema,
  deadLetterTopic,
  topics,
} from '@parley/contracts';
import { isTransientDatabaseError } from '@parley/database';
import {
  type Consumption,
  DeadLetters,
  eachRecord,
  GroupConsumer,
  Publisher,
  type ReceivedRecord,
  TopicAdmin,
} from '@parley/event-bus';
import { Log } from '@parley/service';
import { PrivacyStore } from './privacy-store.js';

/** The processes of this group share the people. */
export const group = 'presence';
const topic = topics.accountEvents;

/**
 * Keeps what people say about who may see them. People are dealt to the partitions of `account.events` as to those of
 * `sessions`, so whoever reads a partition here also decides about its people: one group, and no second one that would
 * have to read every session once more.
 */
@Injectable()
export class AccountConsumer {
  private consumption: Consumption | undefined;

  constructor(
    private readonly consumer: GroupConsumer,
    private readonly topicAdmin: TopicAdmin,
    private readonly publisher: Publisher,
    private readonly privacy: PrivacyStore,
    private readonly log: Log,
  ) {}

  /** @param onAssigned called with the partitions that are this process's own from now on, at each change */
  async start(onAssigned: (partitions: readonly number[]) => void): Promise<void> {
    await this.topicAdmin.ensure([topic, deadLetterTopic(topic.name)]);
    this.consumption = await this.consumer.consume({
      group,
      topics: [topic.name],
      onAssigned: (owned) => onAssigned(owned.map(({ partition }) => partition)),
      onBatch: eachRecord({
        handler: 'presence privacy',
        handle: (record) => this.handle(record),
        deadLetters: new DeadLetters(this.publisher),
        isTransient: isTransientDatabaseError,
        log: (level, message, details = {}) => this.log[level](details, message),
      }),
    });
  }

  async stop(): Promise<void> {
    await this.consumption?.stop();
  }

  private async handle({ value }: ReceivedRecord): Promise<void> {
    await this.apply(accountEventRecordSchema.parse(JSON.parse(value?.toString() ?? 'null')));
  }

  private async apply(event: AccountEventRecord): Promise<void> {
    switch (event.event) {
      case 'user.updated':
        await this.privacy.setVisibility(event.userId, event.presenceVisibleTo);
        if (event.blockedUserIds) await this.privacy.replaceBlocks(event.userId, event.blockedUserIds);
        return;
      case 'user.blocked':
        return this.privacy.block(event.userId, event.otherUserId);
      case 'user.unblocked':
        return this.privacy.unblock(event.userId, event.otherUserId);
      case 'device.revoked':
        return;
    }
  }
}
