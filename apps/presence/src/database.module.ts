import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createPool } from '@parley/database';
import { Log, Readiness } from '@parley/service';
import { Pool } from 'pg';
import { type PresenceConfig } from './config.js';

class DatabaseClosing implements OnApplicationShutdown {
  constructor(private readonly pool: Pool) {}

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

/**
 * The service's one pool, for its own modules only: another service of the same process has a pool of another role.
 * Modules that import this one are shut down before it.
 */
@Module({})
export class DatabaseModule {
  static register(config: PresenceConfig): DynamicModule {
    return {
      module: DatabaseModule,
      providers: [
        {
          provide: Pool,
          useFactory: (log: Log, readiness: Readiness) => openPool(config, log, readiness),
          inject: [Log, Readiness],
        },
        {
          provide: DatabaseClosing,
          useFactory: (pool: Pool) => new DatabaseClosing(pool),
          inject: [Pool],
        },
      ],
      exports: [Pool],
    };
  }
}

function openPool(config: PresenceConfig, log: Log, readiness: Readiness): Pool {
  const pool = createPool({
    url: config.databaseUrl,
    applicationName: config.name,
    max: config.databaseConnections,
    onIdleError: (error) => log.warn({ err: error }, 'a connection to the database broke'),
  });
  readiness.register('presence database', async () => {
    await pool.query('SELECT 1');
  });
  return pool;
}
