import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InstanceLog, LivenessObserver, ProcessLife, SessionDirectory } from '@parley/sessions';
import { CommandProcessing } from '../inbound/command-processing.js';

/** Whoever owns this partition of the command log watches over the processes. */
const OBSERVED_FROM = 0;

/** The order in which a message process comes to life, and ends. */
@Injectable()
export class MessageLife implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly instances: InstanceLog,
    private readonly life: ProcessLife,
    private readonly directory: SessionDirectory,
    private readonly observer: LivenessObserver,
    private readonly processing: CommandProcessing,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.instances.start();
    await this.life.start();
    // Who is connected has to be known before the first message is decided, or it would be delivered to nobody.
    await this.directory.start();
    await this.processing.start((owned) => {
      if (owned.has(OBSERVED_FROM)) this.observer.start();
      else this.observer.stop();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.processing.stop();
    this.observer.stop();
    await this.directory.stop();
    await this.life.stop();
    await this.instances.stop();
  }
}
