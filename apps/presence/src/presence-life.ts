import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Readiness } from '@parley/service';
import { InstanceLog, SessionDirectory } from '@parley/sessions';
import { Deciding } from './deciding/deciding.js';
import { AccountConsumer } from './privacy/account-consumer.js';

/** The order in which a presence process comes to life, and ends. */
@Injectable()
export class PresenceLife implements OnApplicationBootstrap, OnApplicationShutdown {
  private isComplete = false;

  constructor(
    private readonly instances: InstanceLog,
    private readonly directory: SessionDirectory,
    private readonly deciding: Deciding,
    private readonly accounts: AccountConsumer,
    readiness: Readiness,
  ) {
    readiness.register('presence', () => {
      if (!this.isComplete) throw new Error('this process does not know yet who is connected');
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.instances.start();
    // Whoever is not in it is taken for gone, so it has to be complete before anything is decided.
    await this.directory.start();
    await this.deciding.start();
    await this.accounts.start((partitions) => this.deciding.assign(partitions));
    this.isComplete = true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.accounts.stop();
    await this.deciding.stop();
    await this.directory.stop();
    await this.instances.stop();
  }
}
