import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Log } from '@parley/service';
import { LoginLimits } from './login-limits.js';
import { RefreshTokens } from './refresh-tokens.js';

const EVERY_MS = 3_600_000;

/** Removes what has expired. Several processes may do so at once. */
@Injectable()
export class ExpiredRows implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly loginLimits: LoginLimits,
    private readonly refreshTokens: RefreshTokens,
    private readonly log: Log,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.remove(), EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async remove(): Promise<void> {
    try {
      await this.loginLimits.forgetEnded();
      await this.refreshTokens.forgetExpired();
    } catch (error) {
      this.log.warn({ err: error }, 'expired rows were not removed, the next hour will tell');
    }
  }
}
