import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Republisher } from '@parley/message';
import { Log } from '@parley/service';

/**
 * The log in memory died with the last process, and with it what projections had not read yet. So each start tells them
 * everything again: in the background, half of the time at most, and what they hold already costs them no write.
 */
@Injectable()
export class StateRepublishing implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly republisher: Republisher,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.republish();
  }

  /** Before the pool and the bus end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async republish(): Promise<void> {
    const { signal } = this.ending;
    try {
      const { conversations, members, accounts } = await this.republisher.republish(
        { of: 'all' },
        { signal, gentle: true },
      );
      const published = { conversations, members, accounts, complete: !signal.aborted };
      this.log.info(published, 'the state was published again');
    } catch (error) {
      this.log.error({ err: error }, 'the state could not be published again: projections may lack changes');
    }
  }
}
