import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { timing } from '@parley/contracts';
import { Log } from '@parley/service';
import { Pool } from 'pg';

const EVERY_MS = 600_000;
/** Each statement holds its locks for a moment only. */
const ROWS_PER_STATEMENT = 5_000;

/** Forgets results of commands after seven days: nobody asks again so late. Several processes may do so at once. */
@Injectable()
export class ExpiredResults implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** @returns how many were removed */
  async remove(): Promise<number> {
    let removed = 0;
    for (;;) {
      const { rowCount } = await this.pool.query(
        `DELETE FROM messaging.command_results WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM messaging.command_results
           WHERE created_at < now() - $1 * interval '1 millisecond' LIMIT $2 FOR UPDATE SKIP LOCKED))`,
        [timing.commandResultLifeMs, ROWS_PER_STATEMENT],
      );
      removed += rowCount ?? 0;
      if ((rowCount ?? 0) < ROWS_PER_STATEMENT) return removed;
    }
  }

  private async sweep(): Promise<void> {
    try {
      const removed = await this.remove();
      if (removed > 0) this.log.debug({ removed }, 'results of old commands are removed');
    } catch (error) {
      this.log.warn({ err: error }, 'results of old commands could not be removed, the next time will tell');
    }
  }
}
