import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { topics } from '@parley/contracts';
import { Publisher, TopicAdmin } from '@parley/event-bus';
import { Log } from '@parley/service';
import { type ClientBase, Pool } from 'pg';
import { inTransaction } from '../conversations/transaction.js';
import { AccountOutbox } from './account-outbox.js';

const ADVISORY_LOCK = 7_210_001;
const BATCH = 100;
/** Rows of other processes, and of those that died before they told. */
const LOOK_EVERY_MS = 1_000;
/** Below the 3 s after which the database ends an idle transaction: with it goes the lock. */
const PUBLISH_TIMEOUT_MS = 2_000;

/** Carries the outbox to `account.events`: in order, at least once, one process at a time. */
@Injectable()
export class AccountRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private stopped = false;
  private running: Promise<void> = Promise.resolve();
  private isTold = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly pool: Pool,
    private readonly publisher: Publisher,
    private readonly topicAdmin: TopicAdmin,
    private readonly log: Log,
    outbox: AccountOutbox,
  ) {
    outbox.onTold(() => {
      this.isTold = true;
      this.wake();
    });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.topicAdmin.ensure([topics.accountEvents]);
    this.running = this.run();
  }

  /** Before the pool and the bus end. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      this.isTold = false;
      const moved = await this.relay().catch((error: unknown) => {
        this.log.warn({ err: error }, 'account events could not be published, they wait');
        return 0;
      });
      if (moved < BATCH) await this.pause();
    }
  }

  private async pause(): Promise<void> {
    if (this.stopped || this.isTold) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOOK_EVERY_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** @returns how many were published */
  private async relay(): Promise<number> {
    const waiting = await this.pool.query('SELECT FROM messaging.account_outbox LIMIT 1');
    if (waiting.rowCount === 0) return 0;
    return inTransaction(this.pool, (database) => this.relayLocked(database));
  }

  private async relayLocked(database: ClientBase): Promise<number> {
    const lock = await database.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
      ADVISORY_LOCK,
    ]);
    if (!lock.rows[0]?.taken) return 0;
    const { rows } = await database.query<{ id: number; userId: string; record: string }>(
      'SELECT id, user_id AS "userId", record FROM messaging.account_outbox ORDER BY id LIMIT $1',
      [BATCH],
    );
    if (rows.length === 0) return 0;
    await this.publisher.publish(
      rows.map(({ userId, record }) => ({ topic: topics.accountEvents.name, key: userId, value: record })),
      { timeoutMs: PUBLISH_TIMEOUT_MS },
    );
    await database.query('DELETE FROM messaging.account_outbox WHERE id = ANY ($1::bigint[])', [
      rows.map(({ id }) => id),
    ]);
    return rows.length;
  }
}
