import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { GroupConsumer, Publisher, TopicAdmin } from '@parley/event-bus';
import { Membership, MembershipProjection } from '@parley/membership';
import { Log } from '@parley/service';

export const membershipGroup = 'presence.membership';

/** Who shares a conversation with whom, kept from `conversation.events`. */
@Injectable()
export class MembershipLife implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly projection: MembershipProjection;

  constructor(
    consumer: GroupConsumer,
    publisher: Publisher,
    topics: TopicAdmin,
    membership: Membership,
    log: Log,
  ) {
    const bus = { consumer, publisher, topics };
    this.projection = new MembershipProjection({ bus, group: membershipGroup, membership, log });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.projection.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.projection.stop();
  }
}
