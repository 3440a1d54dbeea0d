import { type DynamicModule, Module } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.js';
import { MessageConfig } from './config.js';
import { DatabaseModule } from './database.module.js';
import { CommandsModule } from './inbound/commands.module.js';
import { SignalsModule } from './receipts/signals.module.js';
import { RepublishModule } from './republish/republish.module.js';
import { RestModule } from './rest/rest.module.js';
import { UsersModule } from './users/users.module.js';

@Module({})
class MessageConfigModule {
  static register(config: MessageConfig): DynamicModule {
    return {
      module: MessageConfigModule,
      global: true,
      providers: [{ provide: MessageConfig, useValue: config }],
      exports: [MessageConfig],
    };
  }
}

/** Accounts, conversations, members, messages, and who gets them. */
@Module({})
export class MessageModule {
  /** Needs the process's `EventBusModule`, `TokensModule` and what every service has (log, metrics, health). */
  static register(config: MessageConfig): DynamicModule {
    return {
      module: MessageModule,
      imports: [
        MessageConfigModule.register(config),
        DatabaseModule.register({
          url: config.databaseUrl,
          applicationName: config.slot,
          maxConnections: config.databaseConnections,
        }),
        AccountsModule.register(config.accounts, config.commandRate),
        UsersModule,
        CommandsModule,
        SignalsModule,
        RestModule,
        RepublishModule,
      ],
    };
  }
}
