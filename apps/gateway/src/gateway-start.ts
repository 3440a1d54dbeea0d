import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { topics } from '@parley/contracts';
import { TopicAdmin } from '@parley/event-bus';
import { DeviceRevocations } from '@parley/service';
import { ProcessLife } from '@parley/sessions';
import { Admission } from './sessions/admission.js';
import { SessionLifecycle } from './sessions/session-lifecycle.js';

/** The order in which the gateway comes to life, and ends once its sockets are gone. */
@Injectable()
export class GatewayStart implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly topics: TopicAdmin,
    private readonly life: ProcessLife,
    private readonly revocations: DeviceRevocations,
    private readonly lifecycle: SessionLifecycle,
    private readonly admission: Admission,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.topics.ensure([topics.conversationCommands, topics.conversationSignals, topics.sessions]);
    this.lifecycle.start(await this.life.start());
    // Nobody is accepted before it is known who was logged out.
    await this.revocations.follow((revoked) => this.lifecycle.closeRevoked(revoked));
    this.admission.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.revocations.stop();
    await this.lifecycle.finish();
    await this.life.stop();
  }
}
