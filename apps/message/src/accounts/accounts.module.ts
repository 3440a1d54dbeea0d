import { type DynamicModule, Module } from '@nestjs/common';
import { DeviceRates } from '@parley/service';
import { AccessTokens } from './access-tokens.js';
import { AccountGuard } from './account-guard.js';
import { AccountOutbox } from './account-outbox.js';
import { AccountRelay } from './account-relay.js';
import { AccountSettings } from './account-settings.js';
import { Accounts } from './accounts.js';
import { AuthController } from './auth.controller.js';
import { type CommandRate, defaultCommandRate } from './device-rate-guard.js';
import { Devices } from './devices.js';
import { ExpiredRows } from './expired-rows.js';
import { ExternalUsers } from './external-users.js';
import { JwksController } from './jwks.controller.js';
import { LoginLimits } from './login-limits.js';
import { Passwords } from './passwords.js';
import { RefreshTokens } from './refresh-tokens.js';

/** Global, because every other route of this service asks its guard. */
@Module({})
export class AccountsModule {
  static register(settings: AccountSettings, rate: CommandRate = defaultCommandRate): DynamicModule {
    return {
      module: AccountsModule,
      global: true,
      controllers: [AuthController, JwksController],
      providers: [
        { provide: AccountSettings, useValue: settings },
        { provide: DeviceRates, useFactory: () => new DeviceRates(rate) },
        Accounts,
        Devices,
        Passwords,
        LoginLimits,
        AccessTokens,
        RefreshTokens,
        ExternalUsers,
        AccountGuard,
        AccountOutbox,
        AccountRelay,
        ExpiredRows,
      ],
      exports: [AccountSettings, DeviceRates, Devices, ExternalUsers, AccountOutbox, Accounts],
    };
  }
}
