import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { limits, Refusal } from '@parley/contracts';
import { DeviceRates, type VerifiedToken } from '@parley/service';
import { type IncomingMessage } from 'node:http';

/** How fast one device may ask this process for anything but reads; a gateway counts its commands apart. */
export interface CommandRate {
  readonly commandsPerSecond: number;
  readonly commandBurst: number;
}

export const defaultCommandRate: CommandRate = {
  commandsPerSecond: limits.commandsPerSecond.default,
  commandBurst: limits.commandBurst.default,
};

interface Asked extends IncomingMessage {
  readonly token?: VerifiedToken;
}

/** After the token was verified, and before anything that costs more is done: one device must not crowd out the others. */
@Injectable()
export class DeviceRateGuard implements CanActivate {
  constructor(private readonly rates: DeviceRates) {}

  canActivate(context: ExecutionContext): boolean {
    const { method, token } = context.switchToHttp().getRequest<Asked>();
    if (token === undefined || method === 'GET' || method === 'HEAD') return true;
    // Tokens of other issuers may name no device: those of one person count together.
    const wait = this.rates.take(`${token.userId}/${token.deviceId ?? ''}`, performance.now());
    if (wait === 0) return true;
    throw new Refusal('RATE_LIMITED', `This device asks too fast: wait ${wait} ms, then try again.`, {
      retryAfterMs: wait,
    });
  }
}
