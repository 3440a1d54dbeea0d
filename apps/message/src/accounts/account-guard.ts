import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Refusal } from '@parley/contracts';
import { unavailableIfTransient } from '@parley/database';
import { type VerifiedToken } from '@parley/service';
import { AccountSettings } from './account-settings.js';
import { Devices } from './devices.js';
import { ExternalUsers } from './external-users.js';

/** After the token was verified: our own tokens end with their device's login, people of other issuers get a row. */
@Injectable()
export class AccountGuard implements CanActivate {
  constructor(
    private readonly settings: AccountSettings,
    private readonly devices: Devices,
    private readonly externalUsers: ExternalUsers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { token } = context.switchToHttp().getRequest<{ token?: VerifiedToken }>();
    if (token === undefined) return true;
    try {
      await this.check(token);
    } catch (error) {
      throw unavailableIfTransient(error, 'none');
    }
    return true;
  }

  private async check({ issuer, userId, deviceId, issuedAt }: VerifiedToken): Promise<void> {
    if (issuer !== this.settings.issuer) return this.externalUsers.ensure(userId);
    if (deviceId === undefined || !(await this.devices.accepts(userId, deviceId, issuedAt))) {
      throw new Refusal('UNAUTHENTICATED', 'This device was logged out: log in again.');
    }
  }
}
