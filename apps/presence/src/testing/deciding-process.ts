import { type MemoryBus } from '@parley/event-bus';
import { createLog, Registry } from '@parley/service';
import { InstanceLog, type Later, SessionDirectory } from '@parley/sessions';
import { Deciding } from '../deciding/deciding.js';
import { PresenceMetrics } from '../metrics.js';
import { AccountConsumer } from '../privacy/account-consumer.js';
import { PrivacyStore } from '../privacy/privacy-store.js';
import { StatusStore } from '../statuses/status-store.js';
import { Pool } from 'pg';

const log = createLog('presence', 'silent');

/** Time that passes only when the test says so. */
export class ManualTime {
  private time = 0;
  private waiting: { at: number; run: () => void }[] = [];

  readonly now = (): number => this.time;

  readonly later: Later = (delayMs, run) => {
    const due = { at: this.time + delayMs, run };
    this.waiting.push(due);
    return () => void (this.waiting = this.waiting.filter((other) => other !== due));
  };

  get pending(): number {
    return this.waiting.length;
  }

  pass(milliseconds: number): void {
    this.time += milliseconds;
    for (const due of this.waiting.filter(({ at }) => at <= this.time)) {
      this.waiting = this.waiting.filter((other) => other !== due);
      due.run();
    }
  }
}

/** The deciding half of one presence process. */
export class DecidingProcess {
  readonly time = new ManualTime();
  readonly store: StatusStore;
  readonly deciding: Deciding;
  private readonly instances: InstanceLog;
  readonly directory: SessionDirectory;
  private readonly accounts: AccountConsumer;

  constructor(bus: MemoryBus, pool: Pool) {
    const { reader, topics, publisher, consumer } = bus;
    this.instances = new InstanceLog({ reader, topics }, log);
    this.directory = new SessionDirectory({ reader, topics }, this.instances, log);
    this.store = new StatusStore(pool);
    this.deciding = new Deciding({
      directory: this.directory,
      store: this.store,
      publisher,
      topics,
      log,
      metrics: new PresenceMetrics(new Registry()),
      lingerMs: 0,
      later: this.time.later,
      now: this.time.now,
    });
    this.accounts = new AccountConsumer(consumer, topics, publisher, new PrivacyStore(pool), log);
  }

  async start(): Promise<this> {
    await this.instances.start();
    await this.directory.start();
    await this.deciding.start();
    await this.accounts.start((partitions) => this.deciding.assign(partitions));
    return this;
  }

  async stop(): Promise<void> {
    await this.accounts.stop();
    await this.deciding.stop();
    await this.directory.stop();
    await this.instances.stop();
  }
}
