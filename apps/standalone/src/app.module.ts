import { type DynamicModule, Module } from '@nestjs/common';
import { type EmbeddedPostgres } from '@parley/database/embedded';
import { type EventBus } from '@parley/event-bus';
import { type GatewayConfig, GatewayModule } from '@parley/gateway';
import { type MessageConfig, MessageModule } from '@parley/message';
import { type PresenceConfig, PresenceModule } from '@parley/presence';
import { EventBusModule, TokensModule, type TrustedIssuer } from '@parley/service';
import { DemoUsers } from './demo-users.js';
import { EmbeddedPostgresModule } from './embedded-postgres.module.js';
import { StateRepublishing } from './state-republishing.js';

export interface StandaloneParts {
  readonly postgres: EmbeddedPostgres;
  readonly bus: EventBus;
  readonly issuers: readonly TrustedIssuer[];
  readonly message: MessageConfig;
  readonly gateway: GatewayConfig;
  readonly presence: PresenceConfig;
}

/** All services in one process: the same modules, on another bus. */
@Module({})
export class StandaloneModule {
  static register(parts: StandaloneParts): DynamicModule {
    const { postgres, bus, issuers, message, gateway, presence } = parts;
    return {
      module: StandaloneModule,
      imports: [
        EmbeddedPostgresModule.register(postgres),
        EventBusModule.register(bus),
        TokensModule.register(issuers),
        MessageModule.register(message),
        GatewayModule.register(gateway),
        PresenceModule.register(presence),
      ],
      providers: [DemoUsers, StateRepublishing],
    };
  }
}
