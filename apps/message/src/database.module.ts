import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createPool, createPrisma, PrismaClient } from '@parley/database';
import { Log, Readiness } from '@parley/service';
import { Pool } from 'pg';

export interface DatabaseSettings {
  /** Of the role parley_message. */
  readonly url: string;
  /** Shown in pg_stat_activity: the slot. */
  readonly applicationName: string;
  readonly maxConnections?: number;
}

class DatabaseClosing implements OnApplicationShutdown {
  constructor(
    private readonly pool: Pool,
    private readonly prisma: PrismaClient,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.pool.end();
  }
}

/** The service's one pool, for SQL and for Prisma. Global modules are shut down last, after all who use it. */
@Module({})
export class DatabaseModule {
  static register(settings: DatabaseSettings): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        {
          provide: Pool,
          useFactory: (log: Log, readiness: Readiness) => openPool(settings, log, readiness),
          inject: [Log, Readiness],
        },
        { provide: PrismaClient, useFactory: createPrisma, inject: [Pool] },
        {
          provide: DatabaseClosing,
          useFactory: (pool: Pool, prisma: PrismaClient) => new DatabaseClosing(pool, prisma),
          inject: [Pool, PrismaClient],
        },
      ],
      exports: [Pool, PrismaClient],
    };
  }
}

function openPool(settings: DatabaseSettings, log: Log, readiness: Readiness): Pool {
  const pool = createPool({
    url: settings.url,
    applicationName: settings.applicationName,
    ...(settings.maxConnections === undefined ? {} : { max: settings.maxConnections }),
    onIdleError: (error) => log.warn({ err: error }, 'a connection to the database broke'),
  });
  readiness.register('database', async () => {
    await pool.query('SELECT 1');
  });
  return pool;
}
