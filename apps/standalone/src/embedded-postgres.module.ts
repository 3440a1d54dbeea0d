import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type EmbeddedPostgres } from '@parley/database/embedded';

class PostgresStopping implements OnApplicationShutdown {
  constructor(private readonly postgres: EmbeddedPostgres) {}

  onApplicationShutdown(): Promise<void> {
    return this.postgres.stop();
  }
}

/** Stops the database after all that use it: the global module that is imported first is shut down last. */
@Module({})
export class EmbeddedPostgresModule {
  static register(postgres: EmbeddedPostgres): DynamicModule {
    return {
      module: EmbeddedPostgresModule,
      global: true,
      providers: [{ provide: PostgresStopping, useFactory: () => new PostgresStopping(postgres) }],
    };
  }
}
